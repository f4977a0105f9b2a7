package allocation

import (
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

var (
	policyPath     = field.NewPath("spec", "ipFamilyPolicy")
	familiesPath   = field.NewPath("spec", "ipFamilies")
	clusterIPsPath = field.NewPath("spec", "clusterIPs")
)

// families fills in ipFamilies and ipFamilyPolicy, as
// https://kubernetes.io/docs/concepts/services-networking/dual-stack/ states;
// old is nil for a new Service.
func (t *transaction) families(old *corev1.Service) error {
	if old != nil && staysPreferred(t.service, old) {
		return nil
	}
	spec := &t.service.Spec
	if spec.IPFamilyPolicy == nil {
		spec.IPFamilyPolicy = ptr.To(defaultFamilyPolicy(t.service, old))
	}
	errs := t.reduceFamilies(old)
	errs = append(errs, t.checkSingleStack()...)
	if errs = append(errs, t.inferFamilies()...); len(errs) > 0 {
		return t.invalid(errs)
	}
	if ownEndpoints(t.service) {
		t.completeFamilies(2)
		return nil
	}
	if errs := t.checkFamilies(); len(errs) > 0 {
		return t.invalid(errs)
	}
	t.completeFamilies(len(t.ranges))
	return nil
}

// staysPreferred tells of Services that prefer two families and are changed in
// neither their addresses nor families: they stay as they are, even if the
// cluster has got another family.
func staysPreferred(s, old *corev1.Service) bool {
	const preferred = corev1.IPFamilyPolicyPreferDualStack
	return s.Spec.IPFamilyPolicy != nil && *s.Spec.IPFamilyPolicy == preferred &&
		ptr.Deref(old.Spec.IPFamilyPolicy, preferred) == preferred && s.Spec.Type == old.Spec.Type &&
		slices.Equal(s.Spec.ClusterIPs, old.Spec.ClusterIPs) && slices.Equal(s.Spec.IPFamilies, old.Spec.IPFamilies)
}

// ownEndpoints tells of Services without addresses and pods: whoever gives them
// endpoints may do so in any family, whatever those of the cluster are.
func ownEndpoints(s *corev1.Service) bool {
	return s.Spec.ClusterIP == corev1.ClusterIPNone && len(s.Spec.Selector) == 0
}

// defaultFamilyPolicy is that of before; old is nil for a new Service.
func defaultFamilyPolicy(s, old *corev1.Service) corev1.IPFamilyPolicy {
	switch {
	case old != nil && old.Spec.IPFamilyPolicy != nil:
		return *old.Spec.IPFamilyPolicy
	case ownEndpoints(s):
		return corev1.IPFamilyPolicyRequireDualStack
	}
	return corev1.IPFamilyPolicySingleStack
}

// reduceFamilies gives up the second address and family of a Service that has
// become single-stack, and refuses to do so for others.
func (t *transaction) reduceFamilies(old *corev1.Service) (errs field.ErrorList) {
	if old == nil {
		return nil
	}
	spec := &t.service.Spec
	if *spec.IPFamilyPolicy == corev1.IPFamilyPolicySingleStack {
		if len(spec.ClusterIPs) > 1 && slices.Equal(spec.ClusterIPs, old.Spec.ClusterIPs) {
			spec.ClusterIPs = spec.ClusterIPs[:1]
		}
		if len(spec.IPFamilies) > 1 && slices.Equal(spec.IPFamilies, old.Spec.IPFamilies) {
			spec.IPFamilies = spec.IPFamilies[:1]
		}
		return nil
	}
	if n := len(spec.ClusterIPs); n > 0 && n < len(old.Spec.ClusterIPs) {
		errs = append(errs, field.Invalid(policyPath, spec.IPFamilyPolicy, "must be 'SingleStack' to release the secondary cluster IP"))
	}
	if n := len(spec.IPFamilies); n > 0 && n < len(old.Spec.IPFamilies) {
		errs = append(errs, field.Invalid(policyPath, spec.IPFamilyPolicy, "must be 'SingleStack' to release the secondary IP family"))
	}
	return errs
}

// checkSingleStack refuses what only dual-stack Services may have.
func (t *transaction) checkSingleStack() (errs field.ErrorList) {
	spec := &t.service.Spec
	if *spec.IPFamilyPolicy != corev1.IPFamilyPolicySingleStack {
		return nil
	}
	const message = "must be 'RequireDualStack' or 'PreferDualStack' when multiple %s are specified"
	if len(spec.ClusterIPs) == 2 {
		errs = append(errs, field.Invalid(policyPath, spec.IPFamilyPolicy, fmt.Sprintf(message, "cluster IPs")))
	}
	if len(spec.IPFamilies) == 2 {
		errs = append(errs, field.Invalid(policyPath, spec.IPFamilyPolicy, fmt.Sprintf(message, "IP families")))
	}
	return errs
}

// inferFamilies completes ipFamilies by those of the addresses that were chosen.
func (t *transaction) inferFamilies() (errs field.ErrorList) {
	spec := &t.service.Spec
	for i := len(spec.IPFamilies); i < len(spec.ClusterIPs); i++ {
		addr, err := netip.ParseAddr(spec.ClusterIPs[i])
		if err != nil {
			return errs // None
		}
		f := family(addr)
		if _, ok := t.rangeOf(f); !ok {
			errs = append(errs, field.Invalid(clusterIPsPath.Index(i), spec.ClusterIPs, fmt.Sprintf("%s is not configured on this cluster", f)))
			continue
		}
		spec.IPFamilies = append(spec.IPFamilies, f)
	}
	return errs
}

// checkFamilies refuses families that the cluster does not have.
func (t *transaction) checkFamilies() (errs field.ErrorList) {
	spec := &t.service.Spec
	if *spec.IPFamilyPolicy == corev1.IPFamilyPolicyRequireDualStack && len(t.ranges) < 2 {
		errs = append(errs, field.Invalid(policyPath, spec.IPFamilyPolicy, "this cluster is not configured for dual-stack services"))
	}
	for i, f := range spec.IPFamilies {
		if _, ok := t.rangeOf(f); !ok {
			errs = append(errs, field.Invalid(familiesPath.Index(i), f, "not configured on this cluster"))
		}
	}
	return errs
}

// completeFamilies adds families, the cluster's primary one first, until there
// are as many as may be had, or one, if that is the policy.
func (t *transaction) completeFamilies(available int) {
	spec := &t.service.Spec
	if *spec.IPFamilyPolicy == corev1.IPFamilyPolicySingleStack {
		available = 1
	}
	all := []corev1.IPFamily{corev1.IPv4Protocol, corev1.IPv6Protocol}
	if family(t.ranges[0].Addr()) == corev1.IPv6Protocol {
		slices.Reverse(all)
	}
	for _, f := range all {
		if len(spec.IPFamilies) < available && !slices.Contains(spec.IPFamilies, f) {
			spec.IPFamilies = append(spec.IPFamilies, f)
		}
	}
}

// family is the IP family of a range or address.
func family(a netip.Addr) corev1.IPFamily {
	if a.Is4() {
		return corev1.IPv4Protocol
	}
	return corev1.IPv6Protocol
}

func (a *Allocator) rangeOf(f corev1.IPFamily) (netip.Prefix, bool) {
	i := slices.IndexFunc(a.ranges, func(p netip.Prefix) bool { return family(p.Addr()) == f })
	if i < 0 {
		return netip.Prefix{}, false
	}
	return a.ranges[i], true
}
