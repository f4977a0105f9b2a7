package resources

import (
	"fmt"
	"maps"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/internalform"
	"github.com/kubejig/kubejig/internal/podspec"
)

func deployment() *Kind {
	spec, status := appsv1.DeploymentSpec{}.SwaggerDoc(), appsv1.DeploymentStatus{}.SwaggerDoc()
	return define(Definition[*appsv1.Deployment]{
		Name: "Deployment", Resource: "deployments", ShortNames: []string{"deploy"}, Categories: []string{"all"},
		Version: appsv1.SchemeGroupVersion,
		Default: defaultDeployment,
		// Annotations count, since the controller copies them to replica sets.
		Spec:             func(d *appsv1.Deployment) any { return []any{&d.Spec, d.Annotations} },
		PrepareForCreate: func(d *appsv1.Deployment) { podspec.DropDisabledFields(&d.Spec.Template) },
		PrepareForUpdate: func(d, _ *appsv1.Deployment) { podspec.DropDisabledFields(&d.Spec.Template) },
		Validate:         validateDeployment,
		ValidateUpdate:   validateDeploymentUpdate,
		Warnings: func(d, old *appsv1.Deployment) []string {
			return templateWarnings(d, old, &d.Spec.Template)
		},
		Status: &Status[*appsv1.Deployment]{
			Copy:     func(to, from *appsv1.Deployment) { to.Status = *from.Status.DeepCopy() },
			Keep:     func(d, old *appsv1.Deployment) { d.Labels = maps.Clone(old.Labels) },
			Resets:   [][]string{{"metadata", "labels"}},
			Validate: validateDeploymentStatus,
		},
		Replicas: &Replicas[*appsv1.Deployment]{
			Get: func(d *appsv1.Deployment) (int32, int32, string) {
				return ptr.Deref(d.Spec.Replicas, 0), d.Status.Replicas, scaleSelector(d.Spec.Selector)
			},
			Set: func(d *appsv1.Deployment, n int32) { d.Spec.Replicas = &n },
		},
		Columns: append(append([]metav1.TableColumnDefinition{
			NameColumn(),
			Column("Ready", "Number of the pod with ready state"),
			Column("Up-to-date", status["updatedReplicas"]),
			Column("Available", status["availableReplicas"]),
			AgeColumn(),
		}, containerColumns()...), Wide(Column("Selector", spec["selector"]))),
		Row: func(d *appsv1.Deployment, now time.Time) []any {
			names, images := containerCells(d.Spec.Template.Spec.Containers)
			return []any{
				d.Name, fmt.Sprintf("%d/%d", d.Status.ReadyReplicas, ptr.Deref(d.Spec.Replicas, 0)),
				int64(d.Status.UpdatedReplicas), int64(d.Status.AvailableReplicas), Age(d.CreationTimestamp, now),
				names, images, scaleSelectorOr(d.Spec.Selector, "<invalid>"),
			}
		},
	})
}

func defaultDeployment(d *appsv1.Deployment) {
	podspec.SetTemplateDefaults(&d.Spec.Template)
	setDefault(&d.Spec.Replicas, 1)
	strategy := &d.Spec.Strategy
	setIfZero(&strategy.Type, appsv1.RollingUpdateDeploymentStrategyType)
	if strategy.Type == appsv1.RollingUpdateDeploymentStrategyType {
		if strategy.RollingUpdate == nil {
			strategy.RollingUpdate = &appsv1.RollingUpdateDeployment{}
		}
		setDefault(&strategy.RollingUpdate.MaxUnavailable, intstr.FromString("25%"))
		setDefault(&strategy.RollingUpdate.MaxSurge, intstr.FromString("25%"))
	}
	setDefault(&d.Spec.RevisionHistoryLimit, 10)
	setDefault(&d.Spec.ProgressDeadlineSeconds, 600)
}

