package kubelet

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubejig/kubejig/internal/client"
)

// environment collects the variables of a container.
type environment struct {
	kubelet *Kubelet
	pod     *pod
	spec    *corev1.Container
	// values that are known so far; own are the names in the order of the
	// container's spec.
	values   map[string]string
	own      []string
	services map[string]string
}

// environmentOf resolves the environment of a container.
func (k *Kubelet) environmentOf(p *pod, c *container) (*environment, error) {
	e := &environment{kubelet: k, pod: p, spec: p.spec(c), values: map[string]string{}, services: k.serviceVariables(p)}
	for i := range e.spec.EnvFrom {
		if err := e.addFrom(&e.spec.EnvFrom[i]); err != nil {
			return nil, err
		}
	}
	for i := range e.spec.Env {
		if err := e.add(&e.spec.Env[i]); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// lookup finds a variable for an expansion.
func (e *environment) lookup(name string) (string, bool) {
	if v, ok := e.values[name]; ok {
		return v, true
	}
	v, ok := e.services[name]
	return v, ok
}

// list is the container's own variables in order, then the others by name.
func (e *environment) list() []EnvVar {
	out := make([]EnvVar, 0, len(e.values)+len(e.services))
	listed := make(map[string]bool, len(e.own))
	for _, name := range e.own {
		if !listed[name] {
			listed[name] = true
			out = append(out, EnvVar{name, e.values[name]})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.values)) {
		if !listed[name] {
			out = append(out, EnvVar{name, e.values[name]})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.services)) {
		if _, own := e.values[name]; !own {
			out = append(out, EnvVar{name, e.services[name]})
		}
	}
	return out
}

// addFrom adds all of a ConfigMap or Secret.
func (e *environment) addFrom(from *corev1.EnvFromSource) error {
	var data map[string]string
	var err error
	switch {
	case from.ConfigMapRef != nil:
		data, err = e.configMap(from.ConfigMapRef.Name, from.ConfigMapRef.Optional)
	case from.SecretRef != nil:
		data, err = e.secret(from.SecretRef.Name, from.SecretRef.Optional)
	}
	if err != nil {
		return err
	}
	for name, value := range data {
		if name = from.Prefix + name; len(validation.IsRelaxedEnvVarName(name)) == 0 {
			e.values[name] = value
		}
	}
	return nil
}

// add adds one variable of the spec.
func (e *environment) add(v *corev1.EnvVar) error {
	value := expand(v.Value, e.lookup)
	if v.ValueFrom != nil {
		found, ok, err := e.valueFrom(v.ValueFrom)
		if err != nil || !ok {
			return err
		}
		value = found
	}
	e.values[v.Name] = value
	e.own = append(e.own, v.Name)
	return nil
}

// valueFrom resolves a reference; ok is false for an optional one that is not
// there.
func (e *environment) valueFrom(from *corev1.EnvVarSource) (value string, ok bool, err error) {
	switch {
	case from.FieldRef != nil:
		value, err = e.kubelet.podField(e.pod, from.FieldRef.FieldPath)
		return value, true, err
	case from.ResourceFieldRef != nil:
		value, err = e.kubelet.resourceField(e.pod, from.ResourceFieldRef, e.spec)
		return value, true, err
	case from.ConfigMapKeyRef != nil:
		ref := from.ConfigMapKeyRef
		data, err := e.configMap(ref.Name, ref.Optional)
		return e.key(data, err, ref.Key, ref.Optional, "ConfigMap", ref.Name)
	case from.SecretKeyRef != nil:
		ref := from.SecretKeyRef
		data, err := e.secret(ref.Name, ref.Optional)
		return e.key(data, err, ref.Key, ref.Optional, "Secret", ref.Name)
	}
	return "", false, fmt.Errorf("environment from a file is not supported")
}

func (e *environment) key(data map[string]string, err error, key string, optional *bool, kind, name string) (string, bool, error) {
	if err != nil {
		return "", false, err
	}
	value, ok := data[key]
	if !ok && !isTrue(optional) {
		return "", false, fmt.Errorf("couldn't find key %v in %s %v/%v", key, kind, e.pod.api.Namespace, name)
	}
	return value, ok, nil
}

// configMap is the data of a ConfigMap, nil for an optional one that is not
// there.
func (e *environment) configMap(name string, optional *bool) (map[string]string, error) {
	m, ok := client.Get[*corev1.ConfigMap](e.kubelet.client, e.pod.api.Namespace, name)
	if ok {
		return m.Data, nil
	}
	if isTrue(optional) {
		return nil, nil
	}
	return nil, fmt.Errorf("configmap %q not found", name)
}

func (e *environment) secret(name string, optional *bool) (map[string]string, error) {
	s, ok := client.Get[*corev1.Secret](e.kubelet.client, e.pod.api.Namespace, name)
	if !ok {
		if isTrue(optional) {
			return nil, nil
		}
		return nil, fmt.Errorf("secret %q not found", name)
	}
	data := make(map[string]string, len(s.Data))
	for key, value := range s.Data {
		data[key] = string(value)
	}
	return data, nil
}

func isTrue(b *bool) bool { return b != nil && *b }
