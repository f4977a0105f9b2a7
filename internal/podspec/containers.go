package podspec

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// scope is what containers of one pod are validated against.
type scope struct {
	spec    *corev1.PodSpec
	volumes map[string]corev1.VolumeSource // the valid ones
	claims  sets.Set[string]
}

var (
	portProtocols     = []corev1.Protocol{corev1.ProtocolSCTP, corev1.ProtocolTCP, corev1.ProtocolUDP}
	pullPolicies      = []corev1.PullPolicy{corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever}
	messagePolicies   = []corev1.TerminationMessagePolicy{corev1.TerminationMessageReadFile, corev1.TerminationMessageFallbackToLogsOnError}
	ephemeralSettings = sets.New("Name", "Image", "Command", "Args", "WorkingDir", "EnvFrom", "Env", "VolumeMounts", "VolumeDevices",
		"TerminationMessagePath", "TerminationMessagePolicy", "ImagePullPolicy", "SecurityContext", "Stdin", "StdinOnce", "TTY")
)

// validateContainers validates the regular containers.
func (s *scope) validateContainers(fldPath *field.Path) field.ErrorList {
	if len(s.spec.Containers) == 0 {
		return field.ErrorList{field.Required(fldPath, "")}
	}
	var errs field.ErrorList
	names := sets.New[string]()
	for i := range s.spec.Containers {
		c, path := &s.spec.Containers[i], fldPath.Index(i)
		errs = append(errs, s.validateContainer(c, path)...)
		if names.Has(c.Name) {
			errs = append(errs, field.Duplicate(path.Child("name"), c.Name))
		}
		names.Insert(c.Name)
		errs = append(errs, s.validateLifecycleAndProbes(c, path)...)
		errs = append(errs, validateContainerRestartPolicy(c, path)...)
	}
	return append(errs, validateHostPortConflicts(s.spec.Containers, fldPath)...)
}

// validateInitContainers validates init containers, sidecars among them.
func (s *scope) validateInitContainers(fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	names := containerNames(s.spec.Containers)
	for i := range s.spec.InitContainers {
		c, path := &s.spec.InitContainers[i], fldPath.Index(i)
		errs = append(errs, s.validateContainer(c, path)...)
		errs = append(errs, validateInitContainerRestartPolicy(c, path)...)
		if names.Has(c.Name) {
			errs = append(errs, field.Duplicate(path.Child("name"), c.Name))
		} else if c.Name != "" {
			names.Insert(c.Name)
		}
		// Init containers run one by one, so ports conflict only within one.
		errs = append(errs, validateHostPortConflicts([]corev1.Container{*c}, fldPath)...)
		if IsSidecar(c) {
			errs = append(errs, s.validateLifecycleAndProbes(c, path)...)
		} else {
			errs = append(errs, validateRunsOnce(c, path)...)
		}
	}
	return errs
}

// validateRunsOnce forbids what makes sense only for containers that keep running.
func validateRunsOnce(c *corev1.Container, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"lifecycle", c.Lifecycle != nil},
		{"livenessProbe", c.LivenessProbe != nil},
		{"readinessProbe", c.ReadinessProbe != nil},
		{"startupProbe", c.StartupProbe != nil},
	} {
		if f.set {
			errs = append(errs, field.Forbidden(path.Child(f.name), "may not be set for init containers without restartPolicy=Always"))
		}
	}
	for i, p := range c.ResizePolicy {
		if p.RestartPolicy == corev1.RestartContainer {
			errs = append(errs, field.Invalid(path.Child("resizePolicy").Index(i).Child("restartPolicy"), p.RestartPolicy,
				"must not be set to 'RestartContainer' for non-sidecar initContainers"))
		}
	}
	return errs
}

// validateEphemeralContainers validates the containers for debugging.
func (s *scope) validateEphemeralContainers(fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	targets := containerNames(s.spec.Containers).Union(containerNames(s.spec.InitContainers))
	names := targets.Clone()
	for i := range s.spec.EphemeralContainers {
		ec, path := &s.spec.EphemeralContainers[i], fldPath.Index(i)
		c := (*corev1.Container)(&ec.EphemeralContainerCommon)
		errs = append(errs, s.validateContainer(c, path)...)
		errs = append(errs, validateImageUnpadded(c, path)...)
		if names.Has(ec.Name) {
			errs = append(errs, field.Duplicate(path.Child("name"), ec.Name))
		}
		names.Insert(ec.Name)
		if ec.TargetContainerName != "" && !targets.Has(ec.TargetContainerName) {
			errs = append(errs, field.NotFound(path.Child("targetContainerName"), ec.TargetContainerName))
		}
		errs = append(errs, validateOnlySet(ec.EphemeralContainerCommon, ephemeralSettings, "cannot be set for an Ephemeral Container", path)...)
		errs = append(errs, validateNoSubPaths(ec.VolumeMounts, path.Child("volumeMounts"))...)
	}
	return errs
}

