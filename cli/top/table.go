package top

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// swap is how the metrics API calls swap memory.
const swap corev1.ResourceName = "swap"

// resources are those measured, in the order of their columns.
func (c *common) resources() []corev1.ResourceName {
	if c.showSwap {
		return []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory, swap}
	}
	return []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory}
}

func cells(w io.Writer, values ...string) {
	for _, value := range values {
		fmt.Fprintf(w, "%s\t", value)
	}
}

// amount is how much of a resource is used, in the unit of its column.
func amount(name corev1.ResourceName, quantity resource.Quantity) string {
	if name == corev1.ResourceCPU {
		return fmt.Sprintf("%dm", quantity.MilliValue())
	}
	return fmt.Sprintf("%dMi", quantity.Value()/(1024*1024))
}

// usages are the cells of an amount each and, where it is known how much there
// is, its part of that.
func (c *common) usages(w io.Writer, used, available corev1.ResourceList) {
	for _, name := range c.resources() {
		quantity := used[name]
		cells(w, amount(name, quantity))
		all, known := available[name]
		if !known {
			continue
		}
		part := 0.0
		if !all.IsZero() {
			part = float64(quantity.MilliValue()) / float64(all.MilliValue()) * 100
		}
		cells(w, fmt.Sprintf("%d%%", int64(part)))
	}
}

// less orders by --sort-by, most first, or by name.
func (c *common) less(a, b corev1.ResourceList, byName int) bool {
	switch c.sortBy {
	case "cpu":
		return a.Cpu().MilliValue() > b.Cpu().MilliValue()
	case "memory":
		return a.Memory().Value() > b.Memory().Value()
	}
	return byName < 0
}

// total is what the containers use together.
func (c *common) total(containers []containerMetrics) corev1.ResourceList {
	sum := corev1.ResourceList{}
	for _, name := range c.resources() {
		quantity := sum[name]
		for _, container := range containers {
			quantity.Add(container.Usage[name])
		}
		sum[name] = quantity
	}
	return sum
}

func byNamespacedName(a, b *podMetrics) int {
	return cmp.Or(cmp.Compare(a.Metadata.Namespace, b.Metadata.Namespace), cmp.Compare(a.Metadata.Name, b.Metadata.Name))
}

func allContainers(pods []podMetrics) []containerMetrics {
	var all []containerMetrics
	for _, pod := range pods {
		all = slices.Concat(all, pod.Containers)
	}
	return all
}
