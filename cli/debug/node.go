package debug

import (
	"cmp"
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/rand"
)

// onNode runs a pod on the node, whatever its taints.
func (o *options) onNode(ctx context.Context, node *corev1.Node) (*corev1.Pod, string, error) {
	container := cmp.Or(o.container, "debugger")
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name:      fmt.Sprintf("node-debugger-%s-%s", node.Name, rand.String(5)),
			Namespace: o.namespace,
			Labels:    map[string]string{"app.kubernetes.io/managed-by": "kubectl-debug"},
		},
		Spec: corev1.PodSpec{
			Containers:    []corev1.Container{o.newContainer(container)},
			NodeName:      node.Name,
			RestartPolicy: corev1.RestartPolicyNever,
			Tolerations:   []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
		},
	}
	o.say("Creating debugging pod %s with container %s on node %s.", pod.Name, container, node.Name)
	if err := o.settle(pod, &pod.Spec.Containers[0], nodePod); err != nil {
		return nil, "", err
	}
	created, err := o.create(ctx, pod)
	return created, container, err
}

// create sends a new pod.
func (o *options) create(ctx context.Context, pod *corev1.Pod) (*corev1.Pod, error) {
	created := &corev1.Pod{}
	err := o.client.Post().Namespace(pod.Namespace).Resource("pods").Body(pod).Do(ctx).Into(created)
	return created, err
}