func validateNoSubPaths(mounts []corev1.VolumeMount, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, mount := range mounts {
		for _, f := range []fieldValue{{"subPath", mount.SubPath}, {"subPathExpr", mount.SubPathExpr}} {
			if f.value != "" {
				errs = append(errs, field.Forbidden(fldPath.Index(i).Child(f.name), "cannot be set for an Ephemeral Container"))
			}
		}
	}
	return errs
}

// validateOnlySet forbids every field of a struct that is set and not allowed,
// so that fields to come are forbidden until someone decides about them.
func validateOnlySet(object any, allowed sets.Set[string], complaint string, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	v := reflect.ValueOf(object)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if !allowed.Has(name) && !v.Field(i).IsZero() {
			first, size := utf8.DecodeRuneInString(name)
			errs = append(errs, field.Forbidden(fldPath.Child(string(unicode.ToLower(first))+name[size:]), complaint))
		}
	}
	return errs
}

// validateContainer validates what all types of containers have in common.
func (s *scope) validateContainer(c *corev1.Container, path *field.Path) field.ErrorList {
	errs := requireFields(path, fieldValue{"name", c.Name})
	if c.Name != "" {
		errs = append(errs, ValidateDNS1123Label(c.Name, path.Child("name"))...)
	}
	errs = append(errs, requireFields(path, fieldValue{"image", c.Image})...)
	errs = append(errs, supportedRequired(path.Child("terminationMessagePolicy"), c.TerminationMessagePolicy, messagePolicies)...)
	errs = append(errs, validatePorts(c.Ports, path.Child("ports"))...)
	errs = append(errs, ValidateEnv(c.Env, path.Child("env"))...)
	errs = append(errs, ValidateEnvFrom(c.EnvFrom, path.Child("envFrom"))...)
	errs = append(errs, s.validateVolumeMounts(c, path.Child("volumeMounts"))...)
	errs = append(errs, s.validateVolumeDevices(c, path.Child("volumeDevices"))...)
	errs = append(errs, supportedRequired(path.Child("imagePullPolicy"), c.ImagePullPolicy, pullPolicies)...)
	errs = append(errs, ValidateResourceRequirements(&c.Resources, s.claims, path.Child("resources"))...)
	errs = append(errs, validateResizePolicy(c.ResizePolicy, s.spec.RestartPolicy, path.Child("resizePolicy"))...)
	return append(errs, validateSecurityContext(c.SecurityContext, usesHostUsers(s.spec), path.Child("securityContext"))...)
}

// validateImageUnpadded is checked for pods only: templates were once allowed
// to hold a blank image as a placeholder.
func validateImageUnpadded(c *corev1.Container, path *field.Path) field.ErrorList {
	if strings.TrimSpace(c.Image) == c.Image {
		return nil
	}
	return field.ErrorList{field.Invalid(path.Child("image"), c.Image, "must not have leading or trailing whitespace")}
}

func validatePorts(ports []corev1.ContainerPort, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	names := sets.New[string]()
	for i, port := range ports {
		path := fldPath.Index(i)
		if port.Name != "" {
			errs = append(errs, validatePortName(port.Name, names, path.Child("name"))...)
		}
		if port.ContainerPort == 0 {
			errs = append(errs, field.Required(path.Child("containerPort"), ""))
		} else {
			errs = append(errs, invalid(path.Child("containerPort"), port.ContainerPort, validation.IsValidPortNum(int(port.ContainerPort)))...)
		}
		if port.HostPort != 0 {
			errs = append(errs, invalid(path.Child("hostPort"), port.HostPort, validation.IsValidPortNum(int(port.HostPort)))...)
		}
		errs = append(errs, supportedRequired(path.Child("protocol"), port.Protocol, portProtocols)...)
	}
	return errs
}

func validatePortName(name string, taken sets.Set[string], path *field.Path) field.ErrorList {
	if msgs := validation.IsValidPortName(name); len(msgs) > 0 {
		return invalid(path, name, msgs)
	}
	if taken.Has(name) {
		return field.ErrorList{field.Duplicate(path, name)}
	}
	taken.Insert(name)
	return nil
}

// validateHostPortConflicts rejects ports that containers running at the same
// time would both take on the node.
func validateHostPortConflicts(containers []corev1.Container, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	taken := sets.New[string]()
	for i, c := range containers {
		for j, port := range c.Ports {
			if port.HostPort == 0 {
				continue
			}
			key := fmt.Sprintf("%s/%s/%d", port.Protocol, port.HostIP, port.HostPort)
			if taken.Has(key) {
				errs = append(errs, field.Duplicate(fldPath.Index(i).Child("ports").Index(j).Child("hostPort"), key))
			}
			taken.Insert(key)
		}
	}
	return errs
}

func containerNames(containers []corev1.Container) sets.Set[string] {
	names := sets.New[string]()
	for _, c := range containers {
		names.Insert(c.Name)
	}
	return names
}
