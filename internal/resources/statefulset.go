package resources

import (
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/internalform"
	"github.com/kubejig/kubejig/internal/podspec"
)

func statefulSet() *Kind {
	return define(Definition[*appsv1.StatefulSet]{
		Name: "StatefulSet", Resource: "statefulsets", ShortNames: []string{"sts"}, Categories: []string{"all"},
		Version:          appsv1.SchemeGroupVersion,
		Default:          defaultStatefulSet,
		Spec:             func(s *appsv1.StatefulSet) any { return &s.Spec },
		PrepareForCreate: func(s *appsv1.StatefulSet) { podspec.DropDisabledFields(&s.Spec.Template) },
		PrepareForUpdate: func(s, _ *appsv1.StatefulSet) { podspec.DropDisabledFields(&s.Spec.Template) },
		ValidateName:     apivalidation.NameIsDNSLabel,
		Validate:         validateStatefulSet,
		ValidateUpdate:   validateStatefulSetUpdate,
		Warnings:         statefulSetWarnings,
		Status: &Status[*appsv1.StatefulSet]{
			Copy:     func(to, from *appsv1.StatefulSet) { to.Status = *from.Status.DeepCopy() },
			Validate: validateStatefulSetStatus,
		},
		Replicas: &Replicas[*appsv1.StatefulSet]{
			Get: func(s *appsv1.StatefulSet) (int32, int32, string) {
				return ptr.Deref(s.Spec.Replicas, 0), s.Status.Replicas, scaleSelector(s.Spec.Selector)
			},
			Set: func(s *appsv1.StatefulSet, n int32) { s.Spec.Replicas = &n },
		},
		Columns: append([]metav1.TableColumnDefinition{
			NameColumn(),
			Column("Ready", "Number of the pod with ready state"),
			AgeColumn(),
		}, containerColumns()...),
		Row: func(s *appsv1.StatefulSet, now time.Time) []any {
			names, images := containerCells(s.Spec.Template.Spec.Containers)
			ready := fmt.Sprintf("%d/%d", s.Status.ReadyReplicas, ptr.Deref(s.Spec.Replicas, 0))
			return []any{s.Name, ready, Age(s.CreationTimestamp, now), names, images}
		},
	})
}

func defaultStatefulSet(s *appsv1.StatefulSet) {
	podspec.SetTemplateDefaults(&s.Spec.Template)
	setIfZero(&s.Spec.PodManagementPolicy, appsv1.OrderedReadyPodManagement)
	strategy := &s.Spec.UpdateStrategy
	if strategy.Type == "" {
		strategy.Type = appsv1.RollingUpdateStatefulSetStrategyType
		setDefault(&strategy.RollingUpdate, appsv1.RollingUpdateStatefulSetStrategy{})
	}
	if strategy.RollingUpdate != nil {
		setDefault(&strategy.RollingUpdate.Partition, 0)
		if strategy.Type == appsv1.RollingUpdateStatefulSetStrategyType {
			setDefault(&strategy.RollingUpdate.MaxUnavailable, intstr.FromInt32(1))
		}
	}
	setDefault(&s.Spec.PersistentVolumeClaimRetentionPolicy, appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{})
	setIfZero(&s.Spec.PersistentVolumeClaimRetentionPolicy.WhenDeleted, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)
	setIfZero(&s.Spec.PersistentVolumeClaimRetentionPolicy.WhenScaled, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)
	setDefault(&s.Spec.Replicas, 1)
	setDefault(&s.Spec.RevisionHistoryLimit, 10)
	for i := range s.Spec.VolumeClaimTemplates {
		claim := &s.Spec.VolumeClaimTemplates[i]
		claim.SetGroupVersionKind(coreKind("PersistentVolumeClaim"))
		defaultPersistentVolumeClaim(claim)
	}
}

