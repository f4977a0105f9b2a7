package debug

import (
	"context"
	"errors"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/cli/pods"
)

// inCopy makes a copy of the pod, with another container or with one changed.
func (o *options) inCopy(ctx context.Context, pod *corev1.Pod) (*corev1.Pod, string, error) {
	copied := o.copyOf(pod)
	name, err := o.changeCopy(copied)
	if err != nil {
		return nil, "", err
	}
	created, err := o.create(ctx, copied)
	if err != nil || !o.replace {
		return created, name, err
	}
	err = o.client.Delete().Namespace(pod.Namespace).Resource("pods").Name(pod.Name).
		Body(metav1.NewDeleteOptions(0)).Do(ctx).Error()
	return created, name, err
}

// copyOf is the pod anew, with the images of --set-image.
func (o *options) copyOf(pod *corev1.Pod) *corev1.Pod {
	copied := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name:        o.copyTo,
			Namespace:   pod.Namespace,
			Annotations: pod.Annotations,
			Labels:      pod.Labels,
		},
		Spec: *pod.Spec.DeepCopy(),
	}
	copied.Spec.EphemeralContainers = nil // Nobody may create pods with any.
	if o.shareProcessesGiven {
		copied.Spec.ShareProcessNamespace = &o.shareProcesses
	}
	if !o.sameNode {
		copied.Spec.NodeName = ""
	}
	for i := range copied.Spec.Containers {
		c := &copied.Spec.Containers[i]
		image, ok := o.setImages[c.Name]
		if !ok {
			image = o.setImages["*"]
		}
		if image != "" {
			c.Image = image
		}
	}
	return copied
}

// changeCopy adds the debugging container to the copy, or makes one of its
// containers that, and returns its name; "" if only images were to be set.
func (o *options) changeCopy(copied *corev1.Pod) (string, error) {
	container, _ := pods.Container(copied, o.container)
	if container == nil {
		if o.image == "" && len(o.setImages) > 0 {
			return "", nil
		}
		if o.image == "" {
			return "", errors.New("you must specify image when creating new container")
		}
		all := append(copied.Spec.Containers, o.newContainer(o.containerName(copied)))
		copied.Spec.Containers = all
		container = &all[len(all)-1]
	} else {
		o.change(container)
	}
	name := container.Name
	if err := o.settle(copied, container, podCopy); err != nil {
		return "", err
	}
	o.warnOfUser(copied, container)
	return name, nil
}

// change makes a container of the original the one to debug with.
func (o *options) change(c *corev1.Container) {
	wanted := o.newContainer(c.Name)
	switch {
	case len(o.args) == 0:
	case o.argumentsOnly:
		c.Args = wanted.Args
	default:
		c.Command, c.Args = wanted.Command, nil
	}
	if len(wanted.Env) > 0 {
		c.Env = wanted.Env
	}
	if wanted.Image != "" {
		c.Image = wanted.Image
	}
	if wanted.ImagePullPolicy != "" {
		c.ImagePullPolicy = wanted.ImagePullPolicy
	}
	c.Stdin, c.TTY = wanted.Stdin, wanted.TTY
}
