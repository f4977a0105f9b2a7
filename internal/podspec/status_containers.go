package podspec

import (
	"math"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const claimResourcePrefix = "claim:"

var resourceHealths = []corev1.ResourceHealthStatus{corev1.ResourceHealthStatusHealthy, corev1.ResourceHealthStatusUnhealthy, corev1.ResourceHealthStatusUnknown}

// statusList is the statuses of one type of containers.
type statusList struct {
	name         string
	newer, older []corev1.ContainerStatus
	containers   []corev1.Container // empty for ephemeral ones, which have no resources
	ephemeral    bool
}

func statusLists(newer, older *corev1.PodStatus, spec *corev1.PodSpec) []statusList {
	return []statusList{
		{"containerStatuses", newer.ContainerStatuses, older.ContainerStatuses, spec.Containers, false},
		{"initContainerStatuses", newer.InitContainerStatuses, older.InitContainerStatuses, spec.InitContainers, false},
		{"ephemeralContainerStatuses", newer.EphemeralContainerStatuses, older.EphemeralContainerStatuses, nil, true},
	}
}

// validateTransitions rejects that a container which ended for good runs again.
func (l statusList) validateTransitions(spec *corev1.PodSpec, statusPath *field.Path) field.ErrorList {
	if !l.ephemeral && anyRestartsAll(spec) {
		return nil
	}
	newer := map[string]corev1.ContainerStatus{}
	for _, s := range l.newer {
		newer[s.Name] = s
	}
	var errs field.ErrorList
	for i, old := range l.older {
		if old.State.Terminated == nil {
			continue
		}
		s, found := newer[old.Name]
		if found && s.State.Terminated == nil && !l.mayRestart(old.Name, old.State.Terminated.ExitCode, spec) {
			errs = append(errs, field.Forbidden(statusPath.Child(l.name).Index(i).Child("state"), "may not be transitioned to non-terminated state"))
		}
	}
	return errs
}

func (l statusList) mayRestart(name string, exitCode int32, spec *corev1.PodSpec) bool {
	for i := range l.containers {
		if l.containers[i].Name == name {
			return ContainerShouldRestart(&l.containers[i], spec, exitCode)
		}
	}
	return false
}

func (l statusList) validateUsers(os *corev1.PodOS, statusPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, s := range l.newer {
		if s.User == nil || s.User.Linux == nil {
			continue
		}
		path := statusPath.Child(l.name).Index(i).Child("user", "linux")
		if os != nil && os.Name == corev1.Windows {
			errs = append(errs, field.Forbidden(path, "cannot be set for a windows pod"))
			continue
		}
		user := s.User.Linux
		if user.UID < 0 || user.UID > math.MaxUint32 {
			errs = append(errs, field.Invalid(path.Child("uid"), user.UID, validation.InclusiveRangeError(0, math.MaxUint32)))
		}
		errs = append(errs, invalid(path.Child("gid"), user.GID, validation.IsValidGroupID(user.GID))...)
		for j, group := range user.SupplementalGroups {
			errs = append(errs, invalid(path.Child("supplementalGroups").Index(j), group, validation.IsValidGroupID(group))...)
		}
	}
	return errs
}

// validateAllocations validates the reported health of allocated devices.
func (l statusList) validateAllocations(statusPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, s := range l.newer {
		path := statusPath.Child(l.name).Index(i).Child("allocatedResourcesStatus")
		if l.ephemeral && len(s.AllocatedResourcesStatus) > 0 {
			errs = append(errs, field.Forbidden(path, "must not be specified in container status"))
			continue
		}
		for j := range s.AllocatedResourcesStatus {
			errs = append(errs, l.validateAllocation(s.Name, &s.AllocatedResourcesStatus[j], path.Index(j))...)
		}
	}
	return errs
}

func (l statusList) validateAllocation(container string, allocated *corev1.ResourceStatus, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i := range l.containers {
		if l.containers[i].Name == container {
			errs = append(errs, validateAllocatedName(allocated.Name, &l.containers[i].Resources, path.Child("name"))...)
		}
	}
	ids := sets.New[corev1.ResourceID]()
	for i, r := range allocated.Resources {
		resource := path.Child("resources").Index(i)
		errs = append(errs, supported(resource.Child("health"), r.Health, resourceHealths)...)
		if message := r.Message; message != nil && *message == "" {
			errs = append(errs, field.Required(resource.Child("message"), "must be non-empty if specified"))
		} else if message != nil && len(*message) > corev1.ResourceHealthMessageMaxLength {
			errs = append(errs, field.TooLong(resource.Child("message"), *message, corev1.ResourceHealthMessageMaxLength))
		}
		if ids.Has(r.ResourceID) {
			errs = append(errs, field.Duplicate(resource.Child("resourceID"), r.ResourceID))
		}
		ids.Insert(r.ResourceID)
	}
	return errs
}

// validateAllocatedName requires a resource that a container requested, by its
// own name or as claim:<claim>/<request>.
func validateAllocatedName(name corev1.ResourceName, r *corev1.ResourceRequirements, path *field.Path) field.ErrorList {
	if !strings.HasPrefix(string(name), claimResourcePrefix) {
		if _, requested := r.Requests[name]; requested {
			return nil
		}
		return field.ErrorList{field.Invalid(path, name, "must match one of the container's resource requests")}
	}
	for _, claim := range r.Claims {
		used := claimResourcePrefix + claim.Name
		if claim.Request != "" {
			used += "/" + claim.Request
		}
		if used == string(name) {
			return nil
		}
	}
	return field.ErrorList{field.Invalid(path, name,
		"must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty")}
}
