package job

import (
	"fmt"
	"slices"
	"strconv"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const indexVariable = "JOB_COMPLETION_INDEX"

// newIndexedPod is the pod of an index, which may take the place of one that
// failed.
func (s *session) newIndexedPod(i int, replaced *corev1.Pod) *corev1.Pod {
	pod := s.newPod()
	pod.GenerateName = indexedPrefix(s.job.Name, i)
	pod.Spec.Hostname = fmt.Sprintf("%s-%d", s.job.Name, i)
	metav1.SetMetaDataAnnotation(&pod.ObjectMeta, batchv1.JobCompletionIndexAnnotation, strconv.Itoa(i))
	metav1.SetMetaDataLabel(&pod.ObjectMeta, batchv1.JobCompletionIndexAnnotation, strconv.Itoa(i))
	if s.perIndex() {
		s.noteFailures(pod, replaced)
	}
	for j := range pod.Spec.InitContainers {
		addIndexVariable(&pod.Spec.InitContainers[j])
	}
	for j := range pod.Spec.Containers {
		addIndexVariable(&pod.Spec.Containers[j])
	}
	return pod
}

// indexedPrefix is a Job's name, cut to leave room, and an index.
func indexedPrefix(job string, i int) string {
	const longest = 58
	suffix := "-" + strconv.Itoa(i) + "-"
	return job[:min(len(job), longest-len(suffix))] + suffix
}

// noteFailures counts in a pod what has failed before it.
func (s *session) noteFailures(pod, replaced *corev1.Pod) {
	var counts, skipped int
	if replaced != nil {
		counts, skipped = failures(replaced), ignored(replaced)
		if s.matchPolicy(replaced).counts() {
			counts++
		} else {
			skipped++
		}
	}
	metav1.SetMetaDataAnnotation(&pod.ObjectMeta, batchv1.JobIndexFailureCountAnnotation, strconv.Itoa(counts))
	if skipped > 0 {
		metav1.SetMetaDataAnnotation(&pod.ObjectMeta, ignoredFailuresAnnotation, strconv.Itoa(skipped))
	}
}

func addIndexVariable(c *corev1.Container) {
	if slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool { return e.Name == indexVariable }) {
		return
	}
	c.Env = append(c.Env, corev1.EnvVar{Name: indexVariable, ValueFrom: &corev1.EnvVarSource{
		FieldRef: &corev1.ObjectFieldSelector{FieldPath: fmt.Sprintf("metadata.labels['%s']", batchv1.JobCompletionIndexAnnotation)},
	}})
}
