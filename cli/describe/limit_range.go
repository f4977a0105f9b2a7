package describe

import (
	"context"

	corev1 "k8s.io/api/core/v1"
)

func describeLimitRange(_ context.Context, w *writer, limits *corev1.LimitRange, _ *related) error {
	w.field("Name", limits.Name)
	w.field("Namespace", limits.Namespace)
	w.heading(limitColumns()...)
	w.limits(limits.Spec)
	return nil
}

func limitColumns() []string {
	return []string{"Type", "Resource", "Min", "Max", "Default Request", "Default Limit", "Max Limit/Request Ratio"}
}

// limits writes a row for each resource that is limited.
func (w *writer) limits(spec corev1.LimitRangeSpec) {
	for _, item := range spec.Limits {
		columns := []corev1.ResourceList{item.Min, item.Max, item.DefaultRequest, item.Default, item.MaxLimitRequestRatio}
		all := corev1.ResourceList{}
		for _, column := range columns {
			for name, quantity := range column {
				all[name] = quantity
			}
		}
		for _, name := range sortedResources(all) {
			cells := []string{string(item.Type), string(name)}
			for _, column := range columns {
				cells = append(cells, quantityOrDash(column, name))
			}
			w.row(cells...)
		}
	}
}

func quantityOrDash(list corev1.ResourceList, name corev1.ResourceName) string {
	quantity, found := list[name]
	if !found {
		return "-"
	}
	return quantity.String()
}
