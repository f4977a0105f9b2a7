package resources

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"
)

func isIP(s string) bool { return netutils.ParseIPSloppy(s) != nil }

// validateServiceFamilies checks how clusterIP, clusterIPs, ipFamilies and
// ipFamilyPolicy fit together.
func validateServiceFamilies(s *corev1.Service, spec *field.Path) field.ErrorList {
	if s.Spec.Type == corev1.ServiceTypeExternalName {
		return nil
	}
	errs := validateFirstClusterIP(s, spec.Child("clusterIPs"))
	seen := map[corev1.IPFamily]bool{}
	for i, family := range s.Spec.IPFamilies {
		path := spec.Child("ipFamilies").Index(i)
		errs = append(errs, validateOneOf(path, family, corev1.IPv4Protocol, corev1.IPv6Protocol)...)
		if seen[family] {
			errs = append(errs, field.Duplicate(path, family))
		}
		seen[family] = true
	}
	if policy := s.Spec.IPFamilyPolicy; policy != nil {
		errs = append(errs, validateOneOf(spec.Child("ipFamilyPolicy"), *policy, corev1.IPFamilyPolicyPreferDualStack,
			corev1.IPFamilyPolicyRequireDualStack, corev1.IPFamilyPolicySingleStack)...)
	}
	return append(errs, validateClusterIPs(s, spec.Child("clusterIPs"))...)
}

func validateFirstClusterIP(s *corev1.Service, path *field.Path) field.ErrorList {
	ip, ips := s.Spec.ClusterIP, s.Spec.ClusterIPs
	switch {
	case ip == "" && len(ips) > 0:
		return field.ErrorList{field.Invalid(path, ips, "must be empty when `clusterIP` is not specified")}
	case ip != "" && len(ips) == 0:
		return field.ErrorList{field.Required(path, "")}
	case ip != "" && ips[0] != ip:
		return field.ErrorList{field.Invalid(path, ips, "first value must match `clusterIP`")}
	}
	return nil
}

func validateClusterIPs(s *corev1.Service, path *field.Path) field.ErrorList {
	ips := s.Spec.ClusterIPs
	var errs field.ErrorList
	hasInvalid := false
	for i, ip := range ips {
		if i == 0 && ip == corev1.ClusterIPNone {
			if len(ips) > 1 {
				hasInvalid = true
				errs = append(errs, field.Invalid(path, ips, "'None' must be the first and only value"))
			}
			continue
		}
		complaints := validateIP(path.Index(i), ip)
		hasInvalid = hasInvalid || len(complaints) > 0
		errs = append(errs, complaints...)
	}
	if len(ips) > 2 {
		errs = append(errs, field.Invalid(path, ips, "may only hold up to 2 values"))
	}
	if hasInvalid {
		return errs // families of what is no address mean nothing
	}
	if len(ips) > 1 {
		if dual, err := netutils.IsDualStackIPStrings(ips); err != nil || !dual {
			errs = append(errs, field.Invalid(path, ips, "may specify no more than one IP for each IP family"))
		}
	}
	if isHeadless(s) {
		return errs
	}
	for i := range min(len(ips), len(s.Spec.IPFamilies)) {
		family := s.Spec.IPFamilies[i]
		if netutils.IsIPv6String(ips[i]) != (family == corev1.IPv6Protocol) {
			errs = append(errs, field.Invalid(path.Index(i), ips[i],
				fmt.Sprintf("expected an %s value as indicated by `ipFamilies[%d]`", family, i)))
		}
	}
	return errs
}

// validateServiceUpdate checks first what addresses can be allocated for: with
// other complaints it is not compared with what was before.
func validateServiceUpdate(s, old *corev1.Service) field.ErrorList {
	spec := field.NewPath("spec")
	if errs := validateServiceFamilies(s, spec); len(errs) > 0 {
		return errs
	}
	var errs field.ErrorList
	if needsClusterIP(s) && needsClusterIP(old) {
		errs = append(errs, validateClusterIPsUpdate(s, old, spec)...)
		errs = append(errs, validateFamiliesUpdate(s, old, spec)...)
	}
	isLoadBalancer := s.Spec.Type == corev1.ServiceTypeLoadBalancer
	if isLoadBalancer && old.Spec.Type == s.Spec.Type && !equality.Semantic.DeepEqual(s.Spec.LoadBalancerClass, old.Spec.LoadBalancerClass) {
		errs = append(errs, field.Invalid(spec.Child("loadBalancerClass"), s.Spec.LoadBalancerClass, "may not change once set"))
	}
	if needsHealthCheckNodePort(s) && needsHealthCheckNodePort(old) && s.Spec.HealthCheckNodePort != old.Spec.HealthCheckNodePort {
		errs = append(errs, field.Forbidden(spec.Child("healthCheckNodePort"), "field is immutable"))
	}
	return append(errs, validateService(s)...)
}

// validateClusterIPsUpdate lets a service gain a second address, or lose it
// when it says that it is single-stack from now on.
func validateClusterIPsUpdate(s, old *corev1.Service, spec *field.Path) field.ErrorList {
	if isHeadless(s) && isHeadless(old) {
		return nil
	}
	ips, before, path := s.Spec.ClusterIPs, old.Spec.ClusterIPs, spec.Child("clusterIPs")
	var errs field.ErrorList
	changed := func(i int) {
		errs = append(errs, field.Invalid(path.Index(i), ips, "may not change once set"))
	}
	if len(ips) == len(before) {
		for i := range ips {
			if ips[i] != before[i] {
				changed(i)
			}
		}
		return errs
	}
	if len(ips) == 0 {
		return field.ErrorList{field.Invalid(path.Index(0), ips, "primary clusterIP can not be unset")}
	}
	if len(before) > 0 && ips[0] != before[0] {
		changed(0)
	}
	if len(ips) == 1 && len(before) > 1 && !isSingleStack(s) {
		errs = append(errs, field.Invalid(spec.Child("ipFamilyPolicy"), s.Spec.IPFamilyPolicy,
			"must be set to 'SingleStack' when releasing the secondary clusterIP"))
	}
	return errs
}

func validateFamiliesUpdate(s, old *corev1.Service, spec *field.Path) field.ErrorList {
	if isHeadless(s) || isHeadless(old) {
		return nil
	}
	families, before, path := s.Spec.IPFamilies, old.Spec.IPFamilies, spec.Child("ipFamilies").Index(0)
	var errs field.ErrorList
	if len(families) == len(before) {
		for i := range families {
			if families[i] != before[i] {
				errs = append(errs, field.Invalid(path, families, "may not change once set"))
			}
		}
		return errs
	}
	if len(families) < len(before) && len(s.Spec.ClusterIPs) == 0 {
		errs = append(errs, field.Invalid(path, families, "primary ipFamily can not be unset"))
	}
	if len(families) > 0 && len(before) > 0 && families[0] != before[0] {
		errs = append(errs, field.Invalid(path, s.Spec.ClusterIPs, "may not change once set"))
	}
	if len(families) == 1 && len(before) > 1 && !isSingleStack(s) {
		errs = append(errs, field.Invalid(spec.Child("ipFamilyPolicy"), s.Spec.IPFamilyPolicy,
			"must be set to 'SingleStack' when releasing the secondary ipFamily"))
	}
	return errs
}

func isSingleStack(s *corev1.Service) bool {
	policy := s.Spec.IPFamilyPolicy
	return policy != nil && *policy == corev1.IPFamilyPolicySingleStack
}
