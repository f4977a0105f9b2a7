package expose

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/cli/resource"
)

// target is what a service can be made for.
type target struct {
	selector func() (map[string]string, error)
	ports    []port
}

// port is a port on which the object listens.
type port struct {
	number   int32
	protocol corev1.Protocol
}

// targetOf reads what is needed of an object.
func targetOf(info *resource.Info) (target, error) {
	switch object := info.Object.(type) {
	case *corev1.Pod:
		return target{func() (map[string]string, error) {
			if len(object.Labels) == 0 {
				return nil, fmt.Errorf("the pod has no labels and cannot be exposed")
			}
			return object.Labels, nil
		}, portsOf(object.Spec)}, nil
	case *corev1.Service:
		return target{func() (map[string]string, error) {
			if object.Spec.Selector == nil {
				return nil, fmt.Errorf("the service has no pod selector set")
			}
			return object.Spec.Selector, nil
		}, portsOfService(object.Spec)}, nil
	case *corev1.ReplicationController:
		return target{func() (map[string]string, error) { return object.Spec.Selector, nil }, portsOf(object.Spec.Template.Spec)}, nil
	case *appsv1.Deployment:
		return target{mapOf("deployment", object.Spec.Selector), portsOf(object.Spec.Template.Spec)}, nil
	case *appsv1.ReplicaSet:
		return target{mapOf("replicaset", object.Spec.Selector), portsOf(object.Spec.Template.Spec)}, nil
	}
	return target{}, fmt.Errorf("cannot expose a %s", info.Mapping.GroupVersionKind.GroupKind())
}

// mapOf is a selector as services have it: labels, no expressions.
func mapOf(kind string, selector *metav1.LabelSelector) func() (map[string]string, error) {
	return func() (map[string]string, error) {
		if selector == nil || len(selector.MatchLabels) == 0 {
			return nil, fmt.Errorf("invalid %s: no selectors, therefore cannot be exposed", kind)
		}
		if len(selector.MatchExpressions) > 0 {
			return nil, fmt.Errorf("couldn't convert expressions - \"%+v\" to map-based selector format", selector.MatchExpressions)
		}
		return selector.MatchLabels, nil
	}
}

func portsOf(pod corev1.PodSpec) []port {
	var ports []port
	for _, container := range pod.Containers {
		for _, p := range container.Ports {
			ports = append(ports, port{p.ContainerPort, orTCP(p.Protocol)})
		}
	}
	return ports
}

func portsOfService(service corev1.ServiceSpec) []port {
	var ports []port
	for _, p := range service.Ports {
		ports = append(ports, port{p.Port, orTCP(p.Protocol)})
	}
	return ports
}

func orTCP(protocol corev1.Protocol) corev1.Protocol {
	if protocol == "" {
		return corev1.ProtocolTCP
	}
	return protocol
}
