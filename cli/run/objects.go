package run

import (
	"fmt"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubejig/kubejig/cli/factory"
)

// fillPod completes the pod with its name and the simple flags.
func (o *options) fillPod(pod *corev1.Pod) {
	pod.Name = o.name
	if len(pod.Labels) == 0 {
		pod.Labels = map[string]string{"run": o.name}
	}
	pod.Spec.DNSPolicy = corev1.DNSClusterFirst
	container := &pod.Spec.Containers[0]
	container.Name = o.name
	container.Image = o.image
	container.Stdin = o.stdin
	container.StdinOnce = o.stdin && !o.leaveStdinOpen
	container.TTY = o.tty
	if o.privileged {
		container.SecurityContext = &corev1.SecurityContext{Privileged: &o.privileged}
	}
	if len(o.args) > 0 && o.asCommand {
		container.Command = o.args
	} else if len(o.args) > 0 {
		container.Args = o.args
	}
	if o.port != "" {
		container.Ports = []corev1.ContainerPort{{ContainerPort: o.portNumber()}}
	}
}

func (o *options) portNumber() int32 {
	number, _ := strconv.Atoi(o.port)
	return int32(number)
}

// mainObject is what run creates: the pod or, with --replicas, a deployment of
// it.
func (o *options) mainObject(f *factory.Factory, pod *corev1.Pod) (runtime.Object, schema.GroupVersionResource, error) {
	if !o.replicasSpecified {
		object, err := o.override.Apply(pod, &corev1.Pod{})
		return object, corev1.SchemeGroupVersion.WithResource("pods"), err
	}
	fmt.Fprintln(f.ErrOut, "Warning: kubectl run --replicas is deprecated: it creates a Deployment, as kubectl create deployment NAME --image=IMAGE --replicas=N does.")
	labels := pod.Labels
	made := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Labels: labels, Annotations: pod.Annotations},
		Spec: appsv1.DeploymentSpec{
			Replicas: &o.replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: pod.Spec},
		},
	}
	object, err := o.override.Apply(made, &appsv1.Deployment{})
	return object, appsv1.SchemeGroupVersion.WithResource("deployments"), err
}

// service is the service of --expose.
func (o *options) service(selector map[string]string) *corev1.Service {
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: o.name},
		Spec: corev1.ServiceSpec{
			Selector: selector,
			Ports: []corev1.ServicePort{{
				Port:       o.portNumber(),
				Protocol:   corev1.ProtocolTCP,
				TargetPort: intstr.FromInt32(o.portNumber()),
			}},
		},
	}
	if o.labels != "" {
		service.Labels = selector
	}
	return service
}
