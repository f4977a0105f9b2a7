// Package runtimeclass gives pods the overhead and the place that their runtime
// class asks for: https://kubernetes.io/docs/concepts/containers/runtime-class/
package runtimeclass

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/client"
)

// Plugin is the RuntimeClass admission plugin.
type Plugin struct {
	Client *client.Client
}

// errUnnamed is the answer for a class without a name, for which Kubernetes' own
// client does not even ask its server.
var errUnnamed = errors.New("resource name may not be empty")

// Name is the plugin's name.
func (Plugin) Name() string { return "RuntimeClass" }

// classOf is the class of a new pod, nil for none.
func (p Plugin) classOf(a *admission.Attributes) (*corev1.Pod, *nodev1.RuntimeClass, error) {
	if !a.Is("", "pods") || a.Operation != admission.Create {
		return nil, nil, nil
	}
	pod := a.Object.(*corev1.Pod)
	if pod.Spec.RuntimeClassName == nil {
		return pod, nil, nil
	}
	if *pod.Spec.RuntimeClassName == "" {
		return pod, nil, errUnnamed
	}
	class, ok := client.Get[*nodev1.RuntimeClass](p.Client, "", *pod.Spec.RuntimeClassName)
	if !ok {
		return pod, nil, forbidden(a, "pod rejected: RuntimeClass %q not found", *pod.Spec.RuntimeClassName)
	}
	return pod, class, nil
}

func forbidden(a *admission.Attributes, format string, args ...any) error {
	return apierrors.NewForbidden(a.Kind.GroupResource(), a.Name, fmt.Errorf(format, args...))
}

// Admit completes a new pod.
func (p Plugin) Admit(a *admission.Attributes) error {
	pod, class, err := p.classOf(a)
	if class == nil || err != nil {
		return err
	}
	if class.Overhead != nil {
		if len(pod.Spec.Overhead) > 0 && !equality.Semantic.DeepEqual(pod.Spec.Overhead, class.Overhead.PodFixed) {
			return forbidden(a, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
		}
		pod.Spec.Overhead = class.Overhead.PodFixed.DeepCopy()
	}
	if class.Scheduling != nil {
		return place(a, pod, class.Scheduling)
	}
	return nil
}

// place sends a pod to the nodes that support its class.
func place(a *admission.Attributes, pod *corev1.Pod, s *nodev1.Scheduling) error {
	for _, key := range slices.Sorted(maps.Keys(s.NodeSelector)) {
		value := s.NodeSelector[key]
		if have, ok := pod.Spec.NodeSelector[key]; ok && have != value {
			return forbidden(a, "conflict: runtimeClass.scheduling.nodeSelector[%s] = %s; pod.spec.nodeSelector[%s] = %s", key, value, key, have)
		}
	}
	if len(s.NodeSelector) > 0 {
		selector := maps.Clone(s.NodeSelector)
		maps.Copy(selector, pod.Spec.NodeSelector)
		pod.Spec.NodeSelector = selector
	}
	pod.Spec.Tolerations = withoutRedundant(slices.Concat(pod.Spec.Tolerations, s.Tolerations))
	return nil
}

// Validate refuses an overhead that comes from no class.
func (p Plugin) Validate(a *admission.Attributes) error {
	pod, class, err := p.classOf(a)
	if pod == nil || err != nil {
		return err
	}
	if pod.Spec.Overhead != nil && (class == nil || class.Overhead == nil) {
		return forbidden(a, "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")
	}
	return nil
}
