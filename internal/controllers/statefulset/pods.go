package statefulset

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
)

// create makes the pod at a place, after the claims that it uses.
func (r *rollout) create(i int) (wait bool, err error) {
	pod := r.newPod(i)
	if r.staleClaims(pod) {
		return true, nil // the former pod's claims must go first
	}
	if err := r.createClaims(pod); err != nil {
		r.record("Create", pod, err)
		return true, err
	}
	created, err := client.Create(r.client, pod)
	if apierrors.IsAlreadyExists(err) {
		return true, err
	}
	r.record("Create", pod, err)
	if err != nil {
		return true, err
	}
	r.replicas[i] = created
	return true, nil
}

func (r *rollout) delete(pod *corev1.Pod) error {
	err := r.client.Delete(pod, metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	r.record("Delete", pod, err)
	return err
}

// correct restores what makes a pod one of the set: its labels, its volumes
// and who owns its claims.
func (r *rollout) correct(pod *corev1.Pod) error {
	claimsFit := r.claimsFit(pod)
	if identified(pod) && usesClaims(r.set, pod) && claimsFit {
		return nil
	}
	next := pod.DeepCopy()
	identify(r.set, next)
	if !usesClaims(r.set, next) {
		useClaims(r.set, next)
		if err := r.createClaims(next); err != nil {
			r.record("Update", pod, err)
			return err
		}
	}
	if !claimsFit {
		if err := r.ownClaims(pod); err != nil {
			r.record("Update", pod, err)
			return err
		}
	}
	_, err := client.Update(r.client, next)
	r.record("Update", pod, err)
	return err
}

// record notes what was done to a pod.
func (r *rollout) record(verb string, pod *corev1.Pod, err error) {
	if err != nil {
		r.recorder.Eventf(r.set, corev1.EventTypeWarning, "Failed"+verb,
			"%s Pod %s in StatefulSet %s failed error: %s", verb, pod.Name, r.set.Name, err)
		return
	}
	r.recorder.Eventf(r.set, corev1.EventTypeNormal, "Successful"+verb,
		"%s Pod %s in StatefulSet %s successful", verb, pod.Name, r.set.Name)
}

// recordClaim notes that a claim was made, or why not.
func (r *rollout) recordClaim(pod *corev1.Pod, claim string, err error) {
	if err != nil {
		r.recorder.Event(r.set, corev1.EventTypeWarning, "FailedCreate",
			fmt.Sprintf("Create Claim %s for Pod %s in StatefulSet %s failed error: %s", claim, pod.Name, r.set.Name, err))
		return
	}
	r.recorder.Event(r.set, corev1.EventTypeNormal, "SuccessfulCreate",
		fmt.Sprintf("Create Claim %s Pod %s in StatefulSet %s success", claim, pod.Name, r.set.Name))
}

func runningAndReady(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodRunning && podcontrol.Ready(pod)
}

// available reports whether a pod has been ready for long enough.
func (r *rollout) available(pod *corev1.Pod) bool {
	if !runningAndReady(pod) {
		return false
	}
	ok, _ := podcontrol.Available(pod, r.set.Spec.MinReadySeconds, r.now)
	return ok
}

// unavailable reports whether the set can't count on a pod.
func (r *rollout) unavailable(pod *corev1.Pod) bool {
	return pod == nil || pod.DeletionTimestamp != nil || !r.available(pod)
}
