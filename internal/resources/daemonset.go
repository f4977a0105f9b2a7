package resources

import (
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/internalform"
	"github.com/kubejig/kubejig/internal/podspec"
)

func daemonSet() *Kind {
	spec, status := appsv1.DaemonSetSpec{}.SwaggerDoc(), appsv1.DaemonSetStatus{}.SwaggerDoc()
	return define(Definition[*appsv1.DaemonSet]{
		Name: "DaemonSet", Resource: "daemonsets", ShortNames: []string{"ds"}, Categories: []string{"all"},
		Version:          appsv1.SchemeGroupVersion,
		Default:          defaultDaemonSet,
		Spec:             func(d *appsv1.DaemonSet) any { return &d.Spec },
		PrepareForCreate: prepareDaemonSet,
		PrepareForUpdate: prepareDaemonSetUpdate,
		Validate:         validateDaemonSet,
		ValidateUpdate:   validateDaemonSetUpdate,
		Warnings: func(d, old *appsv1.DaemonSet) []string {
			if old != nil && templateGeneration(d) == templateGeneration(old) {
				return nil
			}
			return podspec.TemplateWarnings(&d.Spec.Template, field.NewPath("spec", "template"))
		},
		Status: &Status[*appsv1.DaemonSet]{
			Copy:     func(to, from *appsv1.DaemonSet) { to.Status = *from.Status.DeepCopy() },
			Keep:     func(d, old *appsv1.DaemonSet) { setTemplateGeneration(d, templateGeneration(old)) },
			Validate: validateDaemonSetStatus,
		},
		Columns: append(append([]metav1.TableColumnDefinition{
			NameColumn(),
			Integer(Column("Desired", status["desiredNumberScheduled"])),
			Integer(Column("Current", status["currentNumberScheduled"])),
			Integer(Column("Ready", status["numberReady"])),
			Integer(Column("Up-to-date", status["updatedNumberScheduled"])),
			Integer(Column("Available", status["numberAvailable"])),
			Column("Node Selector", corev1.PodSpec{}.SwaggerDoc()["nodeSelector"]),
			AgeColumn(),
		}, containerColumns()...), Wide(Column("Selector", spec["selector"]))),
		Row: func(d *appsv1.DaemonSet, now time.Time) []any {
			names, images := containerCells(d.Spec.Template.Spec.Containers)
			return []any{
				d.Name, int64(d.Status.DesiredNumberScheduled), int64(d.Status.CurrentNumberScheduled), int64(d.Status.NumberReady),
				int64(d.Status.UpdatedNumberScheduled), int64(d.Status.NumberAvailable),
				labels.FormatLabels(d.Spec.Template.Spec.NodeSelector), Age(d.CreationTimestamp, now),
				names, images, metav1.FormatLabelSelector(d.Spec.Selector),
			}
		},
	})
}

func defaultDaemonSet(d *appsv1.DaemonSet) {
	if _, ok := d.Annotations[appsv1.DeprecatedTemplateGeneration]; !ok {
		setTemplateGeneration(d, 0) // whoever writes a daemon set owns the annotation
	}
	podspec.SetTemplateDefaults(&d.Spec.Template)
	strategy := &d.Spec.UpdateStrategy
	setIfZero(&strategy.Type, appsv1.RollingUpdateDaemonSetStrategyType)
	if strategy.Type == appsv1.RollingUpdateDaemonSetStrategyType {
		setDefault(&strategy.RollingUpdate, appsv1.RollingUpdateDaemonSet{})
		setDefault(&strategy.RollingUpdate.MaxUnavailable, intstr.FromInt32(1))
	}
	if strategy.RollingUpdate != nil {
		setDefault(&strategy.RollingUpdate.MaxUnavailable, intstr.FromInt32(0))
		setDefault(&strategy.RollingUpdate.MaxSurge, intstr.FromInt32(0))
	}
	setDefault(&d.Spec.RevisionHistoryLimit, 10)
}

// prepareDaemonSet gives a new daemon set its first template generation, which
// lives in an annotation since it left the spec.
func prepareDaemonSet(d *appsv1.DaemonSet) {
	podspec.DropDisabledFields(&d.Spec.Template)
	setTemplateGeneration(d, max(templateGeneration(d), 1))
}

func prepareDaemonSetUpdate(d, old *appsv1.DaemonSet) {
	podspec.DropDisabledFields(&d.Spec.Template)
	generation := templateGeneration(old)
	if !equality.Semantic.DeepEqual(d.Spec.Template, old.Spec.Template) {
		generation++
	}
	setTemplateGeneration(d, generation)
}

