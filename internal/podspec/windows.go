package podspec

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/pattern"
)

const (
	maxGMSACredentialSpecKiB = 64
	maxWindowsDomain         = 256
	maxWindowsUser           = 104
)

var (
	controlCharacters   = pattern.Lazy(`[[:cntrl:]]+`)
	netBIOSDomain       = pattern.Lazy(`^[^\\/:\*\?"<>|\.][^\\/:\*\?"<>|]{0,14}$`)
	windowsDNSDomain    = pattern.Lazy(`^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$`)
	windowsUserBadChars = pattern.Lazy(`["/\\:;|=,\+\*\?<>@\[\]]`)
	onlyDotsOrSpaces    = pattern.Lazy(`^[\. ]+$`)
)

// operatingSystems that a pod can be meant for.
var operatingSystems = []corev1.OSName{corev1.Linux, corev1.Windows}

// validateOS validates spec.os and, if it is known, that nothing is set that
// does not exist there.
func validateOS(spec *corev1.PodSpec, specPath *field.Path) field.ErrorList {
	if spec.OS == nil {
		return nil
	}
	path := specPath.Child("os")
	if spec.OS.Name == "" {
		return field.ErrorList{field.Required(path.Child("name"), "")}
	}
	if errs := supported(path, spec.OS.Name, operatingSystems); len(errs) > 0 {
		return errs
	}
	if spec.OS.Name == corev1.Linux {
		return validateLinux(spec, specPath)
	}
	return validateWindows(spec, specPath)
}

func validateLinux(spec *corev1.PodSpec, specPath *field.Path) field.ErrorList {
	const complaint = "windows options cannot be set for a linux pod"
	var errs field.ErrorList
	if spec.SecurityContext != nil && spec.SecurityContext.WindowsOptions != nil {
		errs = append(errs, field.Forbidden(specPath.Child("securityContext", "windowsOptions"), complaint))
	}
	VisitContainers(spec, specPath, func(c *corev1.Container, path *field.Path) {
		if c.SecurityContext != nil && c.SecurityContext.WindowsOptions != nil {
			errs = append(errs, field.Forbidden(path.Child("securityContext", "windowsOptions"), complaint))
		}
	})
	return errs
}

// setting is a field that may have been set where it must not.
type setting struct {
	name string
	set  bool
}

func forbidOnWindows(settings []setting, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, s := range settings {
		if s.set {
			errs = append(errs, field.Forbidden(path.Child(s.name), "cannot be set for a windows pod"))
		}
	}
	return errs
}

func validateWindows(spec *corev1.PodSpec, specPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	if sc := spec.SecurityContext; sc != nil {
		errs = append(errs, forbidOnWindows([]setting{
			{"appArmorProfile", sc.AppArmorProfile != nil},
			{"seLinuxOptions", sc.SELinuxOptions != nil},
			{"seccompProfile", sc.SeccompProfile != nil},
			{"fsGroup", sc.FSGroup != nil},
			{"fsGroupChangePolicy", sc.FSGroupChangePolicy != nil},
			{"sysctls", len(sc.Sysctls) > 0},
			{"runAsUser", sc.RunAsUser != nil},
			{"runAsGroup", sc.RunAsGroup != nil},
			{"supplementalGroups", sc.SupplementalGroups != nil},
			{"supplementalGroupsPolicy", sc.SupplementalGroupsPolicy != nil},
			{"seLinuxChangePolicy", sc.SELinuxChangePolicy != nil},
		}, specPath.Child("securityContext"))...)
	}
	errs = append(errs, forbidOnWindows([]setting{
		{"hostUsers", spec.HostUsers != nil},
		{"hostPID", spec.HostPID},
		{"hostIPC", spec.HostIPC},
		{"shareProcessNamespace", spec.ShareProcessNamespace != nil},
	}, specPath)...)
	VisitContainers(spec, specPath, func(c *corev1.Container, path *field.Path) {
		errs = append(errs, validateWindowsContainer(c.SecurityContext, path.Child("securityContext"))...)
	})
	return errs
}

func validateWindowsContainer(sc *corev1.SecurityContext, path *field.Path) field.ErrorList {
	if sc == nil {
		return nil
	}
	return forbidOnWindows([]setting{
		{"appArmorProfile", sc.AppArmorProfile != nil},
		{"seLinuxOptions", sc.SELinuxOptions != nil},
		{"seccompProfile", sc.SeccompProfile != nil},
		{"capabilities", sc.Capabilities != nil},
		{"readOnlyRootFilesystem", sc.ReadOnlyRootFilesystem != nil},
		{"privileged", sc.Privileged != nil},
		{"allowPrivilegeEscalation", sc.AllowPrivilegeEscalation != nil},
		{"procMount", sc.ProcMount != nil},
		{"runAsUser", sc.RunAsUser != nil},
		{"runAsGroup", sc.RunAsGroup != nil},
	}, path)
}

