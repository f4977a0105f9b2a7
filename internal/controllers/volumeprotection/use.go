package volumeprotection

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
)

// noteUse keeps the condition Unused of a bound claim: since when no pod has
// referred to it, or that one does.
func noteUse(c *client.Client, claim *corev1.PersistentVolumeClaim) error {
	if claim.DeletionTimestamp != nil || claim.Status.Phase != corev1.ClaimBound {
		return nil
	}
	want := corev1.PersistentVolumeClaimCondition{
		Type: corev1.PersistentVolumeClaimUnused, Status: corev1.ConditionTrue,
		LastTransitionTime: metav1.NewTime(c.Registry.Loop.Now()),
		Reason:             "NoPodsUsingPVC", Message: "No pods are currently referencing this PVC",
	}
	if referred(c, claim) {
		want.Status, want.Reason, want.Message = corev1.ConditionFalse, "PodUsingPVC", "A pod is currently referencing this PVC"
	}
	i := slices.IndexFunc(claim.Status.Conditions, func(c corev1.PersistentVolumeClaimCondition) bool { return c.Type == want.Type })
	if i >= 0 && claim.Status.Conditions[i].Status == want.Status {
		return nil
	}
	next := claim.DeepCopy()
	if i >= 0 {
		next.Status.Conditions[i] = want
	} else {
		next.Status.Conditions = append(next.Status.Conditions, want)
	}
	_, err := client.UpdateStatus(c, next)
	return err
}

// referred reports whether a pod that has not ended refers to a claim, be it
// that it has no node yet.
func referred(c *client.Client, claim *corev1.PersistentVolumeClaim) bool {
	pods := client.Indexed[*corev1.Pod](c, byClaim, controllers.KeyOf(claim).String(), byClaimOf)
	return slices.ContainsFunc(pods, func(p *corev1.Pod) bool {
		return !podcontrol.Finished(p) && (p.DeletionTimestamp == nil || running(p))
	})
}

func running(p *corev1.Pod) bool {
	return slices.ContainsFunc(p.Status.ContainerStatuses, func(s corev1.ContainerStatus) bool {
		return s.State.Terminated == nil && s.State.Waiting == nil
	})
}
