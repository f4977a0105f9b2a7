package describe

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

func describeNamespace(ctx context.Context, w *writer, namespace *corev1.Namespace, r *related) error {
	// A server that knows no quotas or limits is no error.
	quotas, quotaErr := find(ctx, r, quotaCollection(), namespace.Name, nil, nil)
	if quotaErr != nil && !apierrors.IsNotFound(quotaErr) {
		return quotaErr
	}
	limits, limitErr := find(ctx, r, limitRangeCollection(), namespace.Name, nil, nil)
	if limitErr != nil && !apierrors.IsNotFound(limitErr) {
		return limitErr
	}
	w.metadata(namespace, false)
	w.field("Status", namespace.Status.Phase)
	if conditions := namespace.Status.Conditions; len(conditions) > 0 {
		table := w.section("Conditions")
		table.heading("Type", "Status", "LastTransitionTime", "Reason", "Message")
		for _, c := range conditions {
			table.row(string(c.Type), string(c.Status), date(c.LastTransitionTime.Time), c.Reason, c.Message)
		}
	}
	if quotaErr == nil {
		w.text("\n")
		w.quotas(quotas)
	}
	if limitErr == nil {
		w.text("\n")
		w.limitRanges(limits)
	}
	return nil
}

func (w *writer) quotas(quotas []*corev1.ResourceQuota) {
	if len(quotas) == 0 {
		w.line("No resource quota.")
		return
	}
	slices.SortFunc(quotas, func(a, b *corev1.ResourceQuota) int { return strings.Compare(a.Name, b.Name) })
	w.line("Resource Quotas")
	for _, quota := range quotas {
		w := w.in()
		w.field("Name", quota.Name)
		w.quotaScopes(quota.Spec.Scopes, "* ")
		w.row("Resource", "Used", "Hard")
		w.row("--------", "---", "---")
		for _, name := range sortedResources(quota.Status.Hard) {
			hard, used := quota.Status.Hard[name], quota.Status.Used[name]
			w.row(string(name), used.String(), hard.String())
		}
	}
}

func (w *writer) limitRanges(ranges []*corev1.LimitRange) {
	if len(ranges) == 0 {
		w.line("No LimitRange resource.")
		return
	}
	w.line("Resource Limits")
	table := *w
	table.prefix += " "
	table.heading(limitColumns()...)
	for _, limits := range ranges {
		table.limits(limits.Spec)
	}
}
