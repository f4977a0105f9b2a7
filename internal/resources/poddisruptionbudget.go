package resources

import (
	"time"

	policyv1 "k8s.io/api/policy/v1"
	pathvalidation "k8s.io/apimachinery/pkg/api/validation/path"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/internalform"
)

func podDisruptionBudget() *Kind {
	type pdb = *policyv1.PodDisruptionBudget
	return define(Definition[pdb]{
		Name: "PodDisruptionBudget", Resource: "poddisruptionbudgets", ShortNames: []string{"pdb"},
		Version:                   policyv1.SchemeGroupVersion,
		Spec:                      func(b pdb) any { return b.Spec },
		ValidateName:              pathvalidation.ValidatePathSegmentName,
		Validate:                  validatePodDisruptionBudget,
		ValidateUpdate:            func(b, _ pdb) field.ErrorList { return validatePodDisruptionBudget(b) },
		RefuseUnconditionalUpdate: true,
		ForeignFinalizers:         true,
		Status: &Status[pdb]{
			Copy:     func(to, from pdb) { to.Status = *from.Status.DeepCopy() },
			Validate: validatePodDisruptionBudgetStatus,
		},
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Min Available", "The minimum number of pods that must be available."),
			Column("Max Unavailable", "The maximum number of pods that may be unavailable."),
			Integer(Column("Allowed Disruptions", "Calculated number of pods that may be disrupted at this time.")),
			AgeColumn(),
		},
		Row: func(b pdb, now time.Time) []any {
			return []any{
				b.Name, orNotApplicable(b.Spec.MinAvailable), orNotApplicable(b.Spec.MaxUnavailable),
				int64(b.Status.DisruptionsAllowed), Age(b.CreationTimestamp, now),
			}
		},
	})
}

func orNotApplicable(v *intstr.IntOrString) string {
	if v == nil {
		return "N/A"
	}
	return v.String()
}

func validatePodDisruptionBudget(b *policyv1.PodDisruptionBudget) field.ErrorList {
	path, spec := field.NewPath("spec"), &b.Spec
	var errs field.ErrorList
	if spec.MinAvailable != nil && spec.MaxUnavailable != nil {
		errs = append(errs, field.Invalid(path, internalform.Of(*spec), "minAvailable and maxUnavailable cannot be both set"))
	}
	if spec.MinAvailable != nil {
		errs = append(errs, validateIntOrPercent(*spec.MinAvailable, path.Child("minAvailable"))...)
		errs = append(errs, validateAtMostAll(*spec.MinAvailable, path.Child("minAvailable"))...)
	}
	if spec.MaxUnavailable != nil {
		errs = append(errs, validateIntOrPercent(*spec.MaxUnavailable, path.Child("maxUnavailable"))...)
		errs = append(errs, validateAtMostAll(*spec.MaxUnavailable, path.Child("maxUnavailable"))...)
	}
	errs = append(errs, validateSelector(spec.Selector, path.Child("selector"))...)
	if policy := spec.UnhealthyPodEvictionPolicy; policy != nil {
		errs = append(errs, validateOneOf(path.Child("unhealthyPodEvictionPolicy"), *policy,
			policyv1.AlwaysAllow, policyv1.IfHealthyBudget)...)
	}
	return errs
}

func validatePodDisruptionBudgetStatus(b, _ *policyv1.PodDisruptionBudget) field.ErrorList {
	path, status := field.NewPath("status"), &b.Status
	errs := metavalidation.ValidateConditions(status.Conditions, path.Child("conditions"))
	return append(errs, validateCounts(path,
		count{"disruptionsAllowed", int64(status.DisruptionsAllowed)},
		count{"currentHealthy", int64(status.CurrentHealthy)},
		count{"desiredHealthy", int64(status.DesiredHealthy)},
		count{"expectedPods", int64(status.ExpectedPods)},
	)...)
}
