// Package namespacelifecycle keeps objects out of namespaces that are not
// there or are being deleted, and the system's namespaces from deletion.
package namespacelifecycle

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/client"
)

// Plugin is the NamespaceLifecycle admission plugin.
type Plugin struct {
	Client *client.Client
}

// immortal namespaces can't be deleted.
var immortal = map[string]bool{
	metav1.NamespaceDefault: true, metav1.NamespaceSystem: true, metav1.NamespacePublic: true,
}

// Name is the plugin's name.
func (Plugin) Name() string { return "NamespaceLifecycle" }

// Admit checks the namespace of a request.
func (p Plugin) Admit(a *admission.Attributes) error {
	if a.Operation == admission.Delete && a.Is("", "namespaces") && immortal[a.Name] {
		return apierrors.NewForbidden(a.Kind.GroupResource(), a.Name, fmt.Errorf("this namespace may not be deleted"))
	}
	if a.Namespace == "" || a.Operation != admission.Create || a.Is("authorization.k8s.io", "localsubjectaccessreviews") {
		return nil
	}
	ns, ok := client.Get[*corev1.Namespace](p.Client, "", a.Namespace)
	if !ok {
		return apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, a.Namespace)
	}
	if ns.Status.Phase == corev1.NamespaceTerminating {
		return terminating(a)
	}
	return nil
}

// terminating is a refusal whose cause clients recognise.
func terminating(a *admission.Attributes) error {
	err := apierrors.NewForbidden(a.Kind.GroupResource(), a.Name,
		fmt.Errorf("unable to create new content in namespace %s because it is being terminated", a.Namespace))
	err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{
		Type:    corev1.NamespaceTerminatingCause,
		Message: fmt.Sprintf("namespace %s is being terminated", a.Namespace),
		Field:   "metadata.namespace",
	})
	return err
}