func validateDeployment(d *appsv1.Deployment) field.ErrorList {
	path := field.NewPath("spec")
	errs := validateCounts(path, optionalCount("replicas", d.Spec.Replicas))
	errs = append(errs, validateRequiredSelector("deployment", d.Spec.Selector, path.Child("selector"))...)
	if selector, err := metav1.LabelSelectorAsSelector(d.Spec.Selector); err != nil {
		errs = append(errs, field.Invalid(path.Child("selector"), d.Spec.Selector, "invalid label selector"))
	} else {
		errs = append(errs, validateRunningTemplate("ReplicaSet", &d.Spec.Template, selector, path.Child("template"))...)
	}
	errs = append(errs, validateDeploymentStrategy(&d.Spec.Strategy, path.Child("strategy"))...)
	errs = append(errs, validateCounts(path, count{"minReadySeconds", int64(d.Spec.MinReadySeconds)},
		optionalCount("revisionHistoryLimit", d.Spec.RevisionHistoryLimit),
		optionalCount("progressDeadlineSeconds", d.Spec.ProgressDeadlineSeconds))...)
	if deadline := d.Spec.ProgressDeadlineSeconds; deadline != nil && *deadline <= d.Spec.MinReadySeconds {
		errs = append(errs, field.Invalid(path.Child("progressDeadlineSeconds"), *deadline, "must be greater than minReadySeconds"))
	}
	return errs
}

func validateDeploymentStrategy(s *appsv1.DeploymentStrategy, path *field.Path) field.ErrorList {
	rolling := path.Child("rollingUpdate")
	switch {
	case s.Type == appsv1.RecreateDeploymentStrategyType && s.RollingUpdate != nil:
		return field.ErrorList{field.Forbidden(rolling, "may not be specified when strategy `type` is 'Recreate'")}
	case s.Type == appsv1.RecreateDeploymentStrategyType:
		return nil
	case s.Type != appsv1.RollingUpdateDeploymentStrategyType:
		return field.ErrorList{field.NotSupported(path, internalform.Of(s),
			[]appsv1.DeploymentStrategyType{appsv1.RecreateDeploymentStrategyType, appsv1.RollingUpdateDeploymentStrategyType})}
	case s.RollingUpdate == nil:
		return field.ErrorList{field.Required(rolling, "this should be defaulted and never be nil")}
	}
	unavailable, surge := ptr.Deref(s.RollingUpdate.MaxUnavailable, intstr.IntOrString{}), ptr.Deref(s.RollingUpdate.MaxSurge, intstr.IntOrString{})
	errs := validateIntOrPercent(unavailable, rolling.Child("maxUnavailable"))
	errs = append(errs, validateIntOrPercent(surge, rolling.Child("maxSurge"))...)
	if isNone(unavailable) && isNone(surge) {
		errs = append(errs, field.Invalid(rolling.Child("maxUnavailable"), unavailable, "may not be 0 when `maxSurge` is 0"))
	}
	return append(errs, validateAtMostAll(unavailable, rolling.Child("maxUnavailable"))...)
}

func validateDeploymentUpdate(d, old *appsv1.Deployment) field.ErrorList {
	errs := validateDeployment(d)
	return append(errs, apivalidation.ValidateImmutableField(d.Spec.Selector, old.Spec.Selector, field.NewPath("spec", "selector"))...)
}

func validateDeploymentStatus(d, old *appsv1.Deployment) field.ErrorList {
	path, s := field.NewPath("status"), &d.Status
	updated, ready := count{"updatedReplicas", int64(s.UpdatedReplicas)}, count{"readyReplicas", int64(s.ReadyReplicas)}
	available := count{"availableReplicas", int64(s.AvailableReplicas)}
	errs := validateCounts(path, count{"observedGeneration", s.ObservedGeneration}, count{"replicas", int64(s.Replicas)},
		updated, ready, available, count{"unavailableReplicas", int64(s.UnavailableReplicas)},
		optionalCount("terminatingReplicas", s.TerminatingReplicas), optionalCount("collisionCount", s.CollisionCount))
	errs = append(errs, validateAtMost(path, int64(s.Replicas), "cannot be greater than status.replicas", updated, ready, available)...)
	errs = append(errs, validateAtMost(path, ready.value, "cannot be greater than readyReplicas", available)...)
	return append(errs, validateNotDecremented(path.Child("collisionCount"), s.CollisionCount, old.Status.CollisionCount)...)
}
