package runtimeclass

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
)

// withoutRedundant leaves out the tolerations that another one makes needless.
// Of equal ones the first stays.
func withoutRedundant(tolerations []corev1.Toleration) []corev1.Toleration {
	var kept []corev1.Toleration
	for i, t := range tolerations {
		includesT := func(other corev1.Toleration) bool { return includes(&other, &t) }
		includesMore := func(other corev1.Toleration) bool {
			return !equality.Semantic.DeepEqual(other, t) && includes(&other, &t)
		}
		if !slices.ContainsFunc(kept, includesT) && !slices.ContainsFunc(tolerations[i+1:], includesMore) {
			kept = append(kept, t)
		}
	}
	return kept
}

// includes reports whether a toleration tolerates all that another one does.
func includes(t, other *corev1.Toleration) bool {
	switch {
	case equality.Semantic.DeepEqual(t, other):
		return true
	case t.Key != other.Key && (t.Key != "" || t.Operator != corev1.TolerationOpExists):
		return false
	case t.Effect != other.Effect && t.Effect != "":
		return false
	case t.Effect == corev1.TaintEffectNoExecute && shorter(t.TolerationSeconds, other.TolerationSeconds):
		return false
	case t.Operator == corev1.TolerationOpExists:
		return true
	case t.Operator == corev1.TolerationOpEqual || t.Operator == "":
		return other.Operator == corev1.TolerationOpEqual && t.Value == other.Value
	}
	return false
}

// shorter compares times, of which nil is for ever.
func shorter(a, b *int64) bool {
	return a != nil && (b == nil || *b > *a)
}
