package podspec

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/equality"
)

// PrepareForCreate makes a defaulted pod one that nothing has happened to yet:
// its status is reset and what depends on its labels is worked into its spec.
func PrepareForCreate(pod *corev1.Pod) {
	pod.Generation = 1
	pod.Status = corev1.PodStatus{Phase: corev1.PodPending}
	dropDisabledFields(&pod.ObjectMeta, &pod.Spec)
	dropEmptySources(pod.Spec.Volumes)
	if len(pod.Spec.SchedulingGates) > 0 {
		pod.Status.Conditions = []corev1.PodCondition{{
			Type:    corev1.PodScheduled,
			Status:  corev1.ConditionFalse,
			Reason:  corev1.PodReasonSchedulingGated,
			Message: "Scheduling is blocked due to non-empty scheduling gates",

			LastTransitionTime: pod.CreationTimestamp,
		}}
	}
	extendSelectors(pod)
	completePodResources(pod)
	pod.Status.QOSClass = ComputeQOSClass(pod)
}

// PrepareForUpdate keeps the status, and the pod's own resources for clients that
// do not know them, and counts changes of the spec.
func PrepareForUpdate(newPod, oldPod *corev1.Pod) {
	newPod.Status = *oldPod.Status.DeepCopy()
	keepPodResources(newPod, oldPod)
	dropDisabledFields(&newPod.ObjectMeta, &newPod.Spec)
	countGeneration(newPod, oldPod)
}

// PrepareForStatusUpdate keeps all but the status. The QoS class and the
// generations that conditions were observed at survive writers that do not know
// them.
func PrepareForStatusUpdate(newPod, oldPod *corev1.Pod) {
	newPod.Spec = *oldPod.Spec.DeepCopy()
	newPod.DeletionTimestamp = nil
	newPod.OwnerReferences = oldPod.DeepCopy().OwnerReferences
	setIfZero(&newPod.Status.QOSClass, oldPod.Status.QOSClass)
	syncPodIPs(&newPod.Status)
	keepClaimStatuses(&newPod.Status, oldPod.Status.DeepCopy())
	keepObservedGenerations(&newPod.Status, &oldPod.Status)
	dropDisabledStatusFields(&newPod.Status)
}

// keepClaimStatuses keeps what became of resource claims for clients that do not
// know it. They can clear it by an empty list.
func keepClaimStatuses(newer, older *corev1.PodStatus) {
	if newer.ResourceClaimStatuses == nil {
		newer.ResourceClaimStatuses = older.ResourceClaimStatuses
	}
	if newer.ExtendedResourceClaimStatus == nil {
		newer.ExtendedResourceClaimStatus = older.ExtendedResourceClaimStatus
	}
}

func keepObservedGenerations(newer, older *corev1.PodStatus) {
	setIfZero(&newer.ObservedGeneration, older.ObservedGeneration)
	// Conditions of one type may occur several times and correspond in order.
	generations := map[corev1.PodConditionType][]int64{}
	for _, c := range older.Conditions {
		generations[c.Type] = append(generations[c.Type], c.ObservedGeneration)
	}
	for i := range newer.Conditions {
		c := &newer.Conditions[i]
		if left := generations[c.Type]; len(left) > 0 {
			setIfZero(&c.ObservedGeneration, left[0])
			generations[c.Type] = left[1:]
		}
	}
}

// PrepareForEphemeralContainersUpdate keeps all but the ephemeral containers.
func PrepareForEphemeralContainersUpdate(newPod, oldPod *corev1.Pod) {
	containers := newPod.Spec.EphemeralContainers
	keepAll(newPod, oldPod)
	newPod.Spec.EphemeralContainers = containers
	dropDisabledFields(&newPod.ObjectMeta, &newPod.Spec)
	countGeneration(newPod, oldPod)
}

// PrepareForResize keeps all but resources and resize policies. If containers
// were added, removed, renamed or reordered, their lists are left for
// [ValidatePodResize] to reject.
func PrepareForResize(newPod, oldPod *corev1.Pod) {
	if len(newPod.Spec.Containers) == len(oldPod.Spec.Containers) && len(newPod.Spec.InitContainers) == len(oldPod.Spec.InitContainers) {
		written := newPod.Spec
		keepAll(newPod, oldPod)
		newPod.Spec.Resources = written.Resources
		newPod.Spec.Containers = resized(written.Containers, newPod.Spec.Containers)
		newPod.Spec.InitContainers = resized(written.InitContainers, newPod.Spec.InitContainers)
	}
	keepPodResources(newPod, oldPod)
	completePodResources(newPod)
	dropDisabledFields(&newPod.ObjectMeta, &newPod.Spec)
	countGeneration(newPod, oldPod)
}

