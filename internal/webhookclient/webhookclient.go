// Package webhookclient has the rules for how the server reaches a webhook:
// those of admission and those that convert custom resources. It only checks
// what objects say; it calls nobody.
package webhookclient

import (
	"fmt"
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/transport"
)

// Reference is where a webhook is: at a URL or behind a Service.
type Reference struct {
	URL     *string
	Service *Service
}

// Service is a port of a Service, and a path there.
type Service struct {
	Namespace, Name string
	Path            *string
	Port            int32
}

// Validate checks a reference; path is that of the client configuration.
func (r Reference) Validate(path *field.Path) field.ErrorList {
	switch {
	case (r.URL == nil) == (r.Service == nil):
		return field.ErrorList{field.Required(path, "exactly one of url or service is required")}
	case r.URL != nil:
		return validateURL(*r.URL, path.Child("url"))
	default:
		return r.Service.validate(path.Child("service"))
	}
}

// urlForm is how a webhook's URL looks.
const urlForm = "; desired format: https://host[/path]"

func validateURL(text string, path *field.Path) field.ErrorList {
	u, err := url.Parse(text)
	if err != nil {
		return field.ErrorList{field.Required(path, "url must be a valid URL: "+err.Error()+urlForm)}
	}
	var errs field.ErrorList
	for _, part := range []struct {
		wrong   bool
		value   string
		message string
	}{
		{u.Scheme != "https", u.Scheme, "'https' is the only allowed URL scheme" + urlForm},
		{u.Host == "", u.Host, "host must be specified" + urlForm},
		{u.User != nil, u.User.String(), "user information is not permitted in the URL"},
		{u.Fragment != "", u.Fragment, "fragments are not permitted in the URL"},
		{u.RawQuery != "", u.RawQuery, "query parameters are not permitted in the URL"},
	} {
		if part.wrong {
			errs = append(errs, field.Invalid(path, part.value, part.message))
		}
	}
	return errs
}

// validate names the wrong one of name and namespace when one is empty, as
// Kubernetes does.
func (s *Service) validate(path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if s.Namespace == "" {
		errs = append(errs, field.Required(path.Child("name"), ""))
	}
	if s.Name == "" {
		errs = append(errs, field.Required(path.Child("namespace"), ""))
	}
	if problems := validation.IsValidPortNum(int(s.Port)); problems != nil {
		errs = append(errs, field.Invalid(path.Child("port"), s.Port, "port is not valid: "+strings.Join(problems, ", ")))
	}
	if s.Path != nil {
		for _, problem := range pathProblems(*s.Path) {
			errs = append(errs, field.Invalid(path.Child("path"), *s.Path, problem))
		}
	}
	return errs
}

// pathProblems is what is wrong with the path of a webhook's URL: each of its
// segments must be like a DNS subdomain.
func pathProblems(path string) []string {
	switch path {
	case "", "/":
		return nil
	case "//":
		return []string{"segment[0] may not be empty"}
	}
	var problems []string
	if path[0] != '/' {
		problems = append(problems, "must start with a '/'")
	}
	for i, segment := range strings.Split(strings.TrimSuffix(path[1:], "/"), "/") {
		if segment == "" {
			problems = append(problems, fmt.Sprintf("segment[%d] may not be empty", i))
			continue
		}
		for _, problem := range validation.IsDNS1123Subdomain(segment) {
			problems = append(problems, fmt.Sprintf("segment[%d]: %v", i, problem))
		}
	}
	return problems
}

// ValidateCABundle checks certificates in PEM by which a webhook is known.
func ValidateCABundle(bundle []byte, path *field.Path) field.ErrorList {
	if _, err := transport.TLSConfigFor(&transport.Config{TLS: transport.TLSConfig{CAData: bundle}}); err != nil {
		return field.ErrorList{field.Invalid(path, bundle, err.Error())}
	}
	return nil
}
