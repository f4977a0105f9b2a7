// Package podresize lets pods be resized only to what their node could give them.
package podresize

import (
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/resource"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/client"
)

// The causes of refusals that tools can tell apart.
const (
	nodeCapacity        metav1.CauseType = "NodeCapacity"
	unsupportedPlatform metav1.CauseType = "UnsupportedPlatform"
)

// Plugin is the PodResizeValidator admission plugin.
type Plugin struct{ Client *client.Client }

// Name is the plugin's name.
func (Plugin) Name() string { return "PodResizeValidator" }

// Validate checks a resize that changes something of a pod that has a node.
func (p Plugin) Validate(a *admission.Attributes) error {
	if a.Operation != admission.Update || a.Kind.Resource != "pods" || a.Subresource != "resize" {
		return nil
	}
	pod := a.Object.(*corev1.Pod)
	if pod.Spec.NodeName == "" || pod.Generation == a.Old.GetGeneration() {
		return nil
	}
	node, ok := client.Get[*corev1.Node](p.Client, "", pod.Spec.NodeName)
	if !ok {
		return refused(a, fmt.Errorf("node %q not found", pod.Spec.NodeName))
	}
	if system, known := node.Labels[corev1.LabelOSStable]; known && system != "linux" {
		return refused(a, fmt.Errorf("pod resize is only supported on linux nodes, node %q is %q", node.Name, system), unsupportedPlatform)
	}
	if err := checkAllocatable(pod, node.Status.Allocatable); err != nil {
		return refused(a, err, nodeCapacity)
	}
	return nil
}

func refused(a *admission.Attributes, err error, causes ...metav1.CauseType) error {
	refusal := apierrors.NewForbidden(a.Kind.GroupResource(), a.Name, err)
	for _, cause := range causes {
		refusal.ErrStatus.Details.Causes = append(refusal.ErrStatus.Details.Causes, metav1.StatusCause{Type: cause})
	}
	return refusal
}

// checkAllocatable fails where a pod asks for more than its node has in all.
func checkAllocatable(pod *corev1.Pod, allocatable corev1.ResourceList) error {
	requests := resource.PodRequests(pod, resource.PodResourcesOptions{})
	var lacking []string
	if asked, has := requests.Cpu(), allocatable.Cpu(); asked.Cmp(*has) > 0 {
		lacking = append(lacking, fmt.Sprintf("cpu, requested: %d, allocatable: %d", asked.MilliValue(), has.MilliValue()))
	}
	if asked, has := requests.Memory(), allocatable.Memory(); asked.Cmp(*has) > 0 {
		lacking = append(lacking, fmt.Sprintf("memory, requested: %d, allocatable: %d", asked.Value(), has.Value()))
	}
	if lacking == nil {
		return nil
	}
	return errors.New("node didn't have enough allocatable resources: " + strings.Join(lacking, "; "))
}
