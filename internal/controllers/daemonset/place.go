package daemonset

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
	"k8s.io/klog/v2"

	"github.com/kubejig/kubejig/internal/client"
)

// place is a node as a set sees it.
type place struct {
	node *corev1.Node
	// run is whether a pod should run there, stay whether one that does may.
	run, stay bool
}

// judge is what a set asks of nodes.
type judge struct {
	set      *appsv1.DaemonSet
	spec     *corev1.PodSpec
	affinity nodeaffinity.RequiredNodeAffinity
}

func judgeOf(set *appsv1.DaemonSet) judge {
	spec := set.Spec.Template.Spec.DeepCopy()
	tolerate(spec)
	return judge{set, spec, nodeaffinity.GetRequiredNodeAffinity(&corev1.Pod{Spec: *spec})}
}

// place judges a node.
func (j judge) place(node *corev1.Node) (place, error) {
	fits, err := j.affinity.Match(node)
	if err != nil {
		return place{}, fmt.Errorf("node affinity of daemon set %s/%s: %w", j.set.Namespace, j.set.Name, err)
	}
	fits = fits && (j.spec.NodeName == "" || j.spec.NodeName == node.Name)
	return place{
		node: node,
		run:  fits && tolerates(j.spec, node, corev1.TaintEffectNoSchedule, corev1.TaintEffectNoExecute),
		stay: fits && tolerates(j.spec, node, corev1.TaintEffectNoExecute),
	}, nil
}

// places judges every node.
func places(c *client.Client, set *appsv1.DaemonSet) ([]place, error) {
	j := judgeOf(set)
	var all []place
	for _, node := range client.List[*corev1.Node](c, "", nil) {
		p, err := j.place(node)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// tolerates reports whether pods bear a node's taints of some effects.
func tolerates(spec *corev1.PodSpec, node *corev1.Node, effects ...corev1.TaintEffect) bool {
	for i := range node.Spec.Taints {
		taint := &node.Spec.Taints[i]
		for _, effect := range effects {
			if taint.Effect == effect && !tolerated(spec.Tolerations, taint) {
				return false
			}
		}
	}
	return true
}

func tolerated(tolerations []corev1.Toleration, taint *corev1.Taint) bool {
	for i := range tolerations {
		if tolerations[i].ToleratesTaint(klog.Logger{}, taint, true) {
			return true
		}
	}
	return false
}

// standing are the conditions of a node that daemons bear, as
// https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#taints-and-tolerations
// lists them.
var standing = []corev1.Toleration{
	{Key: corev1.TaintNodeNotReady, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute},
	{Key: corev1.TaintNodeUnreachable, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute},
	{Key: corev1.TaintNodeDiskPressure, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule},
	{Key: corev1.TaintNodeMemoryPressure, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule},
	{Key: corev1.TaintNodePIDPressure, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule},
	{Key: corev1.TaintNodeUnschedulable, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule},
}

// tolerate adds the tolerations of daemons to a pod.
func tolerate(spec *corev1.PodSpec) {
	all := standing
	if spec.HostNetwork {
		all = append(all[:len(all):len(all)], corev1.Toleration{
			Key: corev1.TaintNodeNetworkUnavailable, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule,
		})
	}
	for _, t := range all {
		setToleration(spec, t)
	}
}

// setToleration adds a toleration in place of one that differs only in time.
func setToleration(spec *corev1.PodSpec, t corev1.Toleration) {
	for i := range spec.Tolerations {
		if spec.Tolerations[i].MatchToleration(&t) {
			spec.Tolerations[i] = t
			return
		}
	}
	spec.Tolerations = append(spec.Tolerations, t)
}

// newPod is the set's pod for a node.
func (r *rollout) newPod(node string) *corev1.Pod {
	pod := r.fromTemplate()
	affinity := pod.Spec.Affinity
	if affinity == nil {
		affinity = &corev1.Affinity{}
		pod.Spec.Affinity = affinity
	}
	if affinity.NodeAffinity == nil {
		affinity.NodeAffinity = &corev1.NodeAffinity{}
	}
	affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution = &corev1.NodeSelector{
		NodeSelectorTerms: []corev1.NodeSelectorTerm{{
			MatchFields: []corev1.NodeSelectorRequirement{{
				Key: nodeNameField, Operator: corev1.NodeSelectorOpIn, Values: []string{node},
			}},
		}},
	}
	return pod
}

const nodeNameField = "metadata.name"

// targetNode is the node that a pod is on or meant for, "" for none.
func targetNode(pod *corev1.Pod) string {
	if pod.Spec.NodeName != "" {
		return pod.Spec.NodeName
	}
	a := pod.Spec.Affinity
	if a == nil || a.NodeAffinity == nil || a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return ""
	}
	for _, term := range a.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		for _, f := range term.MatchFields {
			if f.Key == nodeNameField && f.Operator == corev1.NodeSelectorOpIn && len(f.Values) == 1 {
				return f.Values[0]
			}
		}
	}
	return ""
}
