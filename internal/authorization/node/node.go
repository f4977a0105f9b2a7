// Package node decides what kubelets may do: read what the pods of their node
// use, and write what is their own; see
// https://kubernetes.io/docs/reference/access-authn-authz/node/
//
// It reads the store, and must be asked with exclusive access to the engine.
package node

import (
	"fmt"
	"slices"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/authorization"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/rbac"
)

// Authorizer answers for kubelets, and has no opinion of others.
type Authorizer struct {
	Client *client.Client
}

var _ authorization.Authorizer = Authorizer{}

// question is what the kubelet of a node wants.
type question struct {
	authorization.Attributes
	cluster *client.Client
	node    string
}

// Authorize implements [authorization.Authorizer].
func (z Authorizer) Authorize(a authorization.Attributes) (allowed bool, reason string) {
	name, ok := authorization.NodeOf(a.User)
	if !ok {
		return false, ""
	}
	if name == "" {
		return false, fmt.Sprintf("node: unknown node for user %q", a.User.Username)
	}
	q := question{Attributes: a, cluster: z.Client, node: name}
	if decide := restricted[schema.GroupResource{Group: a.Group, Resource: a.Resource}]; decide != nil && a.Path == "" {
		if allowed, reason = decide(q); reason != "" {
			reason = "node: " + reason
		}
		return allowed, reason
	}
	return rbac.Allow(rbac.NodeRules(), a), ""
}

// Rules implements [authorization.Authorizer].
func (Authorizer) Rules(user authenticationv1.UserInfo, _ string) (status authorizationv1.SubjectRulesReviewStatus) {
	if _, ok := authorization.NodeOf(user); ok {
		status.Incomplete = true
		status.EvaluationError = "node authorizer does not support user rule resolution"
	}
	return status
}

// restricted are the resources of which kubelets may use only some objects.
var restricted = map[schema.GroupResource]func(question) (bool, string){
	{Resource: "secrets"}:                                    question.readOfPods,
	{Resource: "configmaps"}:                                 question.readOfPods,
	{Resource: "persistentvolumeclaims"}:                     question.claim,
	{Resource: "persistentvolumes"}:                          question.get,
	{Resource: "serviceaccounts"}:                            question.account,
	{Resource: "nodes"}:                                      question.ownNode,
	{Resource: "pods"}:                                       question.pods,
	{Group: "storage.k8s.io", Resource: "volumeattachments"}: question.get,
	{Group: "storage.k8s.io", Resource: "csinodes"}:          question.ownCSINode,
	{Group: "coordination.k8s.io", Resource: "leases"}:       question.ownLease,
}

func (q question) verbIs(verbs ...string) bool { return slices.Contains(verbs, q.Verb) }

// related allows what has to do with the node.
func (q question) related() (bool, string) {
	if q.Name == "" {
		return false, "No Object name found"
	}
	if !q.isRelated() {
		return false, fmt.Sprintf("no relationship found between node '%s' and this object", q.node)
	}
	return true, ""
}

// readOfPods lets secrets and config maps be read one by one.
func (q question) readOfPods() (bool, string) {
	switch {
	case !q.verbIs("get", "list", "watch"):
		return false, "can only read resources of this type"
	case q.Subresource != "":
		return false, "cannot read subresource"
	case q.Namespace == "":
		return false, "can only read namespaced object of this type"
	}
	return q.related()
}

func (q question) get() (bool, string) {
	switch {
	case !q.verbIs("get"):
		return false, "can only get individual resources of this type"
	case q.Subresource != "":
		return false, "cannot get subresource"
	}
	return q.related()
}

// claim also lets the status of a claim be written: volumes grow on nodes.
func (q question) claim() (bool, string) {
	switch {
	case q.Subresource != "status":
		return q.get()
	case !q.verbIs("update", "patch"):
		return false, "can only get/update/patch this type"
	}
	return q.related()
}

// account also lets the account that images are pulled as be read.
func (q question) account() (bool, string) {
	if q.verbIs("get") && q.Subresource == "" {
		return q.readOfPods()
	}
	return q.token()
}

func (q question) token() (bool, string) {
	switch {
	case !q.verbIs("create") || q.Name == "":
		return false, "can only create tokens for individual service accounts"
	case q.Subresource != "token":
		return false, "can only create token subresource of serviceaccount"
	}
	return q.related()
}

func (q question) ownLease() (bool, string) {
	switch {
	case !q.verbIs("get", "create", "update", "patch", "delete"):
		return false, "can only get, create, update, patch, or delete a node lease"
	case q.Namespace != corev1.NamespaceNodeLease:
		return false, fmt.Sprintf("can only access leases in the %q system namespace", corev1.NamespaceNodeLease)
	case q.Verb != "create" && q.Name != q.node:
		return false, "can only access node lease with the same name as the requesting node"
	}
	return true, ""
}

func (q question) ownCSINode() (bool, string) {
	switch {
	case !q.verbIs("get", "create", "update", "patch", "delete"):
		return false, "can only get, create, update, patch, or delete a CSINode"
	case q.Subresource != "":
		return false, "cannot authorize CSINode subresources"
	case q.Verb != "create" && q.Name != q.node:
		return false, "can only access CSINode with the same name as the requesting node"
	}
	return true, ""
}

// ownNode leaves it to admission which node is written.
func (q question) ownNode() (bool, string) {
	switch {
	case q.Subresource == "status":
		return q.verbIs("update", "patch"), ""
	case q.Subresource != "":
		return false, ""
	case q.verbIs("create", "update", "patch"):
		return true, ""
	case !q.verbIs("get", "list", "watch"):
		return false, ""
	case q.Name == "":
		return false, fmt.Sprintf("node '%s' cannot read all nodes, only its own Node object", q.node)
	case q.Name != q.node:
		return false, fmt.Sprintf("node '%s' cannot read '%s', only its own Node object", q.node, q.Name)
	}
	return true, ""
}

// pods leaves it to admission which pods are written.
func (q question) pods() (bool, string) {
	switch q.Subresource {
	case "status":
		return q.verbIs("update", "patch"), ""
	case "eviction":
		return q.verbIs("create"), ""
	case "":
	default:
		return false, ""
	}
	switch {
	case q.verbIs("create", "delete"):
		return true, ""
	case q.verbIs("get"):
		return q.get()
	case !q.verbIs("list", "watch"):
		return false, ""
	case q.selectsOwnPods():
		return true, ""
	case q.Name != "":
		return q.related()
	}
	return false, "can only list/watch pods with spec.nodeName field selector"
}

func (q question) selectsOwnPods() bool {
	selector, err := fields.ParseSelector(q.FieldSelector)
	if err != nil {
		return false
	}
	name, ok := selector.RequiresExactMatch("spec.nodeName")
	return ok && name == q.node
}