func validateStatefulSet(s *appsv1.StatefulSet) field.ErrorList {
	spec, path := &s.Spec, field.NewPath("spec")
	errs := validateStatefulSetPolicies(spec, path)
	for i := range spec.VolumeClaimTemplates {
		claim := &spec.VolumeClaimTemplates[i]
		errs = append(errs, podspec.ValidatePersistentVolumeClaimSpec(&claim.Spec, nil, path.Child("volumeClaimTemplates").Index(i).Child("spec"))...)
	}
	errs = append(errs, validateStatefulSetCounts(spec, path)...)
	if spec.ServiceName != "" {
		errs = append(errs, validateAsName(path.Child("serviceName"), spec.ServiceName, apivalidation.NameIsDNSLabel)...)
	}
	return append(errs, validateStatefulSetTemplate(spec, path)...)
}

// validateStatefulSetUpdate checks what can change, and that nothing else did.
func validateStatefulSetUpdate(s, old *appsv1.StatefulSet) field.ErrorList {
	spec, before, path := &s.Spec, &old.Spec, field.NewPath("spec")
	errs := validateStatefulSetPolicies(spec, path)
	errs = append(errs, validateStatefulSetCounts(spec, path)...)
	errs = append(errs, validateStatefulSetTemplate(spec, path)...)
	errs = append(errs, apivalidation.ValidateImmutableField(spec.Selector, before.Selector, path.Child("selector"))...)
	if claims := spec.VolumeClaimTemplates; !equality.Semantic.DeepEqual(claims, before.VolumeClaimTemplates) {
		errs = append(errs, field.Invalid(path.Child("volumeClaimTemplates"), internalform.Of(claims), apivalidation.FieldImmutableErrorMsg))
	}
	errs = append(errs, apivalidation.ValidateImmutableField(spec.ServiceName, before.ServiceName, path.Child("serviceName"))...)
	return append(errs, apivalidation.ValidateImmutableField(spec.PodManagementPolicy, before.PodManagementPolicy, path.Child("podManagementPolicy"))...)
}

func validateStatefulSetPolicies(spec *appsv1.StatefulSetSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	switch policy := path.Child("podManagementPolicy"); spec.PodManagementPolicy {
	case appsv1.OrderedReadyPodManagement, appsv1.ParallelPodManagement:
	case "":
		errs = append(errs, field.Required(policy, ""))
	default:
		errs = append(errs, field.Invalid(policy, spec.PodManagementPolicy, "must be 'OrderedReady' or 'Parallel'"))
	}
	errs = append(errs, validateStatefulSetStrategy(&spec.UpdateStrategy, path.Child("updateStrategy"))...)
	return append(errs, validateClaimRetention(spec.PersistentVolumeClaimRetentionPolicy, path.Child("persistentVolumeClaimRetentionPolicy"))...)
}

func validateStatefulSetCounts(spec *appsv1.StatefulSetSpec, path *field.Path) field.ErrorList {
	errs := validateCounts(path, optionalCount("replicas", spec.Replicas), count{"minReadySeconds", int64(spec.MinReadySeconds)})
	if spec.Ordinals != nil {
		errs = append(errs, validateCounts(path, count{"ordinals.start", int64(spec.Ordinals.Start)})...)
	}
	return errs
}

func validateStatefulSetTemplate(spec *appsv1.StatefulSetSpec, path *field.Path) field.ErrorList {
	errs := validateRequiredSelector("statefulset", spec.Selector, path.Child("selector"))
	selector, err := metav1.LabelSelectorAsSelector(spec.Selector)
	if err != nil {
		return append(errs, field.Invalid(path.Child("selector"), spec.Selector, ""))
	}
	return append(errs, validateRunningTemplate("StatefulSet", podsOf(spec), selector, path.Child("template"))...)
}

// podsOf is the pod template as pods will have it: with the volumes of the
// claims made for them, which take the place of volumes of the same name, and
// with names that the controller will give.
func podsOf(spec *appsv1.StatefulSetSpec) *corev1.PodTemplateSpec {
	template := spec.Template
	template.Spec.Hostname, template.Spec.Subdomain = "", ""
	claims := map[string]bool{}
	template.Spec.Volumes = nil
	for i := range spec.VolumeClaimTemplates {
		name := spec.VolumeClaimTemplates[i].Name
		if claims[name] {
			continue
		}
		claims[name] = true
		template.Spec.Volumes = append(template.Spec.Volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: name},
		}})
	}
	for _, v := range spec.Template.Spec.Volumes {
		if !claims[v.Name] {
			template.Spec.Volumes = append(template.Spec.Volumes, v)
		}
	}
	return &template
}

