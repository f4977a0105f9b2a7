package describe

import (
	"fmt"
	"math"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// environmentFrom writes the sources of whole sets of variables.
func (w *writer) environmentFrom(container corev1.Container) {
	if len(container.EnvFrom) == 0 {
		return
	}
	w = w.section("Environment Variables from")
	for _, source := range container.EnvFrom {
		kind, name, optional := "", "", false
		switch {
		case source.ConfigMapRef != nil:
			kind, name, optional = "ConfigMap", source.ConfigMapRef.Name, deref(source.ConfigMapRef.Optional)
		case source.SecretRef != nil:
			kind, name, optional = "Secret", source.SecretRef.Name, deref(source.SecretRef.Optional)
		}
		if source.Prefix != "" {
			kind += fmt.Sprintf(" with prefix '%s'", source.Prefix)
		}
		w.line("%s\t%s\tOptional: %t", name, kind, optional)
	}
}

// environment writes the variables of a container. The pod, if not nil, gives
// the values of its own fields.
func (w *writer) environment(container corev1.Container, pod *corev1.Pod) {
	if len(container.Env) == 0 {
		w.field("Environment", "<none>")
		return
	}
	w = w.section("Environment")
	for _, variable := range container.Env {
		if variable.ValueFrom != nil {
			w.variableFrom(variable, container, pod)
			continue
		}
		label := variable.Name + ":"
		for line := range strings.SplitSeq(variable.Value, "\n") {
			w.line("%s\t%s", label, line)
			label = ""
		}
	}
}

func (w *writer) variableFrom(variable corev1.EnvVar, container corev1.Container, pod *corev1.Pod) {
	switch from := variable.ValueFrom; {
	case from.FieldRef != nil:
		w.fieldf(variable.Name, "%s (%s:%s)", podField(pod, from.FieldRef), from.FieldRef.APIVersion, from.FieldRef.FieldPath)
	case from.ResourceFieldRef != nil:
		name := from.ResourceFieldRef.Resource
		w.fieldf(variable.Name, "%s (%s)", containerResource(from.ResourceFieldRef, container), name)
	case from.SecretKeyRef != nil:
		ref := from.SecretKeyRef
		w.fieldf(variable.Name, "<set to the key '%s' in secret '%s'>\tOptional: %t", ref.Key, ref.Name, deref(ref.Optional))
	case from.ConfigMapKeyRef != nil:
		ref := from.ConfigMapKeyRef
		w.fieldf(variable.Name, "<set to the key '%s' of config map '%s'>\tOptional: %t", ref.Key, ref.Name, deref(ref.Optional))
	}
}

// podField is the value of a field of a pod, as far as a client can tell:
// only that of its name and namespace.
func podField(pod *corev1.Pod, ref *corev1.ObjectFieldSelector) string {
	if pod == nil || strings.Count(ref.APIVersion, "/") > 1 {
		return ""
	}
	switch ref.FieldPath {
	case "metadata.name":
		return pod.Name
	case "metadata.namespace":
		return pod.Namespace
	default:
		return ""
	}
}

// containerResource is a limit or request of a container in units of the
// divisor, rounded up.
func containerResource(ref *corev1.ResourceFieldSelector, container corev1.Container) string {
	list, name := container.Resources.Limits, strings.TrimPrefix(ref.Resource, "limits.")
	if requested, ok := strings.CutPrefix(ref.Resource, "requests."); ok {
		list, name = container.Resources.Requests, requested
	} else if name == ref.Resource {
		return ""
	}
	divisor := ref.Divisor
	if divisor.IsZero() {
		divisor = resource.MustParse("1")
	}
	quantity := list[corev1.ResourceName(name)]
	var units float64
	switch {
	case name == string(corev1.ResourceCPU):
		units = float64(quantity.MilliValue()) / float64(divisor.MilliValue())
	case name == string(corev1.ResourceMemory), name == string(corev1.ResourceEphemeralStorage),
		strings.HasPrefix(name, corev1.ResourceHugePagesPrefix):
		units = float64(quantity.Value()) / float64(divisor.Value())
	default:
		return ""
	}
	value := int64(math.Ceil(units))
	if value == 0 && (ref.Resource == "limits.cpu" || ref.Resource == "limits.memory") {
		return "node allocatable"
	}
	return fmt.Sprint(value)
}
