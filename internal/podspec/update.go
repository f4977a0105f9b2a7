package podspec

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/internalform"
)

// updatableFields is how messages list what [ValidatePodUpdate] lets change.
var updatableFields = strings.Join([]string{
	"`spec.containers[*].image`",
	"`spec.initContainers[*].image`",
	"`spec.activeDeadlineSeconds`",
	"`spec.tolerations` (only additions to existing tolerations)",
	"`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
}, ",")

// ValidatePodUpdate validates a change of a pod, after [PrepareForUpdate]: almost
// all of a pod's spec is immutable.
func ValidatePodUpdate(newPod, oldPod *corev1.Pod) field.ErrorList {
	metadata, spec := field.NewPath("metadata"), field.NewPath("spec")
	errs := validatePod(newPod)
	errs = append(errs, validateAnnotationUpdate(newPod, oldPod, metadata.Child("annotations"))...)

	for _, list := range []struct {
		name         string
		newer, older []corev1.Container
	}{
		{"containers", newPod.Spec.Containers, oldPod.Spec.Containers},
		{"initContainers", newPod.Spec.InitContainers, oldPod.Spec.InitContainers},
	} {
		if len(list.newer) != len(list.older) {
			return append(errs, field.Forbidden(spec.Child(list.name), "pod updates may not add or remove containers"))
		}
	}
	deadlineErrs, stop := validateDeadlineUpdate(newPod.Spec.ActiveDeadlineSeconds, oldPod.Spec.ActiveDeadlineSeconds, spec.Child("activeDeadlineSeconds"))
	errs = append(errs, deadlineErrs...)
	if stop {
		return errs
	}
	errs = append(errs, validateTolerationsAdded(newPod.Spec.Tolerations, oldPod.Spec.Tolerations, spec.Child("tolerations"))...)
	errs = append(errs, validateGatesDeleted(newPod.Spec.SchedulingGates, oldPod.Spec.SchedulingGates, spec.Child("schedulingGates"))...)
	if newPod.Generation == oldPod.Generation {
		return errs // PrepareForUpdate has found the specs equal
	}
	return append(errs, validateOnlyMutable(&newPod.Spec, &oldPod.Spec, spec)...)
}

// validateDeadlineUpdate lets a deadline be set or brought forward. stop asks
// to report nothing further.
func validateDeadlineUpdate(newer, older *int64, path *field.Path) (errs field.ErrorList, stop bool) {
	switch {
	case newer == nil && older == nil:
		return nil, false
	case newer == nil:
		return field.ErrorList{field.Invalid(path, newer, "must not update from a positive integer to nil value")}, false
	case *newer < 0 || *newer > math.MaxInt32:
		return field.ErrorList{field.Invalid(path, *newer, validation.InclusiveRangeError(0, math.MaxInt32))}, true
	case older != nil && *older < *newer:
		return field.ErrorList{field.Invalid(path, *newer, "must be less than or equal to previous value")}, true
	}
	return nil, false
}

// validateGatesDeleted lets scheduling gates only go.
func validateGatesDeleted(newer, older []corev1.PodSchedulingGate, path *field.Path) field.ErrorList {
	existed := sets.New[corev1.PodSchedulingGate](older...)
	var errs field.ErrorList
	for i, gate := range newer {
		if !existed.Has(gate) {
			errs = append(errs, field.Forbidden(path.Index(i).Child("name"),
				fmt.Sprintf("only deletion is allowed, but found new scheduling gate '%s'", gate.Name)))
		}
	}
	return errs
}

// validateOnlyMutable puts the old values into the fields that may change, and
// requires the specs to be equal then.
func validateOnlyMutable(newer, older *corev1.PodSpec, path *field.Path) field.ErrorList {
	masked := newer.DeepCopy()
	for i := range masked.Containers {
		masked.Containers[i].Image = older.Containers[i].Image
	}
	for i := range masked.InitContainers {
		masked.InitContainers[i].Image = older.InitContainers[i].Image
	}
	if len(masked.InitContainers) == 0 {
		masked.InitContainers = nil // messages do not tell none from an empty list
	}
	masked.ActiveDeadlineSeconds = older.ActiveDeadlineSeconds
	masked.SchedulingGates = older.SchedulingGates
	masked.Tolerations = older.Tolerations
	if grace := masked.TerminationGracePeriodSeconds; grace != nil && *grace == 1 &&
		older.TerminationGracePeriodSeconds != nil && *older.TerminationGracePeriodSeconds < 0 {
		masked.TerminationGracePeriodSeconds = older.TerminationGracePeriodSeconds
	}
	var errs field.ErrorList
	if len(older.SchedulingGates) > 0 {
		errs = append(errs, narrowGatedPod(masked, older, path)...)
	}
	if !equality.Semantic.DeepEqual(masked, older) {
		errs = append(errs, field.Forbidden(path, fmt.Sprintf("pod updates may not change fields other than %s\n%v",
			updatableFields, internalform.Diff(older, masked))))
	}
	return errs
}

