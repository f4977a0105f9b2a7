package describe

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	resourcehelper "k8s.io/component-helpers/resource"
)

// nodePods writes what the pods on a node ask for, each and all together.
func (w *writer) nodePods(node *corev1.Node, pods []*corev1.Pod) {
	room := node.Status.Allocatable
	if len(room) == 0 {
		room = node.Status.Capacity
	}
	w.fieldf("Non-terminated Pods", "(%d in total)", len(pods))
	table := w.in()
	table.heading("Namespace", "Name", "", "CPU Requests", "CPU Limits", "Memory Requests", "Memory Limits", "Age")
	actual := resourcehelper.PodResourcesOptions{UseStatusResources: true}
	for _, pod := range pods {
		requests, limits := resourcehelper.PodRequests(pod, actual), resourcehelper.PodLimits(pod, actual)
		table.row(pod.Namespace, pod.Name, "",
			share(requests.Cpu(), room.Cpu(), (*resource.Quantity).MilliValue),
			share(limits.Cpu(), room.Cpu(), (*resource.Quantity).MilliValue),
			share(requests.Memory(), room.Memory(), (*resource.Quantity).Value),
			share(limits.Memory(), room.Memory(), (*resource.Quantity).Value),
			w.since(pod.CreationTimestamp.Time))
	}
	w.allocated(room, pods)
}

// share is a quantity, and how many percent it is of a node's room.
func share(of, room *resource.Quantity, value func(*resource.Quantity) int64) string {
	return fmt.Sprintf("%s (%d%%)", of.String(), int64(float64(value(of))/float64(value(room))*100))
}

// safeShare is share where a node has no room at all.
func safeShare(of, room resource.Quantity, value func(*resource.Quantity) int64) string {
	if value(&room) == 0 {
		return of.String() + " (0%)"
	}
	return share(&of, &room, value)
}

func (w *writer) allocated(room corev1.ResourceList, pods []*corev1.Pod) {
	table := w.section("Allocated resources")
	table.line("(Total limits may be over 100 percent, i.e., overcommitted.)")
	table.heading("Resource", "Requests", "Limits")
	requests, limits := corev1.ResourceList{}, corev1.ResourceList{}
	for _, pod := range pods {
		addUp(requests, resourcehelper.PodRequests(pod, resourcehelper.PodResourcesOptions{}))
		addUp(limits, resourcehelper.PodLimits(pod, resourcehelper.PodResourcesOptions{}))
	}
	shares := func(name corev1.ResourceName, value func(*resource.Quantity) int64) {
		table.row(string(name), safeShare(requests[name], room[name], value), safeShare(limits[name], room[name], value))
	}
	shares(corev1.ResourceCPU, (*resource.Quantity).MilliValue)
	shares(corev1.ResourceMemory, (*resource.Quantity).Value)
	shares(corev1.ResourceEphemeralStorage, (*resource.Quantity).Value)
	names := slices.Sorted(maps.Keys(room))
	for _, name := range names {
		if isHugePages(name) {
			shares(name, (*resource.Quantity).Value)
		}
	}
	for _, name := range names {
		if !isHugePages(name) && !slices.Contains(standardResources(), name) {
			request, limit := requests[name], limits[name]
			table.row(string(name), request.String(), limit.String())
		}
	}
}

func isHugePages(name corev1.ResourceName) bool {
	return strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}

// standardResources are those that nodes have whatever hardware is in them.
func standardResources() []corev1.ResourceName {
	return []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage, corev1.ResourcePods}
}

func addUp(total, list corev1.ResourceList) {
	for name, quantity := range list {
		sum := total[name].DeepCopy()
		if sum.IsZero() {
			sum = quantity.DeepCopy() // keeps its format
		} else {
			sum.Add(quantity)
		}
		total[name] = sum
	}
}
