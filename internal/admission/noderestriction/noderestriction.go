// Package noderestriction keeps kubelets to their own node and the pods on it:
// https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
package noderestriction

import (
	"fmt"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/diff"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/admission/certificates"
	"github.com/kubejig/kubejig/internal/authorization"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/store"
)

// Plugin is the NodeRestriction admission plugin.
type Plugin struct {
	Client     *client.Client
	Authorizer authorization.Authorizer
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
		return admitClaim(node, a)
	case schema.GroupResource{Resource: "serviceaccounts"}:
		return p.admitToken(node, a)
	case schema.GroupResource{Group: "coordination.k8s.io", Resource: "leases"}:
		return admitLease(node, a)
	case schema.GroupResource{Group: "storage.k8s.io", Resource: "csinodes"}:
		if nameOf(a) != node {
			return forbidden(a, "can only access CSINode with the same name as the requesting node")
		}
	case schema.GroupResource{Group: certificatesv1.GroupName, Resource: "certificatesigningrequests"}:
		return admitCertificate(node, a)
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

// admitClaim lets a kubelet tell how large a volume has become.
func admitClaim(node string, a *admission.Attributes) error {
	if a.Subresource != "status" {
		return forbidden(a, "may only update PVC status")
	}
	next, old := withoutSize(a.Object), withoutSize(a.Old)
	if !equality.Semantic.DeepEqual(next, old) {
		return forbidden(a, "node %q is not allowed to update fields other than status.quantity and status.conditions: %v", node, diff.Diff(old, next))
	}
	return nil
}

// withoutSize is a claim without what a kubelet may change.
func withoutSize(obj store.Object) *corev1.PersistentVolumeClaim {
	claim := obj.(*corev1.PersistentVolumeClaim).DeepCopy()
	claim.ResourceVersion, claim.ManagedFields = "", nil
	claim.Status.Capacity, claim.Status.Conditions = nil, nil
	claim.Status.AllocatedResourceStatuses, claim.Status.AllocatedResources = nil, nil
	return claim
}

// admitCertificate lets a kubelet ask for its own certificates only.
func admitCertificate(node string, a *admission.Attributes) error {
	if a.Operation != admission.Create {
		return nil
	}
	spec := &a.Object.(*certificatesv1.CertificateSigningRequest).Spec
	if spec.SignerName != certificatesv1.KubeletServingSignerName && spec.SignerName != certificatesv1.KubeAPIServerClientKubeletSignerName {
		return nil
	}
	request, err := certificates.Parse(spec.Request)
	if err != nil {
		return forbidden(a, "unable to parse csr: %w", err)
	}
	if request.Subject.CommonName != "system:node:"+node {
		return forbidden(a, "can only create a node CSR with CN=system:node:%s", node)
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
		if !equality.Semantic.DeepEqual(node.OwnerReferences, old.OwnerReferences) {
			return forbidden(a, "node %q is not allowed to modify ownerReferences", name)
		}
		if labels := forbiddenLabels(node.Labels, old.Labels); labels != "" {
			return forbidden(a, "is not allowed to modify labels: %s", labels)
		}
	}
	return nil
}
