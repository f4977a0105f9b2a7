// Package metrics tells what nodes and pods use at present: what metrics.k8s.io
// serves and what autoscalers act upon. It adds up what the nodes' world says
// of single containers.
package metrics

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers/horizontalpodautoscaler"
)

// Source says what a container uses, by its ID: CPU in cores and memory in
// bytes, false where it does not run.
type Source interface {
	ContainerUsage(id string) (cpu float64, memory int64, ok bool)
}

// window is over which time usage is said to be measured.
const window = 15 * time.Second

// system is what a node uses for itself.
var system = usage{cpu: 0.05, memory: 256 << 20}

// Metrics implements apiserver.Metrics and horizontalpodautoscaler.Metrics. It
// is asked within the engine.
type Metrics struct {
	Client *client.Client
	Source Source
}

// usage is in cores and bytes.
type usage struct {
	cpu    float64
	memory int64
}

func (u usage) list() corev1.ResourceList {
	const nano = 1e9
	return corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewScaledQuantity(int64(u.cpu*nano), resource.Nano),
		corev1.ResourceMemory: *resource.NewQuantity(u.memory, resource.BinarySI),
	}
}

// containers is what the running containers of a pod use, by name.
func (m Metrics) containers(pod *corev1.Pod) (names []string, used []usage) {
	for i := range pod.Status.ContainerStatuses {
		s := &pod.Status.ContainerStatuses[i]
		if s.State.Running == nil {
			continue
		}
		_, id, _ := strings.Cut(s.ContainerID, "://")
		if cpu, memory, ok := m.Source.ContainerUsage(id); ok {
			names, used = append(names, s.Name), append(used, usage{cpu, memory})
		}
	}
	return names, used
}

// Pods is what the running pods of a namespace use, by namespace and name.
func (m Metrics) Pods(namespace string) []metricsv1beta1.PodMetrics {
	var list []metricsv1beta1.PodMetrics
	for _, pod := range client.List[*corev1.Pod](m.Client, namespace, nil) {
		names, used := m.containers(pod)
		if len(names) == 0 {
			continue
		}
		p := metricsv1beta1.PodMetrics{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: pod.Namespace, Name: pod.Name, Labels: pod.Labels, CreationTimestamp: m.now(),
			},
			Timestamp: m.now(), Window: metav1.Duration{Duration: window},
		}
		for i, name := range names {
			p.Containers = append(p.Containers, metricsv1beta1.ContainerMetrics{Name: name, Usage: used[i].list()})
		}
		list = append(list, p)
	}
	return list
}

// Nodes is what the nodes use that are ready, by name.
func (m Metrics) Nodes() []metricsv1beta1.NodeMetrics {
	var list []metricsv1beta1.NodeMetrics
	for _, node := range client.List[*corev1.Node](m.Client, "", nil) {
		if !ready(node) {
			continue
		}
		total := system
		for _, pod := range client.PodsOnNode(m.Client, node.Name) {
			_, used := m.containers(pod)
			for _, u := range used {
				total.cpu, total.memory = total.cpu+u.cpu, total.memory+u.memory
			}
		}
		list = append(list, metricsv1beta1.NodeMetrics{
			ObjectMeta: metav1.ObjectMeta{Name: node.Name, Labels: node.Labels, CreationTimestamp: m.now()},
			Timestamp:  m.now(), Window: metav1.Duration{Duration: window}, Usage: total.list(),
		})
	}
	return list
}

func ready(node *corev1.Node) bool {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// PodUsage is what the containers of a pod use.
func (m Metrics) PodUsage(namespace, name string) (horizontalpodautoscaler.Sample, bool) {
	pod, ok := client.Get[*corev1.Pod](m.Client, namespace, name)
	if !ok {
		return horizontalpodautoscaler.Sample{}, false
	}
	names, used := m.containers(pod)
	if len(names) == 0 {
		return horizontalpodautoscaler.Sample{}, false
	}
	s := horizontalpodautoscaler.Sample{
		Containers: map[string]corev1.ResourceList{}, At: m.now().Time, Window: window,
	}
	for i, n := range names {
		s.Containers[n] = used[i].list()
	}
	return s, true
}

func (m Metrics) now() metav1.Time {
	return metav1.NewTime(m.Client.Registry.Loop.Now().Truncate(time.Second))
}
