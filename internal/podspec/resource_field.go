package podspec

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

var (
	resourceFieldPaths = sets.New("limits.cpu", "limits.memory", "limits.ephemeral-storage",
		"requests.cpu", "requests.memory", "requests.ephemeral-storage")
	cpuDivisors  = sets.New("1m", "1")
	byteDivisors = sets.New("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")
)

// byteResources name the resources counted in bytes as messages call them.
var byteResources = map[string]string{
	"memory":            "memory",
	"ephemeral-storage": "local ephemeral storage",
}

// validateResourceFieldRef validates a reference to what a container requests
// or is limited to.
func validateResourceFieldRef(ref *corev1.ResourceFieldSelector, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	switch {
	case ref.Resource == "":
		errs = append(errs, field.Required(path.Child("resource"), ""))
	case !isHugePagesField(ref.Resource):
		errs = append(errs, supported(path.Child("resource"), ref.Resource, sets.List(resourceFieldPaths))...)
	}
	return append(errs, validateDivisor(ref, path.Child("divisor"))...)
}

// validateVolumeResourceFieldRef is [validateResourceFieldRef] in a volume,
// which belongs to no container, so the reference must name one.
func validateVolumeResourceFieldRef(ref *corev1.ResourceFieldSelector, path *field.Path) field.ErrorList {
	if ref.ContainerName != "" {
		return validateResourceFieldRef(ref, path)
	}
	errs := field.ErrorList{field.Required(path.Child("containerName"), "")}
	return append(errs, validateDivisor(ref, path.Child("divisor"))...)
}

func isHugePagesField(name string) bool {
	return strings.HasPrefix(name, "requests."+corev1.ResourceHugePagesPrefix) ||
		strings.HasPrefix(name, "limits."+corev1.ResourceHugePagesPrefix)
}

func validateDivisor(ref *corev1.ResourceFieldSelector, path *field.Path) field.ErrorList {
	if ref.Divisor.IsZero() {
		return nil
	}
	divisor := ref.Divisor.String()
	_, name, _ := strings.Cut(ref.Resource, ".")
	kind, inBytes := byteResources[name]
	if isHugePagesField(ref.Resource) {
		kind, inBytes = "hugepages", true
	}
	switch {
	case name == "cpu" && !cpuDivisors.Has(divisor):
		return field.ErrorList{field.Invalid(path, ref.Resource, "only divisor's values 1m and 1 are supported with the cpu resource")}
	case inBytes && !byteDivisors.Has(divisor):
		return field.ErrorList{field.Invalid(path, ref.Resource,
			"only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the "+kind+" resource")}
	}
	return nil
}
