package podspec

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ValidateEnv validates environment variables.
func ValidateEnv(vars []corev1.EnvVar, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i := range vars {
		path := fldPath.Index(i)
		if vars[i].Name == "" {
			errs = append(errs, field.Required(path.Child("name"), ""))
		} else {
			errs = append(errs, invalid(path.Child("name"), vars[i].Name, validation.IsRelaxedEnvVarName(vars[i].Name))...)
		}
		errs = append(errs, validateEnvSource(&vars[i], path.Child("valueFrom"))...)
	}
	return errs
}

func validateEnvSource(env *corev1.EnvVar, path *field.Path) field.ErrorList {
	from := env.ValueFrom
	if from == nil {
		return nil
	}
	var errs field.ErrorList
	sources := 0
	if from.FieldRef != nil {
		sources++
		errs = append(errs, validateFieldRef(from.FieldRef, envFieldPaths, path.Child("fieldRef"))...)
	}
	if from.ResourceFieldRef != nil {
		sources++
		errs = append(errs, validateResourceFieldRef(from.ResourceFieldRef, path.Child("resourceFieldRef"))...)
	}
	if ref := from.ConfigMapKeyRef; ref != nil {
		sources++
		errs = append(errs, validateKeyRef(ref.Name, ref.Key, path.Child("configMapKeyRef"))...)
	}
	if ref := from.SecretKeyRef; ref != nil {
		sources++
		errs = append(errs, validateKeyRef(ref.Name, ref.Key, path.Child("secretKeyRef"))...)
	}
	if from.FileKeyRef != nil {
		sources++
		errs = append(errs, validateFileKeyRef(from.FileKeyRef, path.Child("fileKeyRef"))...)
	}
	switch {
	case sources == 0:
		errs = append(errs, field.Invalid(path, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"))
	case env.Value != "":
		errs = append(errs, field.Invalid(path, "", "may not be specified when `value` is not empty"))
	case sources > 1:
		errs = append(errs, field.Invalid(path, "", "may not have more than one field specified at a time"))
	}
	return errs
}

func validateKeyRef(name, key string, path *field.Path) field.ErrorList {
	errs := ValidateDNS1123Subdomain(name, path.Child("name"))
	if key == "" {
		return append(errs, field.Required(path.Child("key"), ""))
	}
	return append(errs, invalid(path.Child("key"), key, validation.IsConfigMapKey(key))...)
}

func validateFileKeyRef(ref *corev1.FileKeySelector, path *field.Path) field.ErrorList {
	errs := requireFields(path, fieldValue{"key", ref.Key})
	if ref.Key != "" {
		errs = append(errs, invalid(path.Child("key"), ref.Key, validation.IsRelaxedEnvVarName(ref.Key))...)
	}
	errs = append(errs, requireFields(path, fieldValue{"volumeName", ref.VolumeName})...)
	if ref.VolumeName != "" {
		errs = append(errs, ValidateDNS1123Label(ref.VolumeName, path.Child("volumeName"))...)
	}
	errs = append(errs, requireFields(path, fieldValue{"path", ref.Path})...)
	return append(errs, ValidateNoBacksteps(ref.Path, path.Child("path"))...)
}

// validateFileKeyVolumes requires environment files to lie in emptyDir volumes
// of the pod.
func validateFileKeyVolumes(spec *corev1.PodSpec, specPath *field.Path) field.ErrorList {
	volumes := map[string]corev1.VolumeSource{}
	for _, v := range spec.Volumes {
		volumes[v.Name] = v.VolumeSource
	}
	var errs field.ErrorList
	VisitContainers(spec, specPath, func(c *corev1.Container, path *field.Path) {
		for i, env := range c.Env {
			if env.ValueFrom == nil || env.ValueFrom.FileKeyRef == nil {
				continue
			}
			name := env.ValueFrom.FileKeyRef.VolumeName
			namePath := path.Child("env").Index(i).Child("valueFrom", "fileKeyRef", "volumeName")
			if source, found := volumes[name]; !found {
				errs = append(errs, field.NotFound(namePath, name))
			} else if source.EmptyDir == nil {
				errs = append(errs, field.Invalid(namePath, name, "referenced volume must be of type emptyDir"))
			}
		}
	})
	return errs
}

// ValidateEnvFrom validates the config maps and secrets that an environment is
// taken from.
func ValidateEnvFrom(sources []corev1.EnvFromSource, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, source := range sources {
		path := fldPath.Index(i)
		if source.Prefix != "" {
			errs = append(errs, invalid(path.Child("prefix"), source.Prefix, validation.IsRelaxedEnvVarName(source.Prefix))...)
		}
		if source.ConfigMapRef != nil {
			errs = append(errs, validateEnvFromName(source.ConfigMapRef.Name, path.Child("configMapRef", "name"))...)
		}
		if source.SecretRef != nil {
			errs = append(errs, validateEnvFromName(source.SecretRef.Name, path.Child("secretRef", "name"))...)
		}
		switch {
		case source.ConfigMapRef == nil && source.SecretRef == nil:
			errs = append(errs, field.Invalid(fldPath, "", "must specify one of: `configMapRef` or `secretRef`"))
		case source.ConfigMapRef != nil && source.SecretRef != nil:
			errs = append(errs, field.Invalid(fldPath, "", "may not have more than one field specified at a time"))
		}
	}
	return errs
}

func validateEnvFromName(name string, path *field.Path) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	// The server checks the name as a prefix, so a trailing dash passes.
	return invalid(path, name, apivalidation.NameIsDNSSubdomain(name, true))
}

// downwardFields are the pod fields that references can name, whether or not
// the place of the reference supports them.
var downwardFields = sets.New(
	"metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid",
	"spec.nodeName", "spec.restartPolicy", "spec.serviceAccountName", "spec.schedulerName",
	"status.phase", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs", "spec.host")

var (
	envFieldPaths = sets.New("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName",
		"spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs")
	volumeFieldPaths = sets.New("metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid")
)

// validateFieldRef validates a reference to a field of the pod. allowed are the
// whole fields; single labels and annotations are allowed everywhere.
func validateFieldRef(ref *corev1.ObjectFieldSelector, allowed sets.Set[string], path *field.Path) field.ErrorList {
	if ref.APIVersion == "" {
		return field.ErrorList{field.Required(path.Child("apiVersion"), "")}
	}
	if ref.FieldPath == "" {
		return field.ErrorList{field.Required(path.Child("fieldPath"), "")}
	}
	base, subscript, subscripted := splitSubscript(ref.FieldPath)
	if err := checkDownwardField(ref, base, subscripted); err != nil {
		return field.ErrorList{field.Invalid(path.Child("fieldPath"), ref.FieldPath, fmt.Sprintf("error converting fieldPath: %v", err))}
	}
	switch {
	case subscripted && base == "metadata.annotations":
		return ValidateQualifiedName(strings.ToLower(subscript), path)
	case subscripted:
		return ValidateQualifiedName(subscript, path)
	case base == "spec.host":
		base = "spec.nodeName" // its name before v1
	}
	return supported(path.Child("fieldPath"), base, sets.List(allowed))
}

func checkDownwardField(ref *corev1.ObjectFieldSelector, base string, subscripted bool) error {
	switch {
	case ref.APIVersion != "v1":
		return fmt.Errorf("unsupported pod version: %s", ref.APIVersion)
	case subscripted && base != "metadata.annotations" && base != "metadata.labels":
		return fmt.Errorf("field label does not support subscript: %s", ref.FieldPath)
	case !downwardFields.Has(base):
		return fmt.Errorf("field label not supported: %s", ref.FieldPath)
	}
	return nil
}

// splitSubscript splits metadata.labels['app'] into metadata.labels and app.
func splitSubscript(fieldPath string) (base, subscript string, ok bool) {
	inner, closed := strings.CutSuffix(fieldPath, "']")
	if base, subscript, ok = strings.Cut(inner, "['"); closed && ok && base != "" {
		return base, subscript, true
	}
	return fieldPath, "", false
}
