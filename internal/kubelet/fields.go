package kubelet

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// podField is the value of a field of a pod, as the downward API gives it.
func (k *Kubelet) podField(p *pod, path string) (string, error) {
	if name, key, ok := strings.Cut(path, "['"); ok {
		key = strings.TrimSuffix(key, "']")
		switch name {
		case "metadata.labels":
			return p.api.Labels[key], nil
		case "metadata.annotations":
			return p.api.Annotations[key], nil
		}
	}
	switch path {
	case "metadata.name":
		return p.api.Name, nil
	case "metadata.namespace":
		return p.api.Namespace, nil
	case "metadata.uid":
		return string(p.api.UID), nil
	case "metadata.labels":
		return formatMap(p.api.Labels), nil
	case "metadata.annotations":
		return formatMap(p.api.Annotations), nil
	case "spec.nodeName":
		return p.api.Spec.NodeName, nil
	case "spec.serviceAccountName":
		return p.api.Spec.ServiceAccountName, nil
	case "status.hostIP":
		return first(k.config.IPs), nil
	case "status.hostIPs":
		return strings.Join(k.config.IPs, ","), nil
	case "status.podIP":
		return p.ip(), nil
	case "status.podIPs":
		return strings.Join(p.sandbox.ips, ","), nil
	}
	return "", fmt.Errorf("unsupported fieldPath: %v", path)
}

// formatMap is a map as a downward API file shows it.
func formatMap(m map[string]string) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "%v=%q\n", key, m[key])
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// resourceField is the value of a request or limit of a container; a limit
// that is not set is what the node can give.
func (k *Kubelet) resourceField(p *pod, ref *corev1.ResourceFieldSelector, spec *corev1.Container) (string, error) {
	if ref.ContainerName != "" {
		if spec = namedContainer(&p.api.Spec, ref.ContainerName); spec == nil {
			return "", fmt.Errorf("container %s not found", ref.ContainerName)
		}
	}
	list, name, ok := strings.Cut(ref.Resource, ".")
	if !ok {
		return "", fmt.Errorf("unsupported container resource : %v", ref.Resource)
	}
	resources := spec.Resources.Requests
	if list == "limits" {
		resources = spec.Resources.Limits
	}
	q, set := resources[corev1.ResourceName(name)]
	if !set && list == "limits" {
		q = k.node.allocatable[corev1.ResourceName(name)]
	}
	divisor := ref.Divisor
	if divisor.IsZero() {
		divisor = resource.MustParse("1")
	}
	if name == string(corev1.ResourceCPU) {
		return strconv.FormatInt(ceilDiv(q.MilliValue(), divisor.MilliValue()), 10), nil
	}
	return strconv.FormatInt(ceilDiv(q.Value(), divisor.Value()), 10), nil
}

func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }

func namedContainer(spec *corev1.PodSpec, name string) *corev1.Container {
	for _, list := range [][]corev1.Container{spec.Containers, spec.InitContainers} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return nil
}
