package resources

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// namespace is the kind that holds the others. It cannot be deleted as a
// collection, and it goes in two steps: finalizers of its spec are removed
// through its finalize subresource.
func namespace() *Kind {
	return define(Definition[*corev1.Namespace]{
		Name: "Namespace", Resource: "namespaces", ShortNames: []string{"ns"}, ClusterScoped: true,
		RevalidatesName: true,
		Version:         corev1.SchemeGroupVersion,
		Verbs:           []string{"create", "delete", "get", "list", "patch", "update", "watch"},
		Default: func(n *corev1.Namespace) {
			if n.Status.Phase == "" {
				n.Status.Phase = corev1.NamespaceActive
			}
			labelWithName(n)
		},
		PrepareForCreate: func(n *corev1.Namespace) {
			n.Status = corev1.NamespaceStatus{Phase: corev1.NamespaceActive}
			if !slices.Contains(n.Spec.Finalizers, corev1.FinalizerKubernetes) {
				n.Spec.Finalizers = append(n.Spec.Finalizers, corev1.FinalizerKubernetes)
			}
			labelWithName(n)
		},
		PrepareForUpdate: func(n, old *corev1.Namespace) {
			n.Spec.Finalizers = slices.Clone(old.Spec.Finalizers)
			n.Status = *old.Status.DeepCopy()
		},
		Terminate: func(n *corev1.Namespace, _ metav1.Time) bool {
			n.Status.Phase = corev1.NamespaceTerminating
			return len(n.Spec.Finalizers) > 0
		},
		ValidateName: apivalidation.NameIsDNSLabel,
		Validate: func(n *corev1.Namespace) field.ErrorList {
			finalizers := field.NewPath("spec", "finalizers")
			return validateNamespaceFinalizers(n, func(int) *field.Path { return finalizers })
		},
		Status: &Status[*corev1.Namespace]{
			Copy: func(to, from *corev1.Namespace) { to.Status = *from.Status.DeepCopy() },
			Reset: func(n *corev1.Namespace) {
				n.Status = corev1.NamespaceStatus{Phase: corev1.NamespaceActive}
			},
			Validate: validateNamespaceStatus,
		},
		Subresources: []*Subresource{finalizeNamespace()},
		Fields: func(n *corev1.Namespace) fields.Set {
			return fields.Set{"status.phase": string(n.Status.Phase)}
		},
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Status", "The status of the namespace"),
			AgeColumn(),
		},
		Row: func(n *corev1.Namespace, now time.Time) []any {
			return []any{n.Name, string(n.Status.Phase), Age(n.CreationTimestamp, now)}
		},
	})
}

// labelWithName keeps the label by which NamespaceSelectors find a namespace.
func labelWithName(n *corev1.Namespace) {
	if n.Name == "" {
		return
	}
	if n.Labels == nil {
		n.Labels = map[string]string{}
	}
	n.Labels[corev1.LabelMetadataName] = n.Name
}

// validateNamespaceFinalizers checks those of the spec; at says where errors
// about one of them are.
func validateNamespaceFinalizers(n *corev1.Namespace, at func(i int) *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, finalizer := range n.Spec.Finalizers {
		errs = append(errs, apivalidation.ValidateFinalizerName(string(finalizer), at(i))...)
		errs = append(errs, validateFinalizerOwner(string(finalizer), at(i))...)
	}
	return errs
}

func validateNamespaceStatus(n, _ *corev1.Namespace) field.ErrorList {
	path := field.NewPath("status", "Phase")
	if n.DeletionTimestamp.IsZero() && n.Status.Phase != corev1.NamespaceActive {
		return field.ErrorList{field.Invalid(path, n.Status.Phase, "may only be 'Active' if `deletionTimestamp` is empty")}
	}
	if !n.DeletionTimestamp.IsZero() && n.Status.Phase != corev1.NamespaceTerminating {
		return field.ErrorList{field.Invalid(path, n.Status.Phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")}
	}
	return nil
}

// finalizeNamespace is the path on which the finalizers of the spec, and
// nothing else, are changed.
func finalizeNamespace() *Subresource {
	sub := Part("finalize", func(n, old *corev1.Namespace) {
		finalizers := n.Spec.Finalizers
		keepAllBut(n, old, func(to, _ *corev1.Namespace) { to.Spec.Finalizers = finalizers })
	}, func(n, _ *corev1.Namespace) field.ErrorList {
		return validateNamespaceFinalizers(n, field.NewPath("spec", "finalizers").Index)
	}).Resetting([]string{"status"})
	sub.Verbs = []string{"update"}
	return sub
}
