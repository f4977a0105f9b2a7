package resources

import (
	"reflect"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"
)

func networkPolicy() *Kind {
	type policy = *networkingv1.NetworkPolicy
	return define(Definition[policy]{
		Name: "NetworkPolicy", Resource: "networkpolicies", ShortNames: []string{"netpol"},
		Version:          networkingv1.SchemeGroupVersion,
		Default:          defaultNetworkPolicy,
		Spec:             func(p policy) any { return p.Spec },
		ExactSpec:        true,
		PrepareForUpdate: countNetworkPolicy,
		Validate:         func(p policy) field.ErrorList { return validateNetworkPolicy(p, nil) },
		ValidateUpdate: func(p, old policy) field.ErrorList {
			var known []string
			eachPeer(old, func(peer *networkingv1.NetworkPolicyPeer, _ *field.Path) {
				if peer.IPBlock != nil {
					known = append(append(known, peer.IPBlock.CIDR), peer.IPBlock.Except...)
				}
			})
			return validateNetworkPolicy(p, known)
		},
		Warnings: func(p, _ policy) []string { return networkPolicyWarnings(p) },
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Pod-Selector", networkingv1.NetworkPolicySpec{}.SwaggerDoc()["podSelector"]),
			AgeColumn(),
		},
		Row: func(p policy, now time.Time) []any {
			return []any{p.Name, metav1.FormatLabelSelector(&p.Spec.PodSelector), Age(p.CreationTimestamp, now)}
		},
	})
}

