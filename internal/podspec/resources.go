package podspec

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"
	resourcehelper "k8s.io/component-helpers/resource"

	"github.com/kubejig/kubejig/internal/internalform"
)

type resourceNameFunc func(corev1.ResourceName, *field.Path) field.ErrorList

// ValidateResourceRequirements validates what a container requests and is
// limited to. claims are the names in the pod's resourceClaims.
func ValidateResourceRequirements(r *corev1.ResourceRequirements, claims sets.Set[string], fldPath *field.Path) field.ErrorList {
	return validateRequirements(r, ValidateContainerResourceName, claims, fldPath)
}

func validateRequirements(r *corev1.ResourceRequirements, nameFn resourceNameFunc, claims sets.Set[string], fldPath *field.Path) field.ErrorList {
	limits, requests := fldPath.Child("limits"), fldPath.Child("requests")
	var errs field.ErrorList
	for _, name := range sortedKeys(r.Limits) {
		errs = append(errs, validateResource(name, r.Limits[name], nameFn, limits.Key(string(name)))...)
		errs = append(errs, validateHugePages(name, r.Limits[name], limits.Key(string(name)))...)
	}
	for _, name := range sortedKeys(r.Requests) {
		errs = append(errs, validateResource(name, r.Requests[name], nameFn, requests.Key(string(name)))...)
		errs = append(errs, validateRequestWithinLimit(name, r, fldPath)...)
		errs = append(errs, validateHugePages(name, r.Requests[name], requests.Key(string(name)))...)
	}
	if hasHugePages(r.Limits, r.Requests) && !hasCPUOrMemory(r.Limits, r.Requests) {
		errs = append(errs, field.Forbidden(fldPath, "HugePages require cpu or memory"))
	}
	return append(errs, validateClaimReferences(r.Claims, claims, fldPath.Child("claims"))...)
}

func validateResource(name corev1.ResourceName, quantity resource.Quantity, nameFn resourceNameFunc, fldPath *field.Path) field.ErrorList {
	return append(nameFn(name, fldPath), ValidateResourceQuantityValue(name, quantity, fldPath)...)
}

func validateHugePages(name corev1.ResourceName, quantity resource.Quantity, fldPath *field.Path) field.ErrorList {
	if !isHugePages(name) || isWholeHugePages(name, quantity) {
		return nil
	}
	return field.ErrorList{field.Invalid(fldPath, quantity.String(),
		fmt.Sprintf("%s is not positive integer multiple of %s", quantity.String(), name))}
}

func validateRequestWithinLimit(name corev1.ResourceName, r *corev1.ResourceRequirements, fldPath *field.Path) field.ErrorList {
	request := r.Requests[name]
	limit, limited := r.Limits[name]
	requests := fldPath.Child("requests")
	switch {
	case !limited && !isOvercommitAllowed(name):
		return field.ErrorList{field.Required(fldPath.Child("limits"), "Limit must be set for non overcommitable resources")}
	case !limited:
		return nil
	case !isOvercommitAllowed(name) && request.Cmp(limit) != 0:
		return field.ErrorList{field.Invalid(requests, request.String(), fmt.Sprintf("must be equal to %s limit of %s", name, limit.String()))}
	case request.Cmp(limit) > 0:
		return field.ErrorList{field.Invalid(requests, request.String(), fmt.Sprintf("must be less than or equal to %s limit of %s", name, limit.String()))}
	}
	return nil
}

func hasHugePages(lists ...corev1.ResourceList) bool {
	for _, list := range lists {
		for name := range list {
			if isHugePages(name) {
				return true
			}
		}
	}
	return false
}

func hasCPUOrMemory(lists ...corev1.ResourceList) bool {
	for _, list := range lists {
		_, cpu := list[corev1.ResourceCPU]
		_, memory := list[corev1.ResourceMemory]
		if cpu || memory {
			return true
		}
	}
	return false
}

// validatePodResources validates spec.resources, the resources of the pod as a
// whole, on its own and against those of the containers.
func validatePodResources(spec *corev1.PodSpec, claims sets.Set[string], fldPath *field.Path) field.ErrorList {
	if spec.Resources == nil {
		return nil
	}
	if isOS(spec, corev1.Windows) {
		return field.ErrorList{field.Forbidden(fldPath, "may not be set for a windows pod")}
	}
	var errs field.ErrorList
	if spec.Resources.Claims != nil {
		errs = append(errs, field.Forbidden(fldPath.Child("claims"), "claims may not be set for Resources at pod-level"))
	}
	errs = append(errs, validateRequirements(spec.Resources, validatePodResourceName, claims, fldPath)...)
	errs = append(errs, validateAggregateRequests(spec, fldPath.Child("requests"))...)
	errs = append(errs, validateAggregateHugePages(spec, fldPath.Child("limits"))...)
	return append(errs, validateContainersWithinPod(spec, fldPath.Child("containers"))...)
}

func validateAggregateRequests(spec *corev1.PodSpec, fldPath *field.Path) field.ErrorList {
	total := resourcehelper.AggregateContainerRequests(&corev1.Pod{Spec: *spec}, resourcehelper.PodResourcesOptions{})
	var errs field.ErrorList
	for _, name := range sortedKeys(total) {
		sum := total[name]
		if own, set := spec.Resources.Requests[name]; set && sum.Cmp(own) > 0 {
			errs = append(errs, field.Invalid(fldPath.Key(string(name)), own.String(),
				fmt.Sprintf("must be greater than or equal to aggregate container requests of %s", sum.String())))
		}
	}
	return errs
}

