package describe

import (
	"context"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func describeResourceQuota(_ context.Context, w *writer, quota *corev1.ResourceQuota, _ *related) error {
	w.field("Name", quota.Name)
	w.field("Namespace", quota.Namespace)
	w.quotaScopes(quota.Spec.Scopes, " * ")
	w.heading("Resource", "Used", "Hard")
	for _, name := range sortedResources(quota.Status.Hard) {
		hard, used := quota.Status.Hard[name], quota.Status.Used[name]
		if hard.Format != used.Format {
			used = *resource.NewQuantity(used.Value(), hard.Format)
		}
		w.row(string(name), used.String(), hard.String())
	}
	return nil
}

// quotaScopes writes the scopes of a quota and what they mean.
func (w *writer) quotaScopes(scopes []corev1.ResourceQuotaScope, bullet string) {
	if len(scopes) == 0 {
		return
	}
	names := texts(scopes)
	slices.Sort(names)
	w.field("Scopes", strings.Join(names, ", "))
	for _, name := range names {
		if meaning := scopeMeanings[corev1.ResourceQuotaScope(name)]; meaning != "" {
			w.line("%s%s", bullet, meaning)
		}
	}
}

var scopeMeanings = map[corev1.ResourceQuotaScope]string{
	corev1.ResourceQuotaScopeTerminating:    "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively terminated by the system.",
	corev1.ResourceQuotaScopeNotTerminating: "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.",
	corev1.ResourceQuotaScopeBestEffort:     "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.",
	corev1.ResourceQuotaScopeNotBestEffort:  "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality of service.",
}

func sortedResources(list corev1.ResourceList) []corev1.ResourceName {
	return slices.Sorted(maps.Keys(list))
}
