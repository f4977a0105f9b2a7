package create

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilrand "k8s.io/apimachinery/pkg/util/rand"

	"github.com/kubejig/kubejig/cli/factory"
)

type deployment struct {
	images   []string
	port     int32
	replicas int32
}

func newDeployment(f *factory.Factory) *cobra.Command {
	o := &deployment{}
	g := &generator{
		resource: appsv1.SchemeGroupVersion.WithResource("deployments"),
		failed:   "failed to create deployment: %v",
		make:     o.make,
	}
	cmd := g.command(f, &cobra.Command{
		Use:     "deployment NAME --image=image -- [COMMAND] [args...]",
		Aliases: []string{"deploy"},
		Short:   "Create a deployment with the specified name",
	})
	cmd.Flags().StringSliceVar(&o.images, "image", nil, "Images to run, a container each.")
	_ = cmd.MarkFlagRequired("image")
	cmd.Flags().Int32Var(&o.port, "port", -1, "Port on which the container listens.")
	cmd.Flags().Int32VarP(&o.replicas, "replicas", "r", 1, "Number of replicas.")
	return cmd
}

func (o *deployment) make(in input) (runtime.Object, error) {
	if len(o.images) > 1 && len(in.command) > 0 {
		return nil, fmt.Errorf("cannot specify multiple --image options and command")
	}
	labels := map[string]string{"app": in.name}
	made := &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{Name: in.name, Labels: labels, Namespace: in.ownNamespace},
		Spec: appsv1.DeploymentSpec{
			Replicas: &o.replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}},
		},
	}
	pod := &made.Spec.Template.Spec
	pod.Containers = []corev1.Container{}
	for _, image := range o.images {
		pod.Containers = append(pod.Containers, corev1.Container{Name: containerName(image), Image: image, Command: in.command})
	}
	if o.port >= 0 && len(pod.Containers) > 0 {
		pod.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: o.port}}
	}
	return made, nil
}

// containerName is an image's last path element without tag and digest. What
// must be changed to be a valid name gets a random end, since other images may
// come out the same.
func containerName(image string) string {
	name := image[strings.LastIndex(image, "/")+1:]
	name, _, _ = strings.Cut(name, ":")
	name, _, _ = strings.Cut(name, "@")
	if strings.ContainsAny(name, "_.") {
		name = strings.NewReplacer("_", "-", ".", "-").Replace(name) + "-" + utilrand.String(5)
	}
	return name
}
