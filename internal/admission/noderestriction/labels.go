package noderestriction

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
)

// kubeletLabels are labels of Kubernetes that a kubelet may set.
var kubeletLabels = sets.New(
	corev1.LabelHostname,
	corev1.LabelTopologyZone, corev1.LabelTopologyRegion,
	corev1.LabelFailureDomainBetaZone, corev1.LabelFailureDomainBetaRegion,
	corev1.LabelInstanceType, corev1.LabelInstanceTypeStable,
	corev1.LabelOSStable, corev1.LabelArchStable,
	"beta.kubernetes.io/os", "beta.kubernetes.io/arch",
)

// kubeletDomains are those of further labels that it may set.
var kubeletDomains = []string{corev1.LabelNamespaceSuffixKubelet, corev1.LabelNamespaceSuffixNode}

// forbiddenLabels are the labels that differ and that a kubelet may not set, as
// messages list them.
func forbiddenLabels(labels, old map[string]string) string {
	var changed []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		if value, had := old[key]; !had || value != labels[key] {
			changed = append(changed, key)
		}
	}
	for key := range old {
		if _, has := labels[key]; !has {
			changed = append(changed, key)
		}
	}
	changed = slices.DeleteFunc(changed, mayLabel)
	slices.Sort(changed)
	return strings.Join(changed, ", ")
}

// mayLabel lets kubelets set labels of others than Kubernetes, and those of
// Kubernetes that are about the node.
func mayLabel(key string) bool {
	domain, _, found := strings.Cut(key, "/")
	switch {
	case !found:
		return true
	case isWithin(domain, corev1.LabelNamespaceNodeRestriction):
		return false
	case !isWithin(domain, "kubernetes.io") && !isWithin(domain, "k8s.io"):
		return true
	}
	return kubeletLabels.Has(key) || slices.ContainsFunc(kubeletDomains, func(d string) bool { return isWithin(domain, d) })
}

// isWithin reports whether a domain is a parent domain or below it.
func isWithin(domain, parent string) bool {
	return domain == parent || strings.HasSuffix(domain, "."+parent)
}
