package quota

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/kubejig/kubejig/internal/podspec"
)

// computeNames limit what pods ask for and may take.
var computeNames = []corev1.ResourceName{
	corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage,
	corev1.ResourceRequestsCPU, corev1.ResourceRequestsMemory, corev1.ResourceRequestsEphemeralStorage,
	corev1.ResourceLimitsCPU, corev1.ResourceLimitsMemory, corev1.ResourceLimitsEphemeralStorage,
}

// requiredNames must be set by each container, or by the pod as a whole, where a
// quota limits them.
var requiredNames = []corev1.ResourceName{
	corev1.ResourceCPU, corev1.ResourceMemory,
	corev1.ResourceRequestsCPU, corev1.ResourceRequestsMemory,
	corev1.ResourceLimitsCPU, corev1.ResourceLimitsMemory,
}

const (
	podCount      = corev1.ResourceName("count/pods")
	limitsPrefix  = "limits."
	requestPrefix = corev1.DefaultResourceRequestsPrefix
)

// CountsPod reports whether a pod still uses anything: one that has ended is
// only counted.
func CountsPod(pod *corev1.Pod) bool {
	return pod.Status.Phase != corev1.PodFailed && pod.Status.Phase != corev1.PodSucceeded
}

func podUsage(used corev1.ResourceList, pod *corev1.Pod) {
	if !CountsPod(pod) {
		delete(used, corev1.ResourcePods)
		return
	}
	for name, q := range resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{}) {
		used[requestPrefix+name] = q
		if slices.Contains(computeNames, name) || strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix) {
			used[name] = q
		}
	}
	for name, q := range resourcehelper.PodLimits(pod, resourcehelper.PodResourcesOptions{}) {
		if limited := limitsPrefix + name; slices.Contains(computeNames, limited) {
			used[limited] = q
		}
	}
}

// Unspecified says which containers of a pod leave out what a quota limits,
// "" for none: "limits.cpu for: a,b; memory for: b". Those of a pod that asks for
// resources as a whole may leave out everything.
func Unspecified(pod *corev1.Pod, limited []corev1.ResourceName) string {
	if resourcehelper.IsPodLevelResourcesSet(pod) {
		return ""
	}
	lacking := map[corev1.ResourceName][]string{}
	for _, c := range append(slices.Clone(pod.Spec.InitContainers), pod.Spec.Containers...) {
		have := enforced(c.Resources, limited)
		for _, name := range limited {
			if slices.Contains(requiredNames, name) && !have[name] {
				lacking[name] = append(lacking[name], c.Name)
			}
		}
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(lacking)) {
		slices.Sort(lacking[name])
		parts = append(parts, fmt.Sprintf("%s for: %s", name, strings.Join(lacking[name], ",")))
	}
	return strings.Join(parts, "; ")
}

// enforced are the limited names that some requirements set.
func enforced(r corev1.ResourceRequirements, limited []corev1.ResourceName) map[corev1.ResourceName]bool {
	set := map[corev1.ResourceName]bool{}
	for _, name := range limited {
		base, isLimit := strings.CutPrefix(string(name), limitsPrefix)
		list := r.Requests
		if isLimit {
			list = r.Limits
		}
		_, ok := list[corev1.ResourceName(strings.TrimPrefix(base, requestPrefix))]
		set[name] = ok
	}
	return set
}

// bestEffort reports whether a pod asks for nothing at all.
func bestEffort(pod *corev1.Pod) bool { return podspec.QOSClass(pod) == corev1.PodQOSBestEffort }
