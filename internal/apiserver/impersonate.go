package apiserver

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubejig/kubejig/internal/authorization"
)

// impersonate lets a user act as another, if it may, as
// https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
// describes.
func (c *call) impersonate() error {
	h := c.r.Header
	user := authenticationv1.UserInfo{
		Username: h.Get("Impersonate-User"),
		UID:      h.Get("Impersonate-Uid"),
		Groups:   slices.Clone(h["Impersonate-Group"]),
	}
	const extraPrefix = "Impersonate-Extra-"
	for name, values := range h {
		if key, ok := strings.CutPrefix(name, extraPrefix); ok {
			if unescaped, err := url.PathUnescape(key); err == nil {
				key = unescaped
			}
			if user.Extra == nil {
				user.Extra = map[string]authenticationv1.ExtraValue{}
			}
			user.Extra[strings.ToLower(key)] = values
		}
	}
	if user.Username == "" {
		if user.UID != "" || len(user.Groups) > 0 || len(user.Extra) > 0 {
			return apierrors.NewBadRequest("requested " + goSyntax(user) + " without impersonating a user name")
		}
		return nil
	}
	if err := c.mayImpersonate(user); err != nil {
		return err
	}
	c.user = impersonated(user)
	return nil
}

// goSyntax shows a user as messages do: as Kubernetes' type for it.
func goSyntax(u authenticationv1.UserInfo) string {
	var extra map[string][]string
	for key, values := range u.Extra {
		if extra == nil {
			extra = map[string][]string{}
		}
		extra[key] = values
	}
	return fmt.Sprintf("&user.DefaultInfo{Name:%q, UID:%q, Groups:%#v, Extra:%#v}", u.Username, u.UID, u.Groups, extra)
}

// mayImpersonate asks for each part of the user.
func (c *call) mayImpersonate(u authenticationv1.UserInfo) error {
	ask := func(group, resource, subresource, namespace, name string) error {
		return c.authorize(authorization.Attributes{
			User: c.user, Verb: "impersonate", Group: group, Version: "v1",
			Resource: resource, Subresource: subresource, Namespace: namespace, Name: name,
		})
	}
	errs := []error{}
	if namespace, name, ok := accountOf(u.Username); ok {
		errs = append(errs, ask("", "serviceaccounts", "", namespace, name))
	} else {
		errs = append(errs, ask("", "users", "", "", u.Username))
	}
	for _, g := range u.Groups {
		errs = append(errs, ask("", "groups", "", "", g))
	}
	const group = "authentication.k8s.io"
	if u.UID != "" {
		errs = append(errs, ask(group, "uids", "", "", u.UID))
	}
	for key, values := range u.Extra {
		for _, value := range values {
			errs = append(errs, ask(group, "userextras", key, "", value))
		}
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// accountOf takes the name of a service account's user apart.
func accountOf(user string) (namespace, name string, ok bool) {
	rest, ok := strings.CutPrefix(user, "system:serviceaccount:")
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, ":")
}

// impersonated completes a user with the groups that it is in by itself.
func impersonated(u authenticationv1.UserInfo) authenticationv1.UserInfo {
	if namespace, name, ok := accountOf(u.Username); ok && len(u.Groups) == 0 &&
		len(validation.IsDNS1123Label(namespace)) == 0 && len(validation.IsDNS1123Subdomain(name)) == 0 {
		u.Groups = []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace}
	}
	if u.Username == anonymousUser || slices.Contains(u.Groups, groupUnauthenticated) {
		return withGroup(u, groupUnauthenticated)
	}
	return withGroup(u, groupAuthenticated)
}