// narrowGatedPod lets the choice of nodes become narrower while the scheduler
// does not look at the pod yet, and puts the old one into masked.
func narrowGatedPod(masked, older *corev1.PodSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if !equality.Semantic.DeepEqual(masked.NodeSelector, older.NodeSelector) {
		errs = append(errs, validateNodeSelectorAdded(masked.NodeSelector, older.NodeSelector, path.Child("nodeSelector"))...)
		masked.NodeSelector = older.NodeSelector
	}
	newAffinity, oldAffinity := nodeAffinity(masked), nodeAffinity(older)
	if equality.Semantic.DeepEqual(newAffinity, oldAffinity) {
		return errs
	}
	errs = append(errs, validateNodeAffinityNarrowed(newAffinity, oldAffinity, path.Child("affinity", "nodeAffinity"))...)
	if masked.Affinity == nil {
		masked.Affinity = &corev1.Affinity{}
	}
	masked.Affinity.NodeAffinity = oldAffinity
	if older.Affinity == nil && *masked.Affinity == (corev1.Affinity{}) {
		masked.Affinity = nil
	}
	return errs
}

func nodeAffinity(spec *corev1.PodSpec) *corev1.NodeAffinity {
	if spec.Affinity == nil {
		return nil
	}
	return spec.Affinity.NodeAffinity
}

func validateNodeSelectorAdded(newer, older map[string]string, path *field.Path) field.ErrorList {
	kept := maps.Clone(newer)
	maps.DeleteFunc(kept, func(key, _ string) bool { _, existed := older[key]; return !existed })
	if maps.Equal(kept, older) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, newer, "only additions to spec.nodeSelector are allowed (no mutations or deletions)")}
}

func validateNodeAffinityNarrowed(newer, older *corev1.NodeAffinity, path *field.Path) field.ErrorList {
	oldTerms, newTerms := requiredNodeTerms(older), requiredNodeTerms(newer)
	if len(oldTerms) == 0 {
		return nil
	}
	terms := path.Child(requiredTerms, "nodeSelectorTerms")
	if len(oldTerms) != len(newTerms) {
		return field.ErrorList{field.Invalid(terms, internalform.Of(newTerms), "no additions/deletions to non-empty NodeSelectorTerms list are allowed")}
	}
	var errs field.ErrorList
	for i := range oldTerms {
		if !extendsTerm(&newTerms[i], &oldTerms[i]) {
			errs = append(errs, field.Invalid(terms.Index(i), internalform.Of(newTerms[i]), "only additions are allowed (no mutations or deletions)"))
		}
	}
	return errs
}

func requiredNodeTerms(affinity *corev1.NodeAffinity) []corev1.NodeSelectorTerm {
	if affinity == nil || affinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return nil
	}
	return affinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
}

// extendsTerm reports whether newer has all requirements of older and perhaps
// more. An empty term matches no node, so adding to it would widen the choice.
func extendsTerm(newer, older *corev1.NodeSelectorTerm) bool {
	if len(older.MatchExpressions)+len(older.MatchFields) == 0 {
		return len(newer.MatchExpressions)+len(newer.MatchFields) == 0
	}
	return extends(newer.MatchExpressions, older.MatchExpressions) && extends(newer.MatchFields, older.MatchFields)
}

func extends(newer, older []corev1.NodeSelectorRequirement) bool {
	return len(newer) >= len(older) && slices.EqualFunc(newer[:len(older)], older, func(a, b corev1.NodeSelectorRequirement) bool {
		return equality.Semantic.DeepEqual(a, b)
	})
}

// ValidatePodEphemeralContainersUpdate validates a change through the
// ephemeralcontainers subresource, after [PrepareForEphemeralContainersUpdate]:
// ephemeral containers can be added, never changed or removed.
func ValidatePodEphemeralContainersUpdate(newPod, oldPod *corev1.Pod) field.ErrorList {
	if isMirrorPod(&oldPod.ObjectMeta) {
		return field.ErrorList{field.Forbidden(field.NewPath(""), "static pods do not support ephemeral containers")}
	}
	metadata, path := field.NewPath("metadata"), field.NewPath("spec", "ephemeralContainers")
	errs := validatePod(newPod)
	errs = append(errs, validateAnnotationUpdate(newPod, oldPod, metadata.Child("annotations"))...)

	newer := map[string]corev1.EphemeralContainer{}
	for _, c := range newPod.Spec.EphemeralContainers {
		newer[c.Name] = c
	}
	for _, old := range oldPod.Spec.EphemeralContainers {
		c, found := newer[old.Name]
		switch {
		case !found:
			errs = append(errs, field.Forbidden(path, fmt.Sprintf("existing ephemeral containers %q may not be removed\n", old.Name)))
		case !equality.Semantic.DeepEqual(old, c):
			errs = append(errs, field.Forbidden(path, fmt.Sprintf("existing ephemeral containers %q may not be changed\n%v", old.Name, internalform.Diff(old, c))))
		}
	}
	return errs
}
