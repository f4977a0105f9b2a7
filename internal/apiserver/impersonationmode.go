package apiserver

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/authorization"
)

// impersonationMode is a way to be allowed to act as another user.
type impersonationMode struct {
	// name is in the verbs that are asked for: impersonate-on:NAME:VERB for what
	// the request does and impersonate:NAME for whom. The mode without a name has
	// but one verb, impersonate, for everything that one may do.
	name string
	// fits tells for whom the mode is.
	fits func(requester, wanted authenticationv1.UserInfo) bool
}

// impersonationModes are those of
// https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/,
// in the order in which they are tried.
var impersonationModes = []impersonationMode{
	{"associated-node", isOwnNode},
	{"arbitrary-node", func(_, wanted authenticationv1.UserInfo) bool { return isNode(wanted.Username) && hasOnlyName(wanted) }},
	{"serviceaccount", func(_, wanted authenticationv1.UserInfo) bool {
		return isAccount(wanted.Username) && hasOnlyName(wanted)
	}},
	{"user-info", func(_, wanted authenticationv1.UserInfo) bool {
		return !isNode(wanted.Username) && !isAccount(wanted.Username)
	}},
	{"", func(_, _ authenticationv1.UserInfo) bool { return true }},
}

// constrained tells a mode that allows but some requests.
func (m impersonationMode) constrained() bool { return m.name != "" }

func (m impersonationMode) verb() string {
	if m.constrained() {
		return "impersonate:" + m.name
	}
	return "impersonate"
}

// mayImpersonate asks for the request and for each part of the user.
func (c *call) mayImpersonate(mode impersonationMode, wanted authenticationv1.UserInfo) error {
	if mode.constrained() {
		a := c.attributes()
		a.Verb = "impersonate-on:" + mode.name + ":" + a.Verb
		if err := c.authorize(a); err != nil {
			return err
		}
	}
	for _, a := range mode.parts(wanted) {
		a.User = c.user
		if err := mode.check(a); err != nil {
			return authorization.Forbidden(a, err.Error())
		}
		if err := c.authorize(a); err != nil {
			return err
		}
	}
	return nil
}

// parts are the parts of a user, as what one may impersonate.
func (m impersonationMode) parts(wanted authenticationv1.UserInfo) []authorization.Attributes {
	const group = "authentication.k8s.io"
	names := group
	if !m.constrained() {
		names = ""
	}
	parts := []authorization.Attributes{m.namePart(names, wanted.Username)}
	add := func(group, resource, subresource, name string) {
		parts = append(parts, authorization.Attributes{
			Verb: m.verb(), Group: group, Version: "v1", Resource: resource, Subresource: subresource, Name: name,
		})
	}
	if wanted.UID != "" {
		add(group, "uids", "", wanted.UID)
	}
	for _, g := range wanted.Groups {
		add(names, "groups", "", g)
	}
	for _, key := range slices.Sorted(maps.Keys(wanted.Extra)) {
		for _, value := range wanted.Extra[key] {
			add(group, "userextras", key, value)
		}
	}
	return parts
}

// namePart is a user's name as what one may impersonate.
func (m impersonationMode) namePart(group, username string) authorization.Attributes {
	a := authorization.Attributes{Verb: m.verb(), Group: group, Version: "v1", Resource: "users", Name: username}
	switch namespace, name, ok := accountOf(username); {
	case ok:
		a.Resource, a.Namespace, a.Name = "serviceaccounts", namespace, name
	case m.name == "associated-node":
		a.Resource, a.Name = "nodes", "*"
	case m.name == "arbitrary-node":
		a.Resource, a.Name = "nodes", strings.TrimPrefix(username, nodePrefix)
	}
	return a
}

// check refuses what nobody may impersonate in a constrained mode.
func (m impersonationMode) check(a authorization.Attributes) error {
	switch {
	case !m.constrained():
		return nil
	case a.Resource == "groups" && a.Name == "":
		return errors.New("impersonating the empty string group is not allowed")
	case a.Resource == "groups" && a.Name == authorization.Superusers:
		return errors.New("impersonating the system:masters group is not allowed")
	case a.Resource == "userextras":
		return checkExtra(a.Subresource, a.Name)
	}
	return nil
}

func checkExtra(key, value string) error {
	if key == "" {
		return errors.New("impersonating the empty string key in extra is not allowed")
	}
	if err := validation.IsDomainPrefixedPath(field.NewPath("extra", "key"), key).ToAggregate(); err != nil {
		return fmt.Errorf("impersonating an invalid key in extra is not allowed: %w", err)
	}
	if key != strings.ToLower(key) {
		return fmt.Errorf("impersonating a non-lowercase key in extra is not allowed: %q", key)
	}
	if value == "" {
		return errors.New("impersonating the empty string value in extra is not allowed")
	}
	return nil
}

// impersonated completes a user with the groups that it is in by itself.
func (m impersonationMode) impersonated(u authenticationv1.UserInfo) authenticationv1.UserInfo {
	if namespace, _, ok := accountOf(u.Username); ok && len(u.Groups) == 0 {
		u.Groups = []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace}
	}
	if m.constrained() && isNode(u.Username) {
		u.Groups = []string{"system:nodes"}
	}
	if u.Username == anonymousUser || slices.Contains(u.Groups, groupUnauthenticated) {
		return withGroup(u, groupUnauthenticated)
	}
	return withGroup(u, groupAuthenticated)
}

// nodePrefix begins the user names of nodes.
const nodePrefix = "system:node:"

func isNode(user string) bool {
	name, ok := strings.CutPrefix(user, nodePrefix)
	return ok && len(validation.IsDNS1123Subdomain(name)) == 0
}

// isOwnNode tells the node that a pod is on from others, for the pod's service
// account.
func isOwnNode(requester, wanted authenticationv1.UserInfo) bool {
	own := requester.Extra["authentication.kubernetes.io/node-name"]
	return isAccount(requester.Username) && hasOnlyName(wanted) && isNode(wanted.Username) &&
		len(own) == 1 && wanted.Username == nodePrefix+own[0]
}

func isAccount(user string) bool {
	_, _, ok := accountOf(user)
	return ok
}

// accountOf takes the name of a service account's user apart.
func accountOf(user string) (namespace, name string, ok bool) {
	rest, ok := strings.CutPrefix(user, "system:serviceaccount:")
	if !ok {
		return "", "", false
	}
	namespace, name, _ = strings.Cut(rest, ":")
	valid := len(validation.IsDNS1123Label(namespace)) == 0 && len(validation.IsDNS1123Subdomain(name)) == 0
	return namespace, name, valid
}

func hasOnlyName(u authenticationv1.UserInfo) bool {
	return u.UID == "" && len(u.Groups) == 0 && len(u.Extra) == 0
}
