package resources

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/internalform"
)

func validateIngressClassAnnotation(i *networkingv1.Ingress) field.ErrorList {
	class, annotated := i.Annotations[annotationIngressClass]
	if !annotated || i.Spec.IngressClassName == nil || class == *i.Spec.IngressClassName {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("annotations").Child(annotationIngressClass), class,
		"must match `ingressClassName` when both are specified")}
}

func validateIngress(i *networkingv1.Ingress) field.ErrorList {
	path, spec := field.NewPath("spec"), &i.Spec
	var errs field.ErrorList
	if len(spec.Rules) == 0 && spec.DefaultBackend == nil {
		errs = append(errs, field.Invalid(path, internalform.Of(spec.Rules), "either `defaultBackend` or `rules` must be specified"))
	}
	if spec.DefaultBackend != nil {
		errs = append(errs, validateIngressBackend(spec.DefaultBackend, path.Child("defaultBackend"))...)
	}
	for n := range spec.Rules {
		errs = append(errs, validateIngressRule(&spec.Rules[n], path.Child("rules").Index(n))...)
	}
	for n := range spec.TLS {
		errs = append(errs, validateIngressTLS(&spec.TLS[n], path.Child("tls").Index(n))...)
	}
	if spec.IngressClassName != nil {
		errs = append(errs, validateAsName(path.Child("ingressClassName"), *spec.IngressClassName, apivalidation.NameIsDNSSubdomain)...)
	}
	return errs
}

func validateIngressRule(rule *networkingv1.IngressRule, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if rule.Host != "" {
		errs = append(errs, validateNotIP(path.Child("host"), rule.Host)...)
		errs = append(errs, validateIngressHost(rule.Host, path.Child("host"))...)
	}
	if rule.HTTP == nil {
		return errs
	}
	paths := path.Child("http", "paths")
	if len(rule.HTTP.Paths) == 0 {
		errs = append(errs, field.Required(paths, ""))
	}
	for i := range rule.HTTP.Paths {
		errs = append(errs, validateIngressPath(&rule.HTTP.Paths[i], paths.Index(i))...)
	}
	return errs
}

func validateIngressHost(host string, path *field.Path) field.ErrorList {
	if strings.Contains(host, "*") {
		return validateAs(path, host, validation.IsWildcardDNS1123Subdomain)
	}
	return validateAs(path, host, validation.IsDNS1123Subdomain)
}

func validateIngressPath(p *networkingv1.HTTPIngressPath, path *field.Path) field.ErrorList {
	if p.PathType == nil {
		return field.ErrorList{field.Required(path.Child("pathType"), "pathType must be specified")}
	}
	var errs field.ErrorList
	switch *p.PathType {
	case networkingv1.PathTypeExact, networkingv1.PathTypePrefix:
		errs = validateIngressPathText(p.Path, path.Child("path"))
	case networkingv1.PathTypeImplementationSpecific:
		if p.Path != "" {
			errs = validateAbsolute(p.Path, path.Child("path"))
		}
	default:
		errs = validateOneOf(path.Child("pathType"), *p.PathType,
			networkingv1.PathTypeExact, networkingv1.PathTypeImplementationSpecific, networkingv1.PathTypePrefix)
	}
	return append(errs, validateIngressBackend(&p.Backend, path.Child("backend"))...)
}

func validateAbsolute(text string, path *field.Path) field.ErrorList {
	if strings.HasPrefix(text, "/") {
		return nil
	}
	return field.ErrorList{field.Invalid(path, text, "must be an absolute path")}
}

func validateIngressPathText(text string, path *field.Path) field.ErrorList {
	errs := validateAbsolute(text, path)
	for _, sequence := range []string{"//", "/./", "/../", "%2f", "%2F"} {
		if strings.Contains(text, sequence) {
			errs = append(errs, field.Invalid(path, text, fmt.Sprintf("must not contain '%s'", sequence)))
		}
	}
	for _, suffix := range []string{"/..", "/."} {
		if strings.HasSuffix(text, suffix) {
			errs = append(errs, field.Invalid(path, text, fmt.Sprintf("cannot end with '%s'", suffix)))
		}
	}
	return errs
}

func validateIngressBackend(b *networkingv1.IngressBackend, path *field.Path) field.ErrorList {
	switch {
	case b.Resource != nil && b.Service != nil:
		return field.ErrorList{field.Invalid(path, "", "cannot set both resource and service backends")}
	case b.Resource != nil:
		return validateTypedReference(b.Resource, path.Child("resource"))
	case b.Service != nil:
		return validateIngressService(b.Service, path)
	}
	return field.ErrorList{field.Invalid(path, "", "resource or service backend is required")}
}

func validateIngressService(s *networkingv1.IngressServiceBackend, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	service := path.Child("service")
	if s.Name == "" {
		errs = append(errs, field.Required(service.Child("name"), ""))
	} else {
		errs = append(errs, validateAsName(service.Child("name"), s.Name, apivalidation.NameIsDNSLabel)...)
	}
	switch name, number := s.Port.Name, s.Port.Number; {
	case name != "" && number != 0:
		errs = append(errs, field.Invalid(path, "", "cannot set both port name & port number"))
	case name != "":
		errs = append(errs, validateAs(service.Child("port", "name"), name, validation.IsValidPortName)...)
	case number != 0:
		for _, msg := range validation.IsValidPortNum(int(number)) {
			errs = append(errs, field.Invalid(service.Child("port", "number"), number, msg))
		}
	default:
		errs = append(errs, field.Required(path, "port name or number is required"))
	}
	return errs
}

func validateTypedReference(ref *corev1.TypedLocalObjectReference, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if ref.APIGroup != nil {
		errs = append(errs, validateAs(path.Child("apiGroup"), *ref.APIGroup, validation.IsDNS1123Subdomain)...)
	}
	errs = append(errs, validatePathSegment(path.Child("kind"), ref.Kind)...)
	return append(errs, validatePathSegment(path.Child("name"), ref.Name)...)
}

// validatePathSegment checks a required name that is to stand in a path.
func validatePathSegment(path *field.Path, value string) field.ErrorList {
	if value == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return validateAs(path, value, content.IsPathSegmentName)
}

func validateIngressTLS(tls *networkingv1.IngressTLS, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, host := range tls.Hosts {
		errs = append(errs, validateIngressHost(host, path.Child("hosts").Index(i))...)
	}
	if tls.SecretName != "" {
		errs = append(errs, validateAsName(path.Child("secretName"), tls.SecretName, apivalidation.NameIsDNSSubdomain)...)
	}
	return errs
}