func defaultNetworkPolicy(p *networkingv1.NetworkPolicy) {
	eachPolicyPort(p, func(port *networkingv1.NetworkPolicyPort, _ *field.Path) {
		setDefault(&port.Protocol, corev1.ProtocolTCP)
	})
	if len(p.Spec.PolicyTypes) > 0 {
		return
	}
	p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
	if len(p.Spec.Egress) > 0 {
		p.Spec.PolicyTypes = append(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
	}
}

// eachPolicyPort visits the ports of all rules.
func eachPolicyPort(p *networkingv1.NetworkPolicy, visit func(*networkingv1.NetworkPolicyPort, *field.Path)) {
	all := func(direction string, rule int, ports []networkingv1.NetworkPolicyPort) {
		for i := range ports {
			visit(&ports[i], field.NewPath("spec", direction).Index(rule).Child("ports").Index(i))
		}
	}
	for i := range p.Spec.Ingress {
		all("ingress", i, p.Spec.Ingress[i].Ports)
	}
	for i := range p.Spec.Egress {
		all("egress", i, p.Spec.Egress[i].Ports)
	}
}

// eachPeer visits the peers of all rules.
func eachPeer(p *networkingv1.NetworkPolicy, visit func(*networkingv1.NetworkPolicyPeer, *field.Path)) {
	for i := range p.Spec.Ingress {
		for j := range p.Spec.Ingress[i].From {
			visit(&p.Spec.Ingress[i].From[j], field.NewPath("spec", "ingress").Index(i).Child("from").Index(j))
		}
	}
	for i := range p.Spec.Egress {
		for j := range p.Spec.Egress[i].To {
			visit(&p.Spec.Egress[i].To[j], field.NewPath("spec", "egress").Index(i).Child("to").Index(j))
		}
	}
}

// countNetworkPolicy counts a change that only makes a list of none empty.
func countNetworkPolicy(p, old *networkingv1.NetworkPolicy) {
	if !reflect.DeepEqual(p.Spec, old.Spec) {
		p.Generation = old.Generation + 1
	}
}

func networkPolicyWarnings(p *networkingv1.NetworkPolicy) []string {
	var warnings []string
	eachPeer(p, func(peer *networkingv1.NetworkPolicyPeer, path *field.Path) {
		if peer.IPBlock == nil {
			return
		}
		path = path.Child("ipBlock")
		warnings = append(warnings, validation.GetWarningsForCIDR(path.Child("cidr"), peer.IPBlock.CIDR)...)
		for i, cidr := range peer.IPBlock.Except {
			warnings = append(warnings, validation.GetWarningsForCIDR(path.Child("except").Index(i), cidr)...)
		}
	})
	return warnings
}

// validateNetworkPolicy checks a policy; CIDRs that are known from before are
// not held to the strict form.
func validateNetworkPolicy(p *networkingv1.NetworkPolicy, known []string) field.ErrorList {
	errs := validateSelector(&p.Spec.PodSelector, field.NewPath("spec", "podSelector"))
	eachPolicyPort(p, func(port *networkingv1.NetworkPolicyPort, path *field.Path) {
		errs = append(errs, validatePolicyPort(port, path)...)
	})
	eachPeer(p, func(peer *networkingv1.NetworkPolicyPeer, path *field.Path) {
		errs = append(errs, validatePolicyPeer(peer, known, path)...)
	})
	path := field.NewPath("spec", "policyTypes")
	if len(p.Spec.PolicyTypes) > 2 {
		return append(errs, field.Invalid(path, p.Spec.PolicyTypes, "may not specify more than two policyTypes"))
	}
	for i, kind := range p.Spec.PolicyTypes {
		errs = append(errs, validateOneOf(path.Index(i), kind, networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress)...)
	}
	return errs
}

func validatePolicyPort(p *networkingv1.NetworkPolicyPort, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if p.Protocol != nil {
		errs = append(errs, validateOneOf(path.Child("protocol"), *p.Protocol, corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP)...)
	}
	port, end := path.Child("port"), path.Child("endPort")
	switch {
	case p.Port == nil:
		if p.EndPort != nil {
			errs = append(errs, field.Invalid(end, *p.EndPort, "may not be specified when `port` is not specified"))
		}
	case p.Port.Type == intstr.String:
		if p.EndPort != nil {
			errs = append(errs, field.Invalid(end, *p.EndPort, "may not be specified when `port` is non-numeric"))
		}
		errs = append(errs, validateAs(port, p.Port.StrVal, validation.IsValidPortName)...)
	default:
		for _, msg := range validation.IsValidPortNum(int(p.Port.IntVal)) {
			errs = append(errs, field.Invalid(port, p.Port.IntVal, msg))
		}
		if p.EndPort != nil {
			errs = append(errs, validateEndPort(*p.EndPort, p.Port.IntVal, end)...)
		}
	}
	return errs
}

func validateEndPort(endPort, port int32, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if endPort < port {
		errs = append(errs, field.Invalid(path, endPort, "must be greater than or equal to `port`"))
	}
	for _, msg := range validation.IsValidPortNum(int(endPort)) {
		errs = append(errs, field.Invalid(path, endPort, msg))
	}
	return errs
}

func validatePolicyPeer(p *networkingv1.NetworkPolicyPeer, known []string, path *field.Path) field.ErrorList {
	if p.PodSelector == nil && p.NamespaceSelector == nil && p.IPBlock == nil {
		return field.ErrorList{field.Required(path, "must specify a peer")}
	}
	errs := validateSelector(p.PodSelector, path.Child("podSelector"))
	errs = append(errs, validateSelector(p.NamespaceSelector, path.Child("namespaceSelector"))...)
	if p.IPBlock != nil {
		errs = append(errs, validateIPBlock(p.IPBlock, known, path.Child("ipBlock"))...)
		if p.PodSelector != nil || p.NamespaceSelector != nil {
			errs = append(errs, field.Forbidden(path, "may not specify both ipBlock and another peer"))
		}
	}
	return errs
}

func validateIPBlock(b *networkingv1.IPBlock, known []string, path *field.Path) field.ErrorList {
	if b.CIDR == "" {
		return field.ErrorList{field.Required(path.Child("cidr"), "").MarkBeta()}
	}
	errs := validation.IsValidCIDRForLegacyField(path.Child("cidr"), b.CIDR, true, known)
	_, block, err := netutils.ParseCIDRSloppy(b.CIDR)
	if err != nil {
		return errs
	}
	for i, except := range b.Except {
		p := path.Child("except").Index(i)
		errs = append(errs, validation.IsValidCIDRForLegacyField(p, except, true, known)...)
		_, inner, err := netutils.ParseCIDRSloppy(except)
		if err != nil {
			continue
		}
		size, _ := block.Mask.Size()
		innerSize, _ := inner.Mask.Size()
		if !block.Contains(inner.IP) || size >= innerSize {
			errs = append(errs, field.Invalid(p, except, "must be a strict subset of `cidr`"))
		}
	}
	return errs
}
