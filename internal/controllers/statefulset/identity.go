package statefulset

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
)

// splitName is the set's name and the ordinal in the name of a pod; -1 where
// there is none.
func splitName(pod string) (set string, ordinal int) {
	i := strings.LastIndexByte(pod, '-')
	if i < 0 {
		return "", -1
	}
	n, err := strconv.ParseUint(pod[i+1:], 10, 31)
	if err != nil {
		return "", -1
	}
	return pod[:i], int(n)
}

// isMember reports whether a pod has a name that a set gives.
func isMember(set *appsv1.StatefulSet, pod *corev1.Pod) bool {
	name, ordinal := splitName(pod.Name)
	return ordinal >= 0 && name == set.Name
}

func ordinal(pod *corev1.Pod) int {
	_, n := splitName(pod.Name)
	return n
}

func podName(set *appsv1.StatefulSet, ordinal int) string {
	return fmt.Sprintf("%s-%d", set.Name, ordinal)
}

// start is the ordinal of the first pod.
func start(set *appsv1.StatefulSet) int {
	if set.Spec.Ordinals == nil {
		return 0
	}
	return int(set.Spec.Ordinals.Start)
}

func size(set *appsv1.StatefulSet) int { return int(ptr.Deref(set.Spec.Replicas, 1)) }

// wanted reports whether a set should have a pod.
func wanted(set *appsv1.StatefulSet, pod *corev1.Pod) bool {
	i := ordinal(pod) - start(set)
	return i >= 0 && i < size(set)
}

// sort puts pods into their places.
func (r *rollout) sort(pods []*corev1.Pod) {
	r.replicas = make([]*corev1.Pod, size(r.set))
	for _, pod := range pods {
		if wanted(r.set, pod) {
			r.replicas[ordinal(pod)-start(r.set)] = pod
		} else {
			r.condemned = append(r.condemned, pod)
		}
	}
	slices.SortStableFunc(r.condemned, func(a, b *corev1.Pod) int { return cmp.Compare(ordinal(b), ordinal(a)) })
}

// newPod is the pod at a place in the row.
func (r *rollout) newPod(i int) *corev1.Pod {
	revision, template := r.revisions.update, r.updateTemplate
	if r.keepsCurrent(i) {
		revision, template = r.current, r.currentTemplate
	}
	pod := podcontrol.FromTemplate(template, r.set, gvk)
	pod.Name = podName(r.set, start(r.set)+i)
	pod.Spec.Hostname = pod.Name
	pod.Spec.Subdomain = r.set.Spec.ServiceName
	identify(r.set, pod)
	useClaims(r.set, pod)
	pod.Labels[appsv1.StatefulSetRevisionLabel] = revision.Name
	return pod
}

// keepsCurrent reports whether a new pod at a place gets the revision from
// before the update that is under way.
func (r *rollout) keepsCurrent(i int) bool {
	strategy := r.set.Spec.UpdateStrategy
	if strategy.Type != appsv1.RollingUpdateStatefulSetStrategyType {
		return false
	}
	if strategy.RollingUpdate == nil {
		return i < int(r.set.Status.CurrentReplicas)
	}
	return i < partition(r.set)
}

// partition is the first place that takes part in an update.
func partition(set *appsv1.StatefulSet) int {
	if rolling := set.Spec.UpdateStrategy.RollingUpdate; rolling != nil {
		return int(ptr.Deref(rolling.Partition, 0))
	}
	return 0
}

// identify labels a pod with its name and place.
func identify(set *appsv1.StatefulSet, pod *corev1.Pod) {
	if pod.Labels == nil {
		pod.Labels = map[string]string{}
	}
	pod.Labels[appsv1.StatefulSetPodNameLabel] = pod.Name
	pod.Labels[appsv1.PodIndexLabel] = strconv.Itoa(ordinal(pod))
}

func identified(pod *corev1.Pod) bool {
	return pod.Labels[appsv1.StatefulSetPodNameLabel] == pod.Name &&
		pod.Labels[appsv1.PodIndexLabel] == strconv.Itoa(ordinal(pod))
}

func revisionOf(pod *corev1.Pod) string { return pod.Labels[appsv1.StatefulSetRevisionLabel] }
