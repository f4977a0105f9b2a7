package set

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	resourcehelper "k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/cli/factory"
)

// lister shows the environment of one container.
type lister struct {
	f         *factory.Factory
	namespace string
	resolve   bool
	object    runtime.Object
	container *corev1.Container
}

// list prints the variables; false means that some could not be resolved.
func (l *lister) list(ctx context.Context) bool {
	failed := map[string][]string{}
	for _, variable := range l.container.Env {
		if variable.ValueFrom == nil {
			fmt.Fprintf(l.f.Out, "%s=%s\n", variable.Name, variable.Value)
			continue
		}
		if l.resolve {
			value, err := l.value(ctx, variable.ValueFrom)
			if err == nil {
				fmt.Fprintf(l.f.Out, "%s=%s\n", variable.Name, value)
				continue
			}
			failed[err.Error()] = append(failed[err.Error()], variable.Name)
		}
		fmt.Fprintf(l.f.Out, "# %s from %s\n", variable.Name, reference(variable.ValueFrom))
	}
	var messages []string
	for _, text := range slices.Sorted(maps.Keys(failed)) {
		names := slices.Sorted(slices.Values(failed[text]))
		messages = append(messages, fmt.Sprintf("error retrieving reference for %s: %v", strings.Join(names, ", "), text))
	}
	for _, message := range slices.Sorted(slices.Values(messages)) {
		fmt.Fprintln(l.f.ErrOut, message)
	}
	return len(failed) == 0
}

// reference words where a value comes from.
func reference(from *corev1.EnvVarSource) string {
	switch {
	case from.ConfigMapKeyRef != nil:
		return fmt.Sprintf("configmap %s, key %s", from.ConfigMapKeyRef.Name, from.ConfigMapKeyRef.Key)
	case from.SecretKeyRef != nil:
		return fmt.Sprintf("secret %s, key %s", from.SecretKeyRef.Name, from.SecretKeyRef.Key)
	case from.FieldRef != nil:
		return fmt.Sprintf("field path %s", from.FieldRef.FieldPath)
	case from.ResourceFieldRef != nil && from.ResourceFieldRef.ContainerName != "":
		return fmt.Sprintf("resource field %s/%s", from.ResourceFieldRef.ContainerName, from.ResourceFieldRef.Resource)
	case from.ResourceFieldRef != nil:
		return fmt.Sprintf("resource field %s", from.ResourceFieldRef.Resource)
	}
	return "invalid valueFrom"
}

// value looks a reference up.
func (l *lister) value(ctx context.Context, from *corev1.EnvVarSource) (string, error) {
	switch {
	case from.SecretKeyRef != nil:
		secret := &corev1.Secret{}
		if err := l.get(ctx, "secrets", from.SecretKeyRef.Name, secret); err != nil {
			return "", err
		}
		if data, ok := secret.Data[from.SecretKeyRef.Key]; ok {
			return string(data), nil
		}
		return "", fmt.Errorf("key %s not found in secret %s", from.SecretKeyRef.Key, from.SecretKeyRef.Name)
	case from.ConfigMapKeyRef != nil:
		configMap := &corev1.ConfigMap{}
		if err := l.get(ctx, "configmaps", from.ConfigMapKeyRef.Name, configMap); err != nil {
			return "", err
		}
		if data, ok := configMap.Data[from.ConfigMapKeyRef.Key]; ok {
			return data, nil
		}
		return "", fmt.Errorf("key %s not found in config map %s", from.ConfigMapKeyRef.Key, from.ConfigMapKeyRef.Name)
	case from.FieldRef != nil:
		return l.field(from.FieldRef.FieldPath)
	case from.ResourceFieldRef != nil:
		return l.resource(from.ResourceFieldRef)
	}
	return "", fmt.Errorf("invalid valueFrom")
}

func (l *lister) get(ctx context.Context, resource, name string, into runtime.Object) error {
	client, err := l.f.TypedClient(corev1.SchemeGroupVersion)
	if err != nil {
		return err
	}
	return client.Get().Namespace(l.namespace).Resource(resource).Name(name).Do(ctx).Into(into)
}

// field is a field of the object's metadata, the only ones known beforehand.
func (l *lister) field(path string) (string, error) {
	accessor, err := meta.Accessor(l.object)
	if err != nil {
		return "", err
	}
	if rest, key, ok := strings.Cut(strings.TrimSuffix(path, "']"), "['"); ok {
		switch rest {
		case "metadata.annotations":
			return accessor.GetAnnotations()[key], nil
		case "metadata.labels":
			return accessor.GetLabels()[key], nil
		}
	}
	switch path {
	case "metadata.annotations":
		return formatMap(accessor.GetAnnotations()), nil
	case "metadata.labels":
		return formatMap(accessor.GetLabels()), nil
	case "metadata.name":
		return accessor.GetName(), nil
	case "metadata.namespace":
		return accessor.GetNamespace(), nil
	case "metadata.uid":
		return string(accessor.GetUID()), nil
	}
	return "", fmt.Errorf("unsupported fieldPath: %v", path)
}

func formatMap(values map[string]string) string {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		lines = append(lines, fmt.Sprintf("%v=%q", key, values[key]))
	}
	return strings.Join(lines, "\n")
}

// resource is a limit or request of the container, in the asked-for unit.
func (l *lister) resource(from *corev1.ResourceFieldSelector) (string, error) {
	divisor := from.Divisor
	if divisor.IsZero() {
		divisor = resourcehelper.MustParse("1")
	}
	where, name, ok := strings.Cut(from.Resource, ".")
	list := l.container.Resources.Limits
	switch {
	case !ok || where != "limits" && where != "requests":
		return "", fmt.Errorf("Unsupported container resource : %v", from.Resource)
	case where == "requests":
		list = l.container.Resources.Requests
	}
	quantity := list[corev1.ResourceName(name)]
	value, unit := quantity.Value(), divisor.Value()
	if name == string(corev1.ResourceCPU) {
		value, unit = quantity.MilliValue(), divisor.MilliValue()
	}
	return fmt.Sprint((value + unit - 1) / unit), nil
}