func validateWindowsOptions(options *corev1.WindowsSecurityContextOptions, path *field.Path) field.ErrorList {
	if options == nil {
		return nil
	}
	var errs field.ErrorList
	if name := options.GMSACredentialSpecName; name != nil {
		errs = append(errs, invalid(path.Child("gmsaCredentialSpecName"), *name, validation.IsDNS1123Subdomain(*name))...)
	}
	if spec := options.GMSACredentialSpec; spec != nil {
		switch {
		case *spec == "":
			errs = append(errs, field.Invalid(path.Child("gmsaCredentialSpec"), *spec, "gmsaCredentialSpec cannot be an empty string"))
		case len(*spec) > maxGMSACredentialSpecKiB*1024:
			errs = append(errs, field.Invalid(path.Child("gmsaCredentialSpec"), *spec, fmt.Sprintf("gmsaCredentialSpec size must be under %d KiB", maxGMSACredentialSpecKiB)))
		}
	}
	if name := options.RunAsUserName; name != nil {
		errs = append(errs, invalid(path.Child("runAsUserName"), *name, complainAboutWindowsUser(*name))...)
	}
	return errs
}

// complainAboutWindowsUser checks a user name, DOMAIN\USER or USER.
func complainAboutWindowsUser(name string) []string {
	switch {
	case name == "":
		return []string{"runAsUserName cannot be an empty string"}
	case controlCharacters().MatchString(name):
		return []string{"runAsUserName cannot contain control characters"}
	case strings.Count(name, `\`) > 1:
		return []string{"runAsUserName cannot contain more than one backslash"}
	}
	var complaints []string
	user := name
	if domain, rest, found := strings.Cut(name, `\`); found {
		user = rest
		if len(domain) >= maxWindowsDomain {
			complaints = append(complaints, fmt.Sprintf("runAsUserName's Domain length must be under %d characters", maxWindowsDomain))
		}
		if !netBIOSDomain().MatchString(domain) && !windowsDNSDomain().MatchString(domain) {
			complaints = append(complaints, "runAsUserName's Domain doesn't match the NetBios nor the DNS format")
		}
	}
	switch {
	case user == "":
		complaints = append(complaints, "runAsUserName's User cannot be empty")
	case len(user) > maxWindowsUser:
		complaints = append(complaints, fmt.Sprintf("runAsUserName's User length must not be longer than %d characters", maxWindowsUser))
	}
	if onlyDotsOrSpaces().MatchString(user) {
		complaints = append(complaints, "runAsUserName's User cannot contain only periods or spaces")
	}
	if windowsUserBadChars().MatchString(user) {
		complaints = append(complaints, `runAsUserName's User cannot contain the following characters: "/\:;|=,+*?<>@[]`)
	}
	return complaints
}

// validateHostProcess requires containers that run as processes of a Windows
// node to be all of the pod, and on the node's network.
func validateHostProcess(spec *corev1.PodSpec, specPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	var ofPod *bool
	if spec.SecurityContext != nil && spec.SecurityContext.WindowsOptions != nil {
		ofPod = spec.SecurityContext.WindowsOptions.HostProcess
	}
	all, hostProcesses := 0, 0
	VisitContainers(spec, specPath, func(c *corev1.Container, path *field.Path) {
		all++
		effective := ofPod
		if c.SecurityContext != nil && c.SecurityContext.WindowsOptions != nil && c.SecurityContext.WindowsOptions.HostProcess != nil {
			effective = c.SecurityContext.WindowsOptions.HostProcess
			if ofPod != nil && *ofPod != *effective {
				errs = append(errs, field.Invalid(path.Child("securityContext", "windowsOptions", "hostProcess"), *effective,
					fmt.Sprintf("pod hostProcess value must be identical if both are specified, was %v", *ofPod)))
			}
		}
		if isTrue(effective) {
			hostProcesses++
		}
	})
	if hostProcesses == 0 {
		return errs
	}
	if hostProcesses != all {
		errs = append(errs, field.Invalid(specPath, "", "If pod contains any hostProcess containers then all containers must be HostProcess containers"))
	}
	if !spec.HostNetwork {
		errs = append(errs, field.Invalid(specPath.Child("hostNetwork"), false, "hostNetwork must be true if pod contains any hostProcess containers"))
	}
	return errs
}
