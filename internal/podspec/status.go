package podspec

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"

	"github.com/kubejig/kubejig/internal/internalform"
)

const notNegativeInteger = "must be a non-negative integer"

// systemConditions need no qualified name.
var systemConditions = sets.New(corev1.PodScheduled, corev1.PodReady, corev1.PodInitialized)

// ValidatePodStatusUpdate validates a change through the status subresource,
// after [PrepareForStatusUpdate].
func ValidatePodStatusUpdate(newPod, oldPod *corev1.Pod) field.ErrorList {
	metadata, path := field.NewPath("metadata"), field.NewPath("status")
	status, older := &newPod.Status, &oldPod.Status
	errs := validateAnnotationUpdate(newPod, oldPod, metadata.Child("annotations"))
	errs = append(errs, validateConditions(status.Conditions, path.Child("conditions"))...)
	errs = append(errs, validateNominatedNode(newPod, oldPod, path.Child("nominatedNodeName"))...)
	if status.ObservedGeneration < 0 {
		errs = append(errs, field.Invalid(path.Child("observedGeneration"), status.ObservedGeneration, notNegativeInteger))
	}
	errs = append(errs, ValidateImmutableField(status.QOSClass, older.QOSClass, path.Child("qosClass"))...)

	for _, list := range statusLists(status, older, &newPod.Spec) {
		errs = append(errs, list.validateTransitions(&oldPod.Spec, path)...)
	}
	errs = append(errs, validateClaimStatuses(status.ResourceClaimStatuses, claimNames(&newPod.Spec), path.Child("resourceClaimStatuses"))...)
	errs = append(errs, validateExtendedResourceClaim(status.ExtendedResourceClaimStatus, &newPod.Spec, path.Child("extendedResourceClaimStatus"))...)
	errs = append(errs, validatePodIPs(status, older, path.Child("podIPs"))...)
	errs = append(errs, validateHostIPs(status, older, path.Child("hostIPs"))...)
	for _, list := range statusLists(status, older, &newPod.Spec) {
		errs = append(errs, list.validateUsers(newPod.Spec.OS, path)...)
	}
	for _, list := range statusLists(status, older, &newPod.Spec) {
		errs = append(errs, list.validateAllocations(path)...)
	}
	return errs
}

func validateConditions(conditions []corev1.PodCondition, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, c := range conditions {
		path := fldPath.Index(i)
		if c.ObservedGeneration < 0 {
			errs = append(errs, field.Invalid(path.Child("observedGeneration"), c.ObservedGeneration, notNegativeInteger))
		}
		if !systemConditions.Has(c.Type) {
			errs = append(errs, ValidateQualifiedName(string(c.Type), path.Child("Type"))...)
		}
	}
	return errs
}

func validateNominatedNode(newPod, oldPod *corev1.Pod, path *field.Path) field.ErrorList {
	name := newPod.Status.NominatedNodeName
	if name == "" || name == oldPod.Status.NominatedNodeName {
		return nil
	}
	errs := ValidateDNS1123Subdomain(name, path)
	if oldPod.Spec.NodeName != "" {
		errs = append(errs, field.Forbidden(path, "may not be set on pods that are already bound to a node"))
	}
	return errs
}

func validateClaimStatuses(statuses []corev1.PodResourceClaimStatus, claims sets.Set[string], fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := sets.New[string]()
	for i, s := range statuses {
		path := fldPath.Index(i)
		if !claims.Has(s.Name) {
			errs = append(errs, field.Invalid(path.Child("name"), s.Name, "must match the name of an entry in `spec.resourceClaims`"))
		}
		if seen.Has(s.Name) {
			errs = append(errs, field.Duplicate(path.Child("name"), s.Name))
		}
		seen.Insert(s.Name)
		if s.ResourceClaimName != nil {
			errs = append(errs, ValidateDNS1123Subdomain(*s.ResourceClaimName, path.Child("resourceClaimName"))...)
		}
	}
	return errs
}

