package limitranger

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// annotation tells what was set.
const annotation = "kubernetes.io/limit-ranger"

// defaultsOf are the requirements that containers get.
func defaultsOf(r *corev1.LimitRange) corev1.ResourceRequirements {
	d := corev1.ResourceRequirements{Requests: corev1.ResourceList{}, Limits: corev1.ResourceList{}}
	for i := range r.Spec.Limits {
		if l := &r.Spec.Limits[i]; l.Type == corev1.LimitTypeContainer {
			maps.Copy(d.Requests, l.DefaultRequest)
			maps.Copy(d.Limits, l.Default)
		}
	}
	return d
}

// complete gives a pod's containers the defaults, and notes which.
func complete(pod *corev1.Pod, d corev1.ResourceRequirements) {
	var notes []string
	for i := range pod.Spec.Containers {
		notes = append(notes, completeContainer(&pod.Spec.Containers[i], "container", d)...)
	}
	for i := range pod.Spec.InitContainers {
		notes = append(notes, completeContainer(&pod.Spec.InitContainers[i], "init container", d)...)
	}
	if len(notes) > 0 {
		metav1.SetMetaDataAnnotation(&pod.ObjectMeta, annotation, "LimitRanger plugin set: "+strings.Join(notes, "; "))
	}
}

func completeContainer(c *corev1.Container, what string, d corev1.ResourceRequirements) []string {
	var notes []string
	for _, side := range []struct {
		name     string
		list     *corev1.ResourceList
		defaults corev1.ResourceList
	}{
		{"request", &c.Resources.Requests, d.Requests},
		{"limit", &c.Resources.Limits, d.Limits},
	} {
		if set := fill(side.list, side.defaults); len(set) > 0 {
			notes = append(notes, fmt.Sprintf("%s %s for %s %s", strings.Join(set, ", "), side.name, what, c.Name))
		}
	}
	return notes
}

// fill adds what a list lacks, and returns the names of that in order.
func fill(list *corev1.ResourceList, defaults corev1.ResourceList) (set []string) {
	for _, name := range slices.Sorted(maps.Keys(defaults)) {
		if _, has := (*list)[name]; has {
			continue
		}
		if *list == nil {
			*list = corev1.ResourceList{}
		}
		(*list)[name] = defaults[name].DeepCopy()
		set = append(set, string(name))
	}
	return set
}
