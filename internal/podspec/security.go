package podspec

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/component-helpers/node/util/sysctl"

	"github.com/kubejig/kubejig/internal/internalform"
	"github.com/kubejig/kubejig/internal/pattern"
)

const maxSysctlName = 253

// sysctlName allows both kernel.shm_rmid_forced and kernel/shm_rmid_forced.
var sysctlName = pattern.Lazy(`^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$`)

var (
	procMounts                 = []corev1.ProcMountType{corev1.DefaultProcMount, corev1.UnmaskedProcMount}
	fsGroupChangePolicies      = []corev1.PodFSGroupChangePolicy{corev1.FSGroupChangeAlways, corev1.FSGroupChangeOnRootMismatch}
	supplementalGroupsPolicies = []corev1.SupplementalGroupsPolicy{corev1.SupplementalGroupsPolicyMerge, corev1.SupplementalGroupsPolicyStrict}
	seLinuxChangePolicies      = []corev1.PodSELinuxChangePolicy{corev1.SELinuxChangePolicyMountOption, corev1.SELinuxChangePolicyRecursive}
)

// validateSecurityContext validates the security context of a container.
func validateSecurityContext(sc *corev1.SecurityContext, hostUsers bool, path *field.Path) field.ErrorList {
	if sc == nil {
		return nil
	}
	errs := validateUserID(sc.RunAsUser, path.Child("runAsUser"))
	errs = append(errs, validateGroupID(sc.RunAsGroup, path.Child("runAsGroup"))...)
	errs = append(errs, supportedOptional(path.Child("procMount"), sc.ProcMount, procMounts)...)
	if hostUsers && sc.ProcMount != nil && *sc.ProcMount == corev1.UnmaskedProcMount {
		errs = append(errs, field.Invalid(path.Child("procMount"), *sc.ProcMount, "`hostUsers` must be false to use `Unmasked`"))
	}
	errs = append(errs, validateSeccompProfile(sc.SeccompProfile, path.Child("seccompProfile"))...)
	errs = append(errs, validatePrivilegeEscalation(sc, path)...)
	errs = append(errs, validateWindowsOptions(sc.WindowsOptions, path.Child("windowsOptions"))...)
	return append(errs, validateAppArmorProfile(sc.AppArmorProfile, path.Child("appArmorProfile"))...)
}

// validatePrivilegeEscalation rejects forbidding what is granted elsewhere.
func validatePrivilegeEscalation(sc *corev1.SecurityContext, path *field.Path) field.ErrorList {
	if sc.AllowPrivilegeEscalation == nil || *sc.AllowPrivilegeEscalation {
		return nil
	}
	var errs field.ErrorList
	if isTrue(sc.Privileged) {
		errs = append(errs, field.Invalid(path, internalform.Of(sc), "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"))
	}
	if sc.Capabilities != nil && slices.Contains(sc.Capabilities.Add, "CAP_SYS_ADMIN") {
		errs = append(errs, field.Invalid(path, internalform.Of(sc), "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"))
	}
	return errs
}

func validateUserID(id *int64, path *field.Path) field.ErrorList {
	if id == nil {
		return nil
	}
	return invalid(path, *id, validation.IsValidUserID(*id))
}

func validateGroupID(id *int64, path *field.Path) field.ErrorList {
	if id == nil {
		return nil
	}
	return invalid(path, *id, validation.IsValidGroupID(*id))
}

// validatePodSecurityContext validates the security context of a pod.
func validatePodSecurityContext(spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	sc := spec.SecurityContext
	if sc == nil {
		return nil
	}
	errs := validateGroupID(sc.FSGroup, path.Child("fsGroup"))
	errs = append(errs, validateUserID(sc.RunAsUser, path.Child("runAsUser"))...)
	errs = append(errs, validateGroupID(sc.RunAsGroup, path.Child("runAsGroup"))...)
	for i, group := range sc.SupplementalGroups {
		errs = append(errs, validateGroupID(&group, path.Child("supplementalGroups").Index(i))...)
	}
	errs = append(errs, validateSysctls(spec, path.Child("sysctls"))...)
	errs = append(errs, supportedOptional(path.Child("fsGroupChangePolicy"), sc.FSGroupChangePolicy, fsGroupChangePolicies)...)
	errs = append(errs, validateSeccompProfile(sc.SeccompProfile, path.Child("seccompProfile"))...)
	errs = append(errs, validateWindowsOptions(sc.WindowsOptions, path.Child("windowsOptions"))...)
	errs = append(errs, validateAppArmorProfile(sc.AppArmorProfile, path.Child("appArmorProfile"))...)
	errs = append(errs, supportedOptional(path.Child("supplementalGroupsPolicy"), sc.SupplementalGroupsPolicy, supplementalGroupsPolicies)...)
	return append(errs, supportedOptional(path.Child("seLinuxChangePolicy"), sc.SELinuxChangePolicy, seLinuxChangePolicies)...)
}

func validateSysctls(spec *corev1.PodSpec, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	names := sets.New[string]()
	for i, s := range spec.SecurityContext.Sysctls {
		path := fldPath.Index(i).Child("name")
		switch {
		case s.Name == "":
			errs = append(errs, field.Required(path, ""))
		case len(s.Name) > maxSysctlName || !sysctlName().MatchString(s.Name):
			errs = append(errs, field.Invalid(path, s.Name, fmt.Sprintf("must have at most %d characters and match regex %s", maxSysctlName, sysctlName())))
		case names.Has(s.Name):
			errs = append(errs, field.Duplicate(path, s.Name))
		}
		errs = append(errs, validateSysctlNamespace(spec, s.Name, path)...)
		names.Insert(s.Name)
	}
	return errs
}

// validateSysctlNamespace rejects a setting of a kernel namespace that the pod
// shares with the node.
func validateSysctlNamespace(spec *corev1.PodSpec, name string, path *field.Path) field.ErrorList {
	namespace, _, _ := sysctl.GetNamespace(name)
	switch {
	case spec.HostNetwork && namespace == sysctl.NetNamespace:
		return field.ErrorList{field.Invalid(path, name, "may not be specified when 'hostNetwork' is true")}
	case spec.HostIPC && namespace == sysctl.IPCNamespace:
		return field.ErrorList{field.Invalid(path, name, "may not be specified when 'hostIPC' is true")}
	}
	return nil
}

// validateHostUsers rejects sharing with the node what a user namespace of the
// pod's own would make inaccessible.
func validateHostUsers(spec *corev1.PodSpec, specPath *field.Path) field.ErrorList {
	if usesHostUsers(spec) {
		return nil
	}
	const complaint = "when `hostUsers` is false"
	var errs field.ErrorList
	if spec.HostNetwork {
		errs = append(errs, field.Forbidden(specPath.Child("hostNetwork"), complaint))
	}
	if spec.HostPID {
		errs = append(errs, field.Forbidden(specPath.Child("HostPID"), complaint))
	}
	if spec.HostIPC {
		errs = append(errs, field.Forbidden(specPath.Child("HostIPC"), complaint))
	}
	VisitContainers(spec, specPath, func(c *corev1.Container, path *field.Path) {
		if len(c.VolumeDevices) > 0 {
			errs = append(errs, field.Forbidden(path.Child("volumeDevices"), complaint))
		}
	})
	return errs
}
