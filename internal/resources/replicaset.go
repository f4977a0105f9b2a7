package resources

import (
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/podspec"
)

func replicaSet() *Kind {
	spec, status := appsv1.ReplicaSetSpec{}.SwaggerDoc(), appsv1.ReplicaSetStatus{}.SwaggerDoc()
	return define(Definition[*appsv1.ReplicaSet]{
		Name: "ReplicaSet", Resource: "replicasets", ShortNames: []string{"rs"}, Categories: []string{"all"},
		Version: appsv1.SchemeGroupVersion,
		Default: func(r *appsv1.ReplicaSet) {
			podspec.SetTemplateDefaults(&r.Spec.Template)
			setDefault(&r.Spec.Replicas, 1)
		},
		Spec:             func(r *appsv1.ReplicaSet) any { return &r.Spec },
		PrepareForCreate: func(r *appsv1.ReplicaSet) { podspec.DropDisabledFields(&r.Spec.Template) },
		PrepareForUpdate: func(r, _ *appsv1.ReplicaSet) { podspec.DropDisabledFields(&r.Spec.Template) },
		Validate:         validateReplicaSet,
		ValidateUpdate:   validateReplicaSetUpdate,
		Warnings: func(r, old *appsv1.ReplicaSet) []string {
			return templateWarnings(r, old, &r.Spec.Template)
		},
		Status: &Status[*appsv1.ReplicaSet]{
			Copy:     func(to, from *appsv1.ReplicaSet) { to.Status = *from.Status.DeepCopy() },
			Validate: validateReplicaSetStatus,
		},
		Replicas: &Replicas[*appsv1.ReplicaSet]{
			Get: func(r *appsv1.ReplicaSet) (int32, int32, string) {
				return ptr.Deref(r.Spec.Replicas, 0), r.Status.Replicas, scaleSelector(r.Spec.Selector)
			},
			Set: func(r *appsv1.ReplicaSet, n int32) { r.Spec.Replicas = &n },
		},
		Columns: append(append([]metav1.TableColumnDefinition{
			NameColumn(),
			Integer(Column("Desired", spec["replicas"])),
			Integer(Column("Current", status["replicas"])),
			Integer(Column("Ready", status["readyReplicas"])),
			AgeColumn(),
		}, containerColumns()...), Wide(Column("Selector", spec["selector"]))),
		Row: func(r *appsv1.ReplicaSet, now time.Time) []any {
			names, images := containerCells(r.Spec.Template.Spec.Containers)
			return []any{
				r.Name, int64(ptr.Deref(r.Spec.Replicas, 0)), int64(r.Status.Replicas), int64(r.Status.ReadyReplicas),
				Age(r.CreationTimestamp, now), names, images, metav1.FormatLabelSelector(r.Spec.Selector),
			}
		},
	})
}

func validateReplicaSet(r *appsv1.ReplicaSet) field.ErrorList {
	path := field.NewPath("spec")
	errs := validateCounts(path, optionalCount("replicas", r.Spec.Replicas), count{"minReadySeconds", int64(r.Spec.MinReadySeconds)})
	// The message about an empty selector does speak of deployments.
	errs = append(errs, validateRequiredSelector("deployment", r.Spec.Selector, path.Child("selector"))...)
	selector, err := metav1.LabelSelectorAsSelector(r.Spec.Selector)
	if err != nil {
		return append(errs, field.Invalid(path.Child("selector"), r.Spec.Selector, "invalid label selector"))
	}
	return append(errs, validateRunningTemplate("ReplicaSet", &r.Spec.Template, selector, path.Child("template"))...)
}

func validateReplicaSetUpdate(r, old *appsv1.ReplicaSet) field.ErrorList {
	errs := validateReplicaSet(r)
	return append(errs, apivalidation.ValidateImmutableField(r.Spec.Selector, old.Spec.Selector, field.NewPath("spec", "selector"))...)
}

func validateReplicaSetStatus(r, _ *appsv1.ReplicaSet) field.ErrorList {
	s := r.Status
	return validateReplicaCounts(s.Replicas, s.FullyLabeledReplicas, s.ReadyReplicas, s.AvailableReplicas, s.ObservedGeneration,
		optionalCount("terminatingReplicas", s.TerminatingReplicas))
}

// validateReplicaCounts checks the status of replica sets and replication
// controllers; others are further counts of it.
func validateReplicaCounts(replicas, labeled, ready, available int32, generation int64, others ...count) field.ErrorList {
	path := field.NewPath("status")
	counts := []count{{"fullyLabeledReplicas", int64(labeled)}, {"readyReplicas", int64(ready)}, {"availableReplicas", int64(available)}}
	errs := validateCounts(path, count{"replicas", int64(replicas)})
	errs = append(errs, validateCounts(path, counts...)...)
	errs = append(errs, validateCounts(path, append([]count{{"observedGeneration", generation}}, others...)...)...)
	errs = append(errs, validateAtMost(path, int64(replicas), "cannot be greater than status.replicas", counts...)...)
	return append(errs, validateAtMost(path, int64(ready), "cannot be greater than readyReplicas", counts[2])...)
}
