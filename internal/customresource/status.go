package customresource

import (
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"k8s.io/apiextensions-apiserver/pkg/apihelpers"
)

// The functions below return crd itself if nothing changes, and a copy with the
// new status otherwise.

// Establish notes that the kind is served, once its names have been accepted.
// It is to be called when the API server knows the kind.
func Establish(crd *Definition, now metav1.Time) *Definition {
	if !isTrue(crd, apiextensionsv1.NamesAccepted) || isTrue(crd, apiextensionsv1.Established) {
		return crd
	}
	return withCondition(crd, conditionOf(apiextensionsv1.Established, apiextensionsv1.ConditionTrue,
		"InitialNamesAccepted", "the initial names have been accepted"), now)
}

// JudgeApproval notes whether a kind in a group of the Kubernetes project has
// been approved; other groups need no approval.
func JudgeApproval(crd *Definition, now metav1.Time) *Definition {
	if !apihelpers.IsProtectedCommunityGroup(crd.Spec.Group) {
		return crd
	}
	state, message := apihelpers.GetAPIApprovalState(crd.Annotations)
	status, reason := apiextensionsv1.ConditionFalse, ""
	switch state {
	case apihelpers.APIApprovalInvalid:
		reason = "InvalidAnnotation"
	case apihelpers.APIApprovalMissing:
		reason = "MissingAnnotation"
	case apihelpers.APIApprovalBypassed:
		reason = "UnapprovedAnnotation"
	case apihelpers.APIApproved:
		status, reason = apiextensionsv1.ConditionTrue, "ApprovedAnnotation"
	}
	return withCondition(crd, conditionOf(apiextensionsv1.KubernetesAPIApprovalPolicyConformant, status, reason, message), now)
}

// NeedsCleanup reports whether a deleted definition waits for its objects to
// go.
func NeedsCleanup(crd *Definition) bool {
	return !crd.DeletionTimestamp.IsZero() && slices.Contains(crd.Finalizers, apiextensionsv1.CustomResourceCleanupFinalizer)
}

// BeginCleanup notes that the objects of a deleted definition are being
// deleted.
func BeginCleanup(crd *Definition, now metav1.Time) *Definition {
	return withCondition(crd, conditionOf(apiextensionsv1.Terminating, apiextensionsv1.ConditionTrue,
		"InstanceDeletionInProgress", "CustomResource deletion is in progress"), now)
}

// FinishCleanup lets a deleted definition go, once it has no objects left.
func FinishCleanup(crd *Definition, now metav1.Time) *Definition {
	done := conditionOf(apiextensionsv1.Terminating, apiextensionsv1.ConditionFalse, "InstanceDeletionCompleted", "removed all instances")
	if !isTrue(crd, apiextensionsv1.Established) {
		done = conditionOf(apiextensionsv1.Terminating, apiextensionsv1.ConditionFalse, "NeverEstablished", "resource was never established")
	}
	next := crd.DeepCopy()
	setCondition(next, done, now)
	next.Finalizers = slices.DeleteFunc(next.Finalizers, func(f string) bool { return f == apiextensionsv1.CustomResourceCleanupFinalizer })
	return next
}

// Established reports whether the kind of a definition is served.
func Established(crd *Definition) bool { return isTrue(crd, apiextensionsv1.Established) }

type condition = apiextensionsv1.CustomResourceDefinitionCondition

func conditionOf(kind apiextensionsv1.CustomResourceDefinitionConditionType, status apiextensionsv1.ConditionStatus, reason, message string) condition {
	return condition{Type: kind, Status: status, Reason: reason, Message: message}
}

func findCondition(crd *Definition, kind apiextensionsv1.CustomResourceDefinitionConditionType) *condition {
	return apihelpers.FindCRDCondition(crd, kind)
}

func isTrue(crd *Definition, kind apiextensionsv1.CustomResourceDefinitionConditionType) bool {
	return apihelpers.IsCRDConditionTrue(crd, kind)
}

// hasCondition reports whether a definition has a condition, whatever its
// time.
func hasCondition(crd *Definition, c condition) bool {
	return apihelpers.IsCRDConditionEquivalent(&c, findCondition(crd, c.Type))
}

func withCondition(crd *Definition, c condition, now metav1.Time) *Definition {
	if hasCondition(crd, c) {
		return crd
	}
	next := crd.DeepCopy()
	setCondition(next, c, now)
	return next
}

func setCondition(crd *Definition, c condition, now metav1.Time) {
	before := findCondition(crd, c.Type)
	if before == nil {
		c.LastTransitionTime = now
		crd.Status.Conditions = append(crd.Status.Conditions, c)
		return
	}
	if before.Status != c.Status || before.LastTransitionTime.IsZero() {
		before.LastTransitionTime = now
	}
	before.Status, before.Reason, before.Message = c.Status, c.Reason, c.Message
}
