package daemonset

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
)

// manage gives every node that the set is for one pod, and other nodes none.
// Where updates surge, one that is going away is none.
func (r *rollout) manage() error {
	var doomed []*corev1.Pod
	var missing []string
	surges := r.surges()
	for _, p := range r.nodes {
		pods := r.pods[p.node.Name]
		switch {
		case p.run && len(pods) == 0:
			missing = append(missing, p.node.Name)
		case p.stay:
			running := r.sift(pods, p.node.Name, &doomed)
			if p.run && len(running) == 0 && surges {
				missing = append(missing, p.node.Name)
			}
			doomed = append(doomed, r.surplus(running)...)
		default:
			doomed = append(doomed, podcontrol.Filter(pods, notDeleted)...)
		}
	}
	return r.apply(append(doomed, r.lost()...), missing)
}

func notDeleted(p *corev1.Pod) bool { return p.DeletionTimestamp == nil }

// sift sends the ended pods of a node to their doom and returns the others.
func (r *rollout) sift(pods []*corev1.Pod, node string, doomed *[]*corev1.Pod) []*corev1.Pod {
	var running []*corev1.Pod
	for _, pod := range podcontrol.Filter(pods, notDeleted) {
		switch pod.Status.Phase {
		case corev1.PodFailed:
			if left := r.failed.left(r.set, node, r.now); left > 0 {
				r.after(left)
				continue
			}
			r.Recorder.Eventf(r.set, corev1.EventTypeWarning, "FailedDaemonPod",
				"Found failed daemon pod %s/%s%s, will try to kill it", pod.Namespace, pod.Name, onNode(node))
			*doomed = append(*doomed, pod)
		case corev1.PodSucceeded:
			r.Recorder.Eventf(r.set, corev1.EventTypeNormal, "SucceededDaemonPod",
				"Found succeeded daemon pod %s/%s%s, will try to delete it", pod.Namespace, pod.Name, onNode(node))
			*doomed = append(*doomed, pod)
		default:
			running = append(running, pod)
		}
	}
	return running
}

func onNode(node string) string { return fmt.Sprintf(" on node %s", node) }

// surplus are the pods of a node that are one too many: all but the oldest,
// or, where updates surge, all but the oldest of each side. A surged node
// gives up its old pod once the new one is available or the old one is broken.
func (r *rollout) surplus(pods []*corev1.Pod) []*corev1.Pod {
	if len(pods) <= 1 {
		return nil
	}
	if !r.surges() {
		return pods[1:]
	}
	var updated, outdated *corev1.Pod
	var rest []*corev1.Pod
	for _, pod := range pods {
		switch isNew := r.updated(pod); {
		case isNew && updated == nil:
			updated = pod
		case !isNew && outdated == nil:
			outdated = pod
		default:
			rest = append(rest, pod)
		}
	}
	if updated != nil && outdated != nil && (!podcontrol.Ready(outdated) || r.available(updated)) {
		rest = append(rest, outdated)
	}
	return rest
}

// lost are unscheduled pods that are meant for nodes that are gone.
func (r *rollout) lost() []*corev1.Pod {
	there := map[string]bool{}
	for _, p := range r.nodes {
		there[p.node.Name] = true
	}
	var lost []*corev1.Pod
	for _, node := range slices.Sorted(maps.Keys(r.pods)) {
		if there[node] {
			continue
		}
		lost = append(lost, podcontrol.Filter(r.pods[node], func(p *corev1.Pod) bool {
			return p.Spec.NodeName == "" && p.DeletionTimestamp == nil
		})...)
	}
	return lost
}
