// Package authorization is the question whether a user may do something, and
// who answers it. Package rbac has the answer from the cluster's roles.
package authorization

import (
	"fmt"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Attributes are what a user wants to do: with a resource, or with a path.
type Attributes struct {
	User authenticationv1.UserInfo
	Verb string

	Namespace   string
	Group       string
	Version     string
	Resource    string
	Subresource string
	Name        string
	// FieldSelector of a request for many objects, as it is written; "" for all.
	FieldSelector string

	// Path is set for what is not a resource.
	Path string
}

// Authorizer decides. It is asked with exclusive access to the engine.
type Authorizer interface {
	// Authorize reports whether the user may, and why.
	Authorize(Attributes) (allowed bool, reason string)
	// Rules are what a user may do in a namespace.
	Rules(user authenticationv1.UserInfo, namespace string) authorizationv1.SubjectRulesReviewStatus
}

// NodeOf is the node whose kubelet a user is.
func NodeOf(user authenticationv1.UserInfo) (node string, ok bool) {
	node, ok = strings.CutPrefix(user.Username, "system:node:")
	return node, ok && slices.Contains(user.Groups, "system:nodes")
}

// Superusers are the group whose members may do everything.
const Superusers = "system:masters"

// AlwaysAllow lets everybody do everything.
type AlwaysAllow struct{}

// Authorize implements [Authorizer].
func (AlwaysAllow) Authorize(Attributes) (bool, string) { return true, "" }

// Rules implements [Authorizer].
func (AlwaysAllow) Rules(authenticationv1.UserInfo, string) authorizationv1.SubjectRulesReviewStatus {
	return Everything()
}

// Everything are the rules of who may do everything.
func Everything() authorizationv1.SubjectRulesReviewStatus {
	all := []string{"*"}
	return authorizationv1.SubjectRulesReviewStatus{
		ResourceRules:    []authorizationv1.ResourceRule{{Verbs: all, APIGroups: all, Resources: all}},
		NonResourceRules: []authorizationv1.NonResourceRule{{Verbs: all, NonResourceURLs: all}},
	}
}

// IsSuperuser reports whether a user may do everything by its group.
func IsSuperuser(user authenticationv1.UserInfo) bool {
	return slices.Contains(user.Groups, Superusers)
}

// Forbidden is the error of a user who may not.
func Forbidden(a Attributes, reason string) error {
	message := fmt.Sprintf("User %q cannot %s", a.User.Username, a.what())
	if reason != "" {
		message += ": " + reason
	}
	return apierrors.NewForbidden(schema.GroupResource{Group: a.Group, Resource: a.Resource}, a.Name, fmt.Errorf("%s", message))
}

func (a Attributes) what() string {
	if a.Path != "" {
		return fmt.Sprintf("%s path %q", a.Verb, a.Path)
	}
	resource := a.Resource
	if a.Subresource != "" {
		resource += "/" + a.Subresource
	}
	where := "at the cluster scope"
	if a.Namespace != "" {
		where = fmt.Sprintf("in the namespace %q", a.Namespace)
	}
	return fmt.Sprintf("%s resource %q in API group %q %s", a.Verb, resource, a.Group, where)
}