// keepPodResources keeps a pod's own resources for clients that do not know them.
func keepPodResources(newPod, oldPod *corev1.Pod) {
	if newPod.Spec.Resources == nil {
		newPod.Spec.Resources = oldPod.Spec.Resources.DeepCopy()
	}
}

// resized returns kept with the resources in written.
func resized(written, kept []corev1.Container) []corev1.Container {
	for i := range written {
		if written[i].Name != kept[i].Name {
			return written
		}
	}
	for i := range written {
		kept[i].Resources = written[i].Resources
		kept[i].ResizePolicy = written[i].ResizePolicy
	}
	return kept
}

func keepAll(newPod, oldPod *corev1.Pod) {
	older := oldPod.DeepCopy()
	newPod.Spec = older.Spec
	newPod.Status = older.Status
	metav1.ResetObjectMetaForStatus(&newPod.ObjectMeta, &older.ObjectMeta)
}

func countGeneration(newPod, oldPod *corev1.Pod) {
	newPod.Generation = oldPod.Generation
	if !equality.Semantic(&newPod.Spec, &oldPod.Spec) {
		newPod.Generation++
	}
}

// DeletionGracePeriodSeconds returns how long a pod has to end once deleted:
// requested, if that is not nil, or what its spec says. It is 0 for pods that
// do not run, and never negative.
func DeletionGracePeriodSeconds(pod *corev1.Pod, requested *int64) int64 {
	period := int64(0)
	switch {
	case requested != nil:
		period = *requested
	case pod.Spec.TerminationGracePeriodSeconds != nil:
		period = *pod.Spec.TerminationGracePeriodSeconds
	}
	ended := pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded
	switch {
	case pod.Spec.NodeName == "" || ended:
		return 0
	case period < 0:
		return 1
	default:
		return period
	}
}

// extendSelectors adds the pod's own label values to selectors that ask for
// them by key.
func extendSelectors(pod *corev1.Pod) {
	for i := range pod.Spec.TopologySpreadConstraints {
		c := &pod.Spec.TopologySpreadConstraints[i]
		extendSelector(c.LabelSelector, c.MatchLabelKeys, metav1.LabelSelectorOpIn, pod.Labels)
	}
	if pod.Spec.Affinity == nil {
		return
	}
	if a := pod.Spec.Affinity.PodAffinity; a != nil {
		extendAffinityTerms(a.RequiredDuringSchedulingIgnoredDuringExecution, a.PreferredDuringSchedulingIgnoredDuringExecution, pod.Labels)
	}
	if a := pod.Spec.Affinity.PodAntiAffinity; a != nil {
		extendAffinityTerms(a.RequiredDuringSchedulingIgnoredDuringExecution, a.PreferredDuringSchedulingIgnoredDuringExecution, pod.Labels)
	}
}

func extendAffinityTerms(required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm, labels map[string]string) {
	extend := func(term *corev1.PodAffinityTerm) {
		extendSelector(term.LabelSelector, term.MatchLabelKeys, metav1.LabelSelectorOpIn, labels)
		extendSelector(term.LabelSelector, term.MismatchLabelKeys, metav1.LabelSelectorOpNotIn, labels)
	}
	for i := range required {
		extend(&required[i])
	}
	for i := range preferred {
		extend(&preferred[i].PodAffinityTerm)
	}
}

// extendSelector leaves a nil selector alone: it matches nothing.
func extendSelector(selector *metav1.LabelSelector, keys []string, operator metav1.LabelSelectorOperator, labels map[string]string) {
	for _, key := range keys {
		if value, found := labels[key]; found && selector != nil {
			selector.MatchExpressions = append(selector.MatchExpressions,
				metav1.LabelSelectorRequirement{Key: key, Operator: operator, Values: []string{value}})
		}
	}
}

// TranslateAppArmor fills the fields of a new pod that its containers' AppArmor
// annotations precede, and warns of the annotations.
func TranslateAppArmor(pod *corev1.Pod) []string {
	if isOS(&pod.Spec, corev1.Windows) {
		return nil
	}
	var warnings []string
	VisitContainers(&pod.Spec, nil, func(c *corev1.Container, _ *field.Path) {
		key := corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + c.Name
		annotation, found := pod.Annotations[key]
		if !found || c.SecurityContext != nil && c.SecurityContext.AppArmorProfile != nil {
			return
		}
		profile := appArmorFromName(annotation)
		if len(validateAppArmorProfile(profile, &field.Path{})) > 0 {
			profile = nil
		}
		if profile != nil {
			if equality.Semantic(profile, appArmorProfileOf(c, &pod.Spec)) {
				return
			}
			if c.SecurityContext == nil {
				c.SecurityContext = &corev1.SecurityContext{}
			}
			c.SecurityContext.AppArmorProfile = profile
		}
		warnings = append(warnings, appArmorWarning(field.NewPath("metadata", "annotations").Key(key)))
	})
	return warnings
}