// templateGeneration is 0 if the annotation is missing or no number.
func templateGeneration(d *appsv1.DaemonSet) int64 {
	n, err := strconv.ParseInt(d.Annotations[appsv1.DeprecatedTemplateGeneration], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func setTemplateGeneration(d *appsv1.DaemonSet, n int64) {
	metav1.SetMetaDataAnnotation(&d.ObjectMeta, appsv1.DeprecatedTemplateGeneration, strconv.FormatInt(n, 10))
}

func validateDaemonSet(d *appsv1.DaemonSet) field.ErrorList {
	path, s := field.NewPath("spec"), d.Spec.Selector
	template := path.Child("template")
	errs := validateSelector(s, path.Child("selector"))
	if selector, err := metav1.LabelSelectorAsSelector(s); err == nil && !selector.Matches(labels.Set(d.Spec.Template.Labels)) {
		errs = append(errs, field.Invalid(template.Child("metadata", "labels"), d.Spec.Template.Labels, "`selector` does not match template `labels`"))
	}
	if s != nil && len(s.MatchLabels)+len(s.MatchExpressions) == 0 {
		errs = append(errs, field.Invalid(path.Child("selector"), s, "empty selector is invalid for daemonset"))
	}
	errs = append(errs, podspec.ValidateTemplate(&d.Spec.Template, template)...)
	errs = append(errs, validateRunsForever("DaemonSet", &d.Spec.Template, template)...)
	errs = append(errs, validateCounts(path, count{"minReadySeconds", int64(d.Spec.MinReadySeconds)})...)
	errs = append(errs, validateDaemonSetStrategy(&d.Spec.UpdateStrategy, path.Child("updateStrategy"))...)
	return append(errs, validateCounts(path, optionalCount("revisionHistoryLimit", d.Spec.RevisionHistoryLimit))...)
}

func validateDaemonSetStrategy(s *appsv1.DaemonSetUpdateStrategy, path *field.Path) field.ErrorList {
	path, strategy := path.Child("rollingUpdate"), path
	switch {
	case s.Type == appsv1.OnDeleteDaemonSetStrategyType:
		return nil
	case s.Type != appsv1.RollingUpdateDaemonSetStrategyType:
		return field.ErrorList{field.NotSupported(strategy, internalform.Of(s),
			[]appsv1.DaemonSetUpdateStrategyType{appsv1.RollingUpdateDaemonSetStrategyType, appsv1.OnDeleteDaemonSetStrategyType})}
	case s.RollingUpdate == nil || s.RollingUpdate.MaxUnavailable == nil || s.RollingUpdate.MaxSurge == nil:
		return field.ErrorList{field.Required(path, "")}
	}
	unavailable, surge := *s.RollingUpdate.MaxUnavailable, *s.RollingUpdate.MaxSurge
	errs := validateIntOrPercent(unavailable, path.Child("maxUnavailable"))
	errs = append(errs, validateIntOrPercent(surge, path.Child("maxSurge"))...)
	errs = append(errs, validateAtMostAll(unavailable, path.Child("maxUnavailable"))...)
	errs = append(errs, validateAtMostAll(surge, path.Child("maxSurge"))...)
	switch {
	case !isNone(unavailable) && !isNone(surge):
		errs = append(errs, field.Invalid(path.Child("maxSurge"), surge, "may not be set when maxUnavailable is non-zero"))
	case isNone(unavailable) && isNone(surge):
		errs = append(errs, field.Required(path.Child("maxUnavailable"), "cannot be 0 when maxSurge is 0"))
	}
	return errs
}

func validateDaemonSetUpdate(d, old *appsv1.DaemonSet) field.ErrorList {
	errs := apivalidation.ValidateImmutableField(d.Spec.Selector, old.Spec.Selector, field.NewPath("spec", "selector"))
	return append(errs, validateDaemonSet(d)...)
}

func validateDaemonSetStatus(d, old *appsv1.DaemonSet) field.ErrorList {
	path, s := field.NewPath("status"), &d.Status
	errs := validateCounts(path,
		count{"currentNumberScheduled", int64(s.CurrentNumberScheduled)},
		count{"numberMisscheduled", int64(s.NumberMisscheduled)},
		count{"desiredNumberScheduled", int64(s.DesiredNumberScheduled)},
		count{"numberReady", int64(s.NumberReady)},
		count{"observedGeneration", s.ObservedGeneration},
		count{"updatedNumberScheduled", int64(s.UpdatedNumberScheduled)},
		count{"numberAvailable", int64(s.NumberAvailable)},
		count{"numberUnavailable", int64(s.NumberUnavailable)},
		optionalCount("collisionCount", s.CollisionCount))
	return append(errs, validateNotDecremented(path.Child("collisionCount"), s.CollisionCount, old.Status.CollisionCount)...)
}
