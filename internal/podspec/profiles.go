package podspec

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/internalform"
)

// maxAppArmorProfile is the longest path that Linux accepts, without its end.
const maxAppArmorProfile = 4095

var (
	seccompTypes  = []corev1.SeccompProfileType{corev1.SeccompProfileTypeLocalhost, corev1.SeccompProfileTypeRuntimeDefault, corev1.SeccompProfileTypeUnconfined}
	appArmorTypes = []corev1.AppArmorProfileType{corev1.AppArmorProfileTypeLocalhost, corev1.AppArmorProfileTypeRuntimeDefault, corev1.AppArmorProfileTypeUnconfined}
)

func validateSeccompProfile(profile *corev1.SeccompProfile, path *field.Path) field.ErrorList {
	if profile == nil {
		return nil
	}
	var errs field.ErrorList
	if profile.Type == "" {
		errs = append(errs, field.Required(path.Child("type"), "type is required when seccompProfile is set"))
	} else {
		errs = append(errs, supported(path.Child("type"), profile.Type, seccompTypes)...)
	}
	local := path.Child("localhostProfile")
	switch isLocal := profile.Type == corev1.SeccompProfileTypeLocalhost; {
	case isLocal && profile.LocalhostProfile == nil:
		errs = append(errs, field.Required(local, "must be set when seccomp type is Localhost"))
	case isLocal:
		errs = append(errs, ValidateLocalDescendingPath(*profile.LocalhostProfile, local)...)
	case profile.LocalhostProfile != nil:
		errs = append(errs, field.Invalid(local, internalform.Of(profile), "can only be set when seccomp type is Localhost"))
	}
	return errs
}

func validateAppArmorProfile(profile *corev1.AppArmorProfile, path *field.Path) field.ErrorList {
	if profile == nil {
		return nil
	}
	local := path.Child("localhostProfile")
	switch profile.Type {
	case corev1.AppArmorProfileTypeLocalhost:
		return validateLocalAppArmorProfile(profile.LocalhostProfile, local)
	case corev1.AppArmorProfileTypeRuntimeDefault, corev1.AppArmorProfileTypeUnconfined:
		if profile.LocalhostProfile != nil {
			return field.ErrorList{field.Invalid(local, *profile.LocalhostProfile, "can only be set when AppArmor type is Localhost")}
		}
		return nil
	case "":
		return field.ErrorList{field.Required(path.Child("type"), "type is required when appArmorProfile is set")}
	default:
		return field.ErrorList{field.NotSupported(path.Child("type"), profile.Type, appArmorTypes)}
	}
}

func validateLocalAppArmorProfile(name *string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	switch {
	case name == nil || *name == "":
		return field.ErrorList{field.Required(path, "must be set when AppArmor type is Localhost")}
	case strings.TrimSpace(*name) != *name:
		errs = append(errs, field.Invalid(path, *name, "must not be padded with whitespace"))
	}
	if len(*name) > maxAppArmorProfile {
		errs = append(errs, field.TooLong(path, *name, maxAppArmorProfile))
	}
	return errs
}

// validateSeccompAnnotations validates the annotations from before there were
// fields.
func validateSeccompAnnotations(annotations map[string]string, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, key := range sortedKeys(annotations) {
		if key == corev1.SeccompPodAnnotationKey || strings.HasPrefix(key, corev1.SeccompContainerAnnotationKeyPrefix) {
			errs = append(errs, validateSeccompName(annotations[key], fldPath.Child(key))...)
		}
	}
	return errs
}

func validateSeccompName(name string, path *field.Path) field.ErrorList {
	switch name {
	case corev1.SeccompProfileRuntimeDefault, corev1.DeprecatedSeccompProfileDockerDefault, corev1.SeccompProfileNameUnconfined:
		return nil
	}
	if local, ok := strings.CutPrefix(name, corev1.SeccompLocalhostProfileNamePrefix); ok {
		return ValidateLocalDescendingPath(local, path)
	}
	return field.ErrorList{field.Invalid(path, name, "must be a valid seccomp profile")}
}

func validateAppArmorAnnotations(annotations map[string]string, spec *corev1.PodSpec, fldPath *field.Path) field.ErrorList {
	names := map[string]bool{}
	VisitContainers(spec, nil, func(c *corev1.Container, _ *field.Path) { names[c.Name] = true })
	var errs field.ErrorList
	for _, key := range sortedKeys(annotations) {
		container, ok := strings.CutPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix)
		if !ok {
			continue
		}
		if !names[container] {
			errs = append(errs, field.Invalid(fldPath.Key(key), container, "container not found"))
		}
		if profile := annotations[key]; appArmorFromName(profile) == nil && profile != "" {
			errs = append(errs, field.Invalid(fldPath.Key(key), profile, fmt.Sprintf("invalid AppArmor profile name: %q", profile)))
		}
	}
	return errs
}

