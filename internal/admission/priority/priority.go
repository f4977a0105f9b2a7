// Package priority resolves the priority class of pods, and keeps at most one
// class the default.
package priority

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/client"
)

// Plugin is the Priority admission plugin.
type Plugin struct {
	Client *client.Client
}

// Name is the plugin's name.
func (Plugin) Name() string { return "Priority" }

// Admit gives a new pod the priority of its class.
func (p Plugin) Admit(a *admission.Attributes) error {
	if !a.Is("", "pods") {
		return nil
	}
	switch a.Operation {
	case admission.Create:
		return p.resolve(a, a.Object.(*corev1.Pod))
	case admission.Update:
		pod, old := a.Object.(*corev1.Pod), a.Old.(*corev1.Pod)
		if old.Spec.Priority != nil && pod.Spec.Priority == nil {
			pod.Spec.Priority = old.Spec.Priority
		}
		if old.Spec.PreemptionPolicy != nil && pod.Spec.PreemptionPolicy == nil {
			pod.Spec.PreemptionPolicy = old.Spec.PreemptionPolicy
		}
	}
	return nil
}

func (p Plugin) resolve(a *admission.Attributes, pod *corev1.Pod) error {
	class, err := p.classOf(a, pod)
	if err != nil {
		return err
	}
	value, policy := int32(0), corev1.PreemptLowerPriority
	if class != nil {
		pod.Spec.PriorityClassName = class.Name
		value = class.Value
		if class.PreemptionPolicy != nil {
			policy = *class.PreemptionPolicy
		}
	}
	if pod.Spec.Priority != nil && *pod.Spec.Priority != value {
		return apierrors.NewForbidden(a.Kind.GroupResource(), a.Name, fmt.Errorf("the integer value of priority (%d) must not be provided in pod spec; priority admission controller computed %d from the given PriorityClass name", *pod.Spec.Priority, value))
	}
	if pod.Spec.PreemptionPolicy != nil && *pod.Spec.PreemptionPolicy != policy {
		return apierrors.NewForbidden(a.Kind.GroupResource(), a.Name, fmt.Errorf("the string value of PreemptionPolicy (%s) must not be provided in pod spec; priority admission controller computed %s from the given PriorityClass name", *pod.Spec.PreemptionPolicy, policy))
	}
	pod.Spec.Priority = &value
	pod.Spec.PreemptionPolicy = &policy
	return nil
}

// classOf is the class that a pod names, else the default one, else nil.
func (p Plugin) classOf(a *admission.Attributes, pod *corev1.Pod) (*schedulingv1.PriorityClass, error) {
	if name := pod.Spec.PriorityClassName; name != "" {
		class, ok := client.Get[*schedulingv1.PriorityClass](p.Client, "", name)
		if !ok {
			return nil, apierrors.NewForbidden(a.Kind.GroupResource(), a.Name, fmt.Errorf("no PriorityClass with name %v was found", name))
		}
		return class, nil
	}
	return p.defaultClass(), nil
}

// defaultClass is the global default with the lowest value, nil without one.
func (p Plugin) defaultClass() *schedulingv1.PriorityClass {
	var chosen *schedulingv1.PriorityClass
	for _, class := range client.List[*schedulingv1.PriorityClass](p.Client, "", nil) {
		if class.GlobalDefault && (chosen == nil || class.Value < chosen.Value) {
			chosen = class
		}
	}
	return chosen
}

// Validate refuses a second default class.
func (p Plugin) Validate(a *admission.Attributes) error {
	if !a.Is(schedulingv1.GroupName, "priorityclasses") || a.Object == nil {
		return nil
	}
	class := a.Object.(*schedulingv1.PriorityClass)
	if !class.GlobalDefault {
		return nil
	}
	if current := p.defaultClass(); current != nil && current.Name != class.Name {
		return apierrors.NewForbidden(a.Kind.GroupResource(), a.Name, fmt.Errorf("PriorityClass %v is already marked as default. Only one default can exist", current.Name))
	}
	return nil
}