func validateAggregateHugePages(spec *corev1.PodSpec, fldPath *field.Path) field.ErrorList {
	total := resourcehelper.AggregateContainerLimits(&corev1.Pod{Spec: *spec}, resourcehelper.PodResourcesOptions{})
	var errs field.ErrorList
	for _, name := range sortedKeys(total) {
		sum := total[name]
		if own, set := spec.Resources.Limits[name]; set && isHugePages(name) && sum.Cmp(own) > 0 {
			errs = append(errs, field.Invalid(fldPath.Key(string(name)), own.String(),
				fmt.Sprintf("must be greater than or equal to aggregate container limits of %s", sum.String())))
		}
	}
	return errs
}

func validateContainersWithinPod(spec *corev1.PodSpec, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, c := range spec.Containers {
		for _, name := range sortedKeys(c.Resources.Limits) {
			limit := c.Resources.Limits[name]
			if own, set := spec.Resources.Limits[name]; set && limit.Cmp(own) > 0 {
				errs = append(errs, field.Invalid(fldPath.Index(i).Key(string(name)).Child("limits"), limit.String(),
					fmt.Sprintf("must be less than or equal to pod limits of %s", own.String())))
			}
		}
	}
	return errs
}

// validateOverhead validates the overhead of a runtime class like limits.
func validateOverhead(overhead corev1.ResourceList, fldPath *field.Path) field.ErrorList {
	return ValidateResourceRequirements(&corev1.ResourceRequirements{Limits: overhead}, nil, fldPath)
}

// validateClaimReferences requires every claim that a container uses to be one
// of the pod's, and used once.
func validateClaimReferences(refs []corev1.ResourceClaim, claims sets.Set[string], fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	used := sets.New[string]()
	for i, ref := range refs {
		path := fldPath.Index(i)
		if ref.Name == "" {
			errs = append(errs, field.Required(path, ""))
			continue
		}
		errs = append(errs, validateClaimUsedOnce(ref, used, path)...)
		if !claims.Has(ref.Name) {
			errs = append(errs, unknownClaim(path, ref.Name, claims))
		}
	}
	return errs
}

// validateClaimUsedOnce rejects a claim or request of a claim that is already
// in used, alone or as part of the whole claim, and adds it.
func validateClaimUsedOnce(ref corev1.ResourceClaim, used sets.Set[string], path *field.Path) field.ErrorList {
	if used.Has(ref.Name) {
		return field.ErrorList{field.Duplicate(path, ref.Name)}
	}
	var errs field.ErrorList
	key := ref.Name
	if ref.Request != "" {
		errs = append(errs, ValidateDNS1123Label(ref.Request, path.Child("request"))...)
		key += "/" + ref.Request
	}
	if used.Has(key) {
		errs = append(errs, field.Duplicate(path, key))
	} else if ref.Request == "" {
		for _, other := range sets.List(used) {
			if strings.HasPrefix(other, ref.Name+"/") {
				errs = append(errs, field.Duplicate(path, ref.Name))
			}
		}
	}
	used.Insert(key)
	return errs
}

func unknownClaim(path *field.Path, name string, claims sets.Set[string]) *field.Error {
	err := field.NotFound(path, name)
	err.Detail = "must be one of the names in pod.spec.resourceClaims"
	if len(claims) == 0 {
		err.Detail += " which is empty"
	} else {
		err.Detail += ": " + strings.Join(sets.List(claims), ", ")
	}
	return err
}

// validateResourceClaims validates spec.resourceClaims.
func validateResourceClaims(spec *corev1.PodSpec, isMirror bool, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	names := sets.New[string]()
	for i := range spec.ResourceClaims {
		if isMirror {
			errs = append(errs, field.Forbidden(field.NewPath(""), "static pods do not support resource claims"))
			continue
		}
		errs = append(errs, validateResourceClaim(&spec.ResourceClaims[i], names, fldPath.Index(i))...)
	}
	return errs
}

func validateResourceClaim(claim *corev1.PodResourceClaim, names sets.Set[string], path *field.Path) field.ErrorList {
	var errs field.ErrorList
	switch {
	case claim.Name == "":
		errs = append(errs, field.Required(path.Child("name"), ""))
	case names.Has(claim.Name):
		errs = append(errs, field.Duplicate(path.Child("name"), claim.Name))
	default:
		errs = append(errs, ValidateDNS1123Label(claim.Name, path.Child("name"))...)
		names.Insert(claim.Name)
	}
	switch {
	case claim.ResourceClaimName != nil && claim.ResourceClaimTemplateName != nil:
		errs = append(errs, field.Invalid(path, internalform.Of(claim), "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"))
	case claim.ResourceClaimName == nil && claim.ResourceClaimTemplateName == nil:
		errs = append(errs, field.Invalid(path, internalform.Of(claim), "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"))
	}
	if name := claim.ResourceClaimName; name != nil {
		errs = append(errs, ValidateDNS1123Subdomain(*name, path.Child("resourceClaimName"))...)
	}
	if name := claim.ResourceClaimTemplateName; name != nil {
		errs = append(errs, ValidateDNS1123Subdomain(*name, path.Child("resourceClaimTemplateName"))...)
	}
	return errs
}

// claimNames returns the names of a pod's resource claims, valid or not.
func claimNames(spec *corev1.PodSpec) sets.Set[string] {
	names := sets.New[string]()
	for _, claim := range spec.ResourceClaims {
		if claim.Name != "" {
			names.Insert(claim.Name)
		}
	}
	return names
}