// appArmorFromName translates an annotation's value; nil if it is not one.
func appArmorFromName(name string) *corev1.AppArmorProfile {
	switch name {
	case corev1.DeprecatedAppArmorBetaProfileRuntimeDefault:
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeRuntimeDefault}
	case corev1.DeprecatedAppArmorBetaProfileNameUnconfined:
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}
	}
	if local, ok := strings.CutPrefix(name, corev1.DeprecatedAppArmorBetaProfileNamePrefix); ok {
		return &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeLocalhost, LocalhostProfile: &local}
	}
	return nil
}

// profileNames are the annotations' spellings of the types in the fields.
type profileNames struct {
	kind           string
	runtimeDefault []string
	unconfined     string
	localPrefix    string
}

var (
	seccompNames = profileNames{
		kind:           "seccomp",
		runtimeDefault: []string{corev1.SeccompProfileRuntimeDefault, corev1.DeprecatedSeccompProfileDockerDefault},
		unconfined:     corev1.SeccompProfileNameUnconfined,
		localPrefix:    corev1.SeccompLocalhostProfileNamePrefix,
	}
	appArmorNames = profileNames{
		kind:           "apparmor",
		runtimeDefault: []string{corev1.DeprecatedAppArmorBetaProfileRuntimeDefault},
		unconfined:     corev1.DeprecatedAppArmorBetaProfileNameUnconfined,
		localPrefix:    corev1.DeprecatedAppArmorBetaProfileNamePrefix,
	}
)

// validateMatch requires an annotation to say the same as the field it precedes.
func (n profileNames) validateMatch(annotation, profileType string, local *string, path *field.Path) field.ErrorList {
	matches := true
	switch profileType {
	case string(corev1.SeccompProfileTypeUnconfined):
		matches = annotation == n.unconfined
	case string(corev1.SeccompProfileTypeRuntimeDefault):
		matches = annotation == n.runtimeDefault[0] || annotation == n.runtimeDefault[len(n.runtimeDefault)-1]
	case string(corev1.SeccompProfileTypeLocalhost):
		name, isLocal := strings.CutPrefix(annotation, n.localPrefix)
		if isLocal && (local == nil || *local != name) {
			return field.ErrorList{field.Forbidden(path.Child("localhostProfile"), n.kind+" profile in annotation and field must match")}
		}
		matches = isLocal
	}
	if matches {
		return nil
	}
	return field.ErrorList{field.Forbidden(path.Child("type"), n.kind+" type in annotation and field must match")}
}

// validateSeccompMatch compares seccomp annotations with the fields.
func validateSeccompMatch(meta *metav1.ObjectMeta, spec *corev1.PodSpec, specPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	check := func(key string, profile *corev1.SeccompProfile, path *field.Path) {
		if annotation, found := meta.Annotations[key]; found && profile != nil {
			errs = append(errs, seccompNames.validateMatch(annotation, string(profile.Type), profile.LocalhostProfile, path)...)
		}
	}
	if spec.SecurityContext != nil {
		check(corev1.SeccompPodAnnotationKey, spec.SecurityContext.SeccompProfile, specPath.Child("securityContext", "seccompProfile"))
	}
	VisitContainers(spec, specPath, func(c *corev1.Container, path *field.Path) {
		if c.SecurityContext != nil {
			check(corev1.SeccompContainerAnnotationKeyPrefix+c.Name, c.SecurityContext.SeccompProfile, path.Child("securityContext", "seccompProfile"))
		}
	})
	return errs
}

// validateAppArmorMatch compares AppArmor annotations with the fields, where a
// container's profile may come from its pod.
func validateAppArmorMatch(meta *metav1.ObjectMeta, spec *corev1.PodSpec, specPath *field.Path) field.ErrorList {
	if isOS(spec, corev1.Windows) {
		return nil
	}
	var errs field.ErrorList
	VisitContainers(spec, specPath, func(c *corev1.Container, path *field.Path) {
		profile := appArmorProfileOf(c, spec)
		annotation, found := meta.Annotations[corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix+c.Name]
		if found && profile != nil {
			errs = append(errs, appArmorNames.validateMatch(annotation, string(profile.Type), profile.LocalhostProfile, path.Child("securityContext", "appArmorProfile"))...)
		}
	})
	return errs
}

func appArmorProfileOf(c *corev1.Container, spec *corev1.PodSpec) *corev1.AppArmorProfile {
	if c.SecurityContext != nil && c.SecurityContext.AppArmorProfile != nil {
		return c.SecurityContext.AppArmorProfile
	}
	if spec.SecurityContext != nil {
		return spec.SecurityContext.AppArmorProfile
	}
	return nil
}
