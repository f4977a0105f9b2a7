package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// VisitContainers calls visit for every container of a pod: init containers,
// then regular ones, then ephemeral ones. Each comes with its field path below
// specPath, nil for callers that need none. An ephemeral container is seen
// through the fields it shares with the others, and may be changed through the
// pointer like them.
func VisitContainers(spec *corev1.PodSpec, specPath *field.Path, visit func(*corev1.Container, *field.Path)) {
	for i := range spec.InitContainers {
		visit(&spec.InitContainers[i], listed(specPath, "initContainers", i))
	}
	for i := range spec.Containers {
		visit(&spec.Containers[i], listed(specPath, "containers", i))
	}
	for i := range spec.EphemeralContainers {
		common := &spec.EphemeralContainers[i].EphemeralContainerCommon
		visit((*corev1.Container)(common), listed(specPath, "ephemeralContainers", i))
	}
}

// listed is the path of an element of a list below a path, nil below none.
func listed(path *field.Path, list string, i int) *field.Path {
	if path == nil {
		return nil
	}
	return path.Child(list).Index(i)
}

// IsSidecar reports whether an init container keeps running beside the regular
// containers (restartPolicy: Always).
func IsSidecar(c *corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

func usesHostUsers(spec *corev1.PodSpec) bool {
	return spec.HostUsers == nil || *spec.HostUsers
}

func isOS(spec *corev1.PodSpec, name corev1.OSName) bool {
	return spec.OS != nil && spec.OS.Name == name
}