func validateExtendedResourceClaim(status *corev1.PodExtendedResourceClaimStatus, spec *corev1.PodSpec, path *field.Path) field.ErrorList {
	if status == nil {
		return nil
	}
	requests := map[string]corev1.ResourceList{}
	for _, c := range slices.Concat(spec.InitContainers, spec.Containers) {
		requests[c.Name] = c.Resources.Requests
	}
	var errs field.ErrorList
	mappings := path.Child("requestMappings")
	if len(status.RequestMappings) == 0 {
		errs = append(errs, field.Required(mappings, "at least one request mapping is required"))
	}
	seen := sets.New[corev1.ContainerExtendedResourceRequest]()
	for i, m := range status.RequestMappings {
		mapping := mappings.Index(i)
		if list, found := requests[m.ContainerName]; !found {
			errs = append(errs, field.Invalid(mapping.Child("containerName"), m.ContainerName, "must match the name of an entry in spec.initContainers.name or spec.containers.name"))
		} else if _, found := list[corev1.ResourceName(m.ResourceName)]; !found {
			errs = append(errs, field.Invalid(mapping.Child("resourceName"), m.ResourceName, "must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests"))
		}
		errs = append(errs, ValidateDNS1123Label(m.RequestName, path.Child("requestName"))...)
		if seen.Has(m) {
			errs = append(errs, field.Duplicate(mapping.Child("containerName"), m.ContainerName),
				field.Duplicate(mapping.Child("resourceName"), m.ResourceName),
				field.Duplicate(mapping.Child("requestName"), m.RequestName))
		}
		seen.Insert(m)
	}
	errs = append(errs, requireFields(path, fieldValue{"resourceClaimName", status.ResourceClaimName})...)
	if status.ResourceClaimName != "" {
		errs = append(errs, ValidateDNS1123Subdomain(status.ResourceClaimName, path.Child("resourceClaimName"))...)
	}
	return errs
}

func validatePodIPs(newer, older *corev1.PodStatus, path *field.Path) field.ErrorList {
	address := func(ip corev1.PodIP) string { return ip.IP }
	errs := validateAddresses(mapSlice(newer.PodIPs, address), mapSlice(older.PodIPs, address), newer.PodIPs, path)
	if (newer.PodIP == "") != (len(newer.PodIPs) == 0) {
		errs = append(errs, field.Invalid(path, internalform.Of(newer.PodIPs), "podIP and podIPs must either both be set or both be unset"))
	}
	return errs
}

func validateHostIPs(newer, older *corev1.PodStatus, path *field.Path) field.ErrorList {
	if len(newer.HostIPs) == 0 {
		return nil
	}
	var errs field.ErrorList
	if first := newer.HostIPs[0].IP; newer.HostIP != first {
		errs = append(errs, field.Invalid(path.Index(0).Child("ip"), first, "must be equal to `hostIP`"))
	}
	address := func(ip corev1.HostIP) string { return ip.IP }
	return append(errs, validateAddresses(mapSlice(newer.HostIPs, address), mapSlice(older.HostIPs, address), newer.HostIPs, path)...)
}

func mapSlice[T, U any](list []T, convert func(T) U) []U {
	result := make([]U, 0, len(list))
	for _, item := range list {
		result = append(result, convert(item))
	}
	return result
}

// validateAddresses requires valid addresses, at most one of each IP family.
// shown is what an error about all of them quotes.
func validateAddresses(newer, older []string, shown any, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, ip := range newer {
		errs = append(errs, validation.IsValidIPForLegacyField(path.Index(i), ip, true, older)...)
	}
	if len(newer) < 2 {
		return errs
	}
	dualStack, err := netutils.IsDualStackIPStrings(newer)
	if err != nil {
		errs = append(errs, field.InternalError(path, fmt.Errorf("failed to check for dual stack with error:%w", err)))
	}
	if !dualStack || len(newer) > 2 {
		errs = append(errs, field.Invalid(path, internalform.Of(shown), "may specify no more than one IP for each IP family"))
	}
	return errs
}
