package apiserver

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
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
			key = strings.ToLower(key)
			if unescaped, err := url.PathUnescape(key); err == nil {
				key = unescaped
			}
			if user.Extra == nil {
				user.Extra = map[string]authenticationv1.ExtraValue{}
			}
			user.Extra[key] = values
		}
	}
	if user.Username == "" {
		if user.UID != "" || len(user.Groups) > 0 || len(user.Extra) > 0 {
			return apierrors.NewBadRequest("requested " + goSyntax(user) + " without impersonating a user name")
		}
		return nil
	}
	return c.actAs(user)
}

// actAs makes the request one of another user, if one of the modes allows it. If
// none does, the first that is for such users says why.
func (c *call) actAs(user authenticationv1.UserInfo) error {
	var refused error
	for _, mode := range impersonationModes {
		if !mode.fits(c.user, user) {
			continue
		}
		err := c.mayImpersonate(mode, user)
		if err == nil {
			c.user = mode.impersonated(user)
			return nil
		}
		if refused == nil {
			refused = err
		}
	}
	return refused
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
