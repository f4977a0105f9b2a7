// Package validatingadmissionpolicystatus writes into the status of validating
// admission policies what their expressions do that the types of the objects
// they are about do not allow, as
// https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#type-checking
// describes.
package validatingadmissionpolicystatus

import (
	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
)

type controller struct {
	client *client.Client
	types  typeResolver
}

// New returns the controller.
func New(r *registry.Registry) *controllers.Controller {
	c := &controller{client: client.ForServiceAccount(r, "validatingadmissionpolicy-status-controller"), types: newTypeResolver(r)}
	c.client.Manager = "validatingadmissionpolicy-status"
	return &controllers.Controller{
		Name: "validatingadmissionpolicy-status-controller",
		Watches: []controllers.Watch{
			controllers.Each(schema.GroupResource{Group: admissionv1.GroupName, Resource: "validatingadmissionpolicies"}),
		},
		Reconcile: c.reconcile,
	}
}

// reconcile checks each generation of a policy once: kinds that are defined
// later change nothing.
func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	policy, ok := client.Get[*admissionv1.ValidatingAdmissionPolicy](c.client, "", key.Name)
	if !ok || policy.Generation <= policy.Status.ObservedGeneration {
		return controllers.Result{}, nil
	}
	return controllers.Result{}, c.apply(policy, c.types.warnings(policy))
}

// apply makes the status of a policy the controller's own, by server-side apply.
func (c *controller) apply(policy *admissionv1.ValidatingAdmissionPolicy, warnings []any) error {
	checked := map[string]any{}
	if len(warnings) > 0 {
		checked["expressionWarnings"] = warnings
	}
	_, err := client.ApplyStatus[*admissionv1.ValidatingAdmissionPolicy](c.client, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": admissionv1.SchemeGroupVersion.String(), "kind": "ValidatingAdmissionPolicy",
		"metadata": map[string]any{"name": policy.Name},
		"status":   map[string]any{"observedGeneration": policy.Generation, "typeChecking": checked},
	}})
	return err
}
