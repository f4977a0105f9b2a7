// Package policy is what admission policies and webhooks have in common: which
// requests one is about, with which parameters, what its expressions see, and how
// what it makes of an object takes its place. It decides nothing about a request.
package policy

import (
	"fmt"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// Request is a request as policies see it.
type Request struct {
	*admission.Attributes
	// Asked is what the request itself speaks of.
	Asked Target
	// Namespace is that of the object, and of a namespace its own name.
	Namespace string

	subresource *resources.Subresource
}

// Target is a resource and its kind, of one version.
type Target struct {
	Resource schema.GroupVersionResource
	Kind     schema.GroupVersionKind
}

// exempt are the kinds of what configures policies, which they are never asked
// about.
var exempt = map[string]bool{
	"ValidatingAdmissionPolicy": true, "ValidatingAdmissionPolicyBinding": true,
	"MutatingAdmissionPolicy": true, "MutatingAdmissionPolicyBinding": true,
}

// NewRequest returns the request; nil: policies are not asked about such.
func NewRequest(a *admission.Attributes) *Request {
	if a.Kind.GroupKind().Group == v1.GroupName && exempt[a.Kind.Name] {
		return nil
	}
	r := &Request{Attributes: a, Namespace: a.Namespace}
	if a.Subresource != "" {
		r.subresource = a.Kind.Subresources[a.Subresource]
	}
	if r.forNamespace() {
		r.Namespace = a.Name
	}
	asked := a.Kind.Storage().GroupVersion
	if gv, err := schema.ParseGroupVersion(a.APIVersion); err == nil && a.APIVersion != "" {
		asked = gv
	}
	r.Asked = r.target(asked)
	return r
}

// NewWebhookRequest returns the request; nil: webhooks are not asked about such,
// which are those that policies are not asked about, and those that configure
// webhooks.
func NewWebhookRequest(a *admission.Attributes) *Request {
	switch a.Kind.Name {
	case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration":
		if a.Kind.GroupKind().Group == v1.GroupName {
			return nil
		}
	}
	return NewRequest(a)
}

func (r *Request) forNamespace() bool {
	return r.Kind.GroupResource() == schema.GroupResource{Resource: "namespaces"}
}

// target is the request in the words of a version.
func (r *Request) target(gv schema.GroupVersion) Target {
	t := Target{gv.WithResource(r.Kind.Resource), gv.WithKind(r.Kind.Name)}
	if r.subresource != nil && !r.subresource.GVK.Empty() {
		t.Kind = r.subresource.GVK
	}
	return t
}

// Written is what the request writes, or connects with, in the version of a
// target; nil: nothing.
func (r *Request) Written(t Target) (runtime.Object, error) {
	if r.Operation == admission.Connect && r.Options != nil {
		return resources.Typed(r.Options, t.Kind), nil
	}
	return r.in(t, r.Object)
}

// Before is what there was before the request, likewise.
func (r *Request) Before(t Target) (runtime.Object, error) { return r.in(t, r.Old) }

func (r *Request) in(t Target, obj store.Object) (runtime.Object, error) {
	if obj == nil {
		return nil, nil
	}
	if s := r.subresource; s != nil && s.Scale != nil {
		scale, err := s.Scale.Get(obj)
		if err != nil {
			return nil, fmt.Errorf("failed to convert object version: %w", err)
		}
		return resources.Typed(scale, t.Kind), nil
	} else if s != nil && !s.GVK.Empty() {
		return resources.Typed(obj, t.Kind), nil
	}
	return versioned(r.Kind, obj, t.Kind)
}

// versioned is a stored object in a version of its kind.
func versioned(k *resources.Kind, obj store.Object, gvk schema.GroupVersionKind) (runtime.Object, error) {
	v := k.Version(gvk.GroupVersion())
	if v == nil {
		return nil, fmt.Errorf("failed to convert object version: %v is not served", gvk)
	}
	if v.FromStorage != nil {
		var err error
		if obj, err = v.FromStorage(obj); err != nil {
			return nil, fmt.Errorf("failed to convert object version: %w", err)
		}
	}
	return resources.Typed(obj, gvk), nil
}

// Describe is the request as its own expressions name it and as webhooks are told
// of it, but for its objects, where it is matched as a target.
func (r *Request) Describe(t Target) *admissionv1.AdmissionRequest {
	options := r.Options
	if r.Operation == admission.Connect {
		options = nil
	}
	requestKind, requestResource := metav1.GroupVersionKind(r.Asked.Kind), metav1.GroupVersionResource(r.Asked.Resource)
	return &admissionv1.AdmissionRequest{
		Kind: metav1.GroupVersionKind(t.Kind), Resource: metav1.GroupVersionResource(t.Resource), SubResource: r.Subresource,
		RequestKind: &requestKind, RequestResource: &requestResource, RequestSubResource: r.Subresource,
		Name: r.Name, Namespace: r.Namespace, Operation: admissionv1.Operation(r.Operation),
		UserInfo: r.User, DryRun: &r.DryRun, Options: runtime.RawExtension{Object: options},
	}
}

// namespaceShown is what expressions see of a namespace; nil of none.
func namespaceShown(ns *corev1.Namespace) *corev1.Namespace {
	if ns == nil {
		return nil
	}
	return &corev1.Namespace{
		Spec: ns.Spec, Status: ns.Status,
		ObjectMeta: metav1.ObjectMeta{
			Name: ns.Name, GenerateName: ns.GenerateName, Namespace: ns.Namespace, UID: ns.UID,
			ResourceVersion: ns.ResourceVersion, Generation: ns.Generation,
			CreationTimestamp: ns.CreationTimestamp, DeletionTimestamp: ns.DeletionTimestamp,
			DeletionGracePeriodSeconds: ns.DeletionGracePeriodSeconds,
			Labels:                     ns.Labels, Annotations: ns.Annotations, Finalizers: ns.Finalizers,
		},
	}
}