func validateStatefulSetStrategy(s *appsv1.StatefulSetUpdateStrategy, path *field.Path) field.ErrorList {
	rolling := path.Child("rollingUpdate")
	switch {
	case s.Type == "":
		return field.ErrorList{field.Required(path, "")}
	case s.Type == appsv1.OnDeleteStatefulSetStrategyType && s.RollingUpdate != nil:
		return field.ErrorList{field.Invalid(rolling, internalform.Of(s.RollingUpdate), "only allowed for updateStrategy 'RollingUpdate'")}
	case s.Type != appsv1.OnDeleteStatefulSetStrategyType && s.Type != appsv1.RollingUpdateStatefulSetStrategyType:
		return field.ErrorList{field.Invalid(path, internalform.Of(s), "must be 'RollingUpdate' or 'OnDelete'")}
	case s.RollingUpdate == nil:
		return nil
	}
	errs := validateCounts(rolling, optionalCount("partition", s.RollingUpdate.Partition))
	if unavailable := s.RollingUpdate.MaxUnavailable; unavailable != nil {
		path := rolling.Child("maxUnavailable")
		errs = append(errs, validateIntOrPercent(*unavailable, path)...)
		if isNone(*unavailable) {
			errs = append(errs, field.Invalid(path, *unavailable, "cannot be 0"))
		}
		errs = append(errs, validateAtMostAll(*unavailable, path)...)
	}
	return errs
}

func validateClaimRetention(p *appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy, path *field.Path) field.ErrorList {
	if p == nil {
		return nil
	}
	const retain, remove = appsv1.RetainPersistentVolumeClaimRetentionPolicyType, appsv1.DeletePersistentVolumeClaimRetentionPolicyType
	errs := validateOneOf(path.Child("whenDeleted"), p.WhenDeleted, retain, remove)
	return append(errs, validateOneOf(path.Child("whenScaled"), p.WhenScaled, retain, remove)...)
}

func validateStatefulSetStatus(s, old *appsv1.StatefulSet) field.ErrorList {
	path, status := field.NewPath("status"), &s.Status
	available := count{"availableReplicas", int64(status.AvailableReplicas)}
	counts := []count{{"readyReplicas", int64(status.ReadyReplicas)}, {"currentReplicas", int64(status.CurrentReplicas)},
		{"updatedReplicas", int64(status.UpdatedReplicas)}, available}
	errs := validateCounts(path, count{"replicas", int64(status.Replicas)})
	errs = append(errs, validateCounts(path, counts...)...)
	errs = append(errs, validateCounts(path, count{"observedGeneration", status.ObservedGeneration}, optionalCount("collisionCount", status.CollisionCount))...)
	errs = append(errs, validateAtMost(path, int64(status.Replicas), "cannot be greater than status.replicas", counts...)...)
	errs = append(errs, validateAtMost(path, int64(status.ReadyReplicas), "cannot be greater than status.readyReplicas", available)...)
	return append(errs, validateNotDecremented(path.Child("collisionCount"), status.CollisionCount, old.Status.CollisionCount)...)
}

func statefulSetWarnings(s, old *appsv1.StatefulSet) []string {
	path := field.NewPath("spec")
	var warnings []string
	if old == nil || s.Generation != old.Generation {
		warnings = podspec.TemplateWarnings(&s.Spec.Template, path.Child("template"))
	}
	for i := range s.Spec.VolumeClaimTemplates {
		at := path.Child("volumeClaimTemplates").Index(i)
		if old != nil {
			at = at.Child("Spec")
		}
		warnings = append(warnings, podspec.ClaimWarnings(&s.Spec.VolumeClaimTemplates[i].Spec, at)...)
	}
	if limit := s.Spec.RevisionHistoryLimit; limit != nil && *limit < 0 {
		warnings = append(warnings, "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended")
	}
	return warnings
}
