// Package noderestriction keeps kubelets to their own node and the pods on it:
// https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
package noderestriction

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/authorization"
	"github.com/kubejig/kubejig/internal/client"
)

// Plugin is the NodeRestriction admission plugin.
type Plugin struct {
	Client *client.Client
}

// Name is the plugin's name.
func (Plugin) Name() string { return "NodeRestriction" }

// Admit refuses what is not the node's.
func (p Plugin) Admit(a *admission.Attributes) error {
	node, ok := authorization.NodeOf(a.User)
	if !ok {
		return nil
	}
	if node == "" {
		return forbidden(a, "could not determine node from user %q", a.User.Username)
	}
	switch a.Kind.GroupResource() {
	case schema.GroupResource{Resource: "pods"}:
		return p.admitPod(node, a)
	case schema.GroupResource{Resource: "nodes"}:
		return admitNode(node, a)
	case schema.GroupResource{Resource: "persistentvolumeclaims"}:
		if a.Subresource != "status" {
			return forbidden(a, "may only update PVC status")
		}
	case schema.GroupResource{Group: "coordination.k8s.io", Resource: "leases"}:
		return admitLease(node, a)
	case schema.GroupResource{Group: "storage.k8s.io", Resource: "csinodes"}:
		if nameOf(a) != node {
			return forbidden(a, "can only access CSINode with the same name as the requesting node")
		}
	}
	return nil
}

func forbidden(a *admission.Attributes, format string, args ...any) error {
	return apierrors.NewForbidden(a.Kind.GroupResource(), nameOf(a), fmt.Errorf(format, args...))
}

// nameOf is the name of a request's object, which a new one may say itself.
func nameOf(a *admission.Attributes) string {
	if a.Object != nil && a.Object.GetName() != "" {
		return a.Object.GetName()
	}
	return a.Name
}

func admitLease(node string, a *admission.Attributes) error {
	switch {
	case a.Namespace != corev1.NamespaceNodeLease:
		return forbidden(a, "can only access leases in the %q system namespace", corev1.NamespaceNodeLease)
	case nameOf(a) != node:
		return forbidden(a, "can only access node lease with the same name as the requesting node")
	}
	return nil
}

// admitNode lets a kubelet write its own node, but neither its taints nor the
// labels by which others choose it for what it must not have.
func admitNode(name string, a *admission.Attributes) error {
	if requested := nameOf(a); requested != name {
		return forbidden(a, "node %q is not allowed to modify node %q", name, requested)
	}
	node, _ := a.Object.(*corev1.Node)
	switch a.Operation {
	case admission.Create:
		if labels := forbiddenLabels(node.Labels, nil); labels != "" {
			return forbidden(a, "node %q is not allowed to set the following labels: %s", name, labels)
		}
	case admission.Update:
		old := a.Old.(*corev1.Node)
		if !equality.Semantic.DeepEqual(node.Spec.Taints, old.Spec.Taints) {
			return forbidden(a, "node %q is not allowed to modify taints", name)
		}
		if labels := forbiddenLabels(node.Labels, old.Labels); labels != "" {
			return forbidden(a, "is not allowed to modify labels: %s", labels)
		}
		if !equality.Semantic.DeepEqual(node.OwnerReferences, old.OwnerReferences) {
			return forbidden(a, "node %q is not allowed to modify ownerReferences", name)
		}
	}
	return nil
}
