package podspec

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// seenPort is a container port and where it stands.
type seenPort struct {
	path *field.Path
	port corev1.ContainerPort
}

// portWarnings warns of ports that are defined more than once in a pod.
func portWarnings(spec *corev1.PodSpec, specPath *field.Path) []string {
	var warnings []string
	seen := map[string][]seenPort{}
	VisitContainers(spec, specPath, func(c *corev1.Container, path *field.Path) {
		for i, port := range c.Ports {
			portPath := path.Child("ports").Index(i)
			if port.HostIP != "" && port.HostPort == 0 {
				warnings = append(warnings, fmt.Sprintf("%s: hostIP set without hostPort: %+v", portPath, port))
			}
			key := fmt.Sprintf("%d/%s", port.ContainerPort, port.Protocol)
			for _, other := range seen[key] {
				if how := portConflict(port, other.port); how != "" {
					warnings = append(warnings, fmt.Sprintf("%s: %s port definition with %s", portPath, how, other.path))
				}
			}
			seen[key] = append(seen[key], seenPort{portPath, port})
		}
	})
	return warnings
}

// portNameWarnings warns of ports of one pod that share a name: who goes by names
// finds the first one only.
func portNameWarnings(spec *corev1.PodSpec, specPath *field.Path) []string {
	var warnings []string
	first := map[string]*field.Path{}
	VisitContainers(spec, specPath, func(c *corev1.Container, path *field.Path) {
		for i, port := range c.Ports {
			portPath := path.Child("ports").Index(i)
			switch other := first[port.Name]; {
			case port.Name == "":
			case other == nil:
				first[port.Name] = portPath
			default:
				warnings = append(warnings, fmt.Sprintf(
					"%s: duplicate port name %q with %s, services and probes that select ports by name will use %s", portPath, port.Name, other, other))
			}
		}
	})
	return warnings
}

// portConflict says how two definitions of one container port disturb each
// other; "" if they do not.
func portConflict(a, b corev1.ContainerPort) string {
	switch {
	case a.HostIP == b.HostIP && a.HostPort == b.HostPort:
		return "duplicate"
	case a.HostPort == 0 || b.HostPort == 0:
		return "overlapping"
	case a.HostPort == b.HostPort && (a.HostIP == "") != (b.HostIP == ""):
		return "dangerously ambiguous"
	default:
		return ""
	}
}
