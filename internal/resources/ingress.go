package resources

import (
	"fmt"
	"slices"
	"strings"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"
	"k8s.io/utils/ptr"
)

// annotationIngressClass is what ingressClassName was before it was a field.
const annotationIngressClass = "kubernetes.io/ingress.class"

func ingress() *Kind {
	type ing = *networkingv1.Ingress
	return define(Definition[ing]{
		Name: "Ingress", Resource: "ingresses", ShortNames: []string{"ing"},
		RevalidatesName: true,
		Version:         networkingv1.SchemeGroupVersion,
		Spec:            func(i ing) any { return i.Spec },
		Validate: func(i ing) field.ErrorList {
			return append(validateIngress(i), validateIngressClassAnnotation(i)...)
		},
		ValidateUpdate: func(i, _ ing) field.ErrorList { return validateIngress(i) },
		Warnings:       ingressWarnings,
		Status: &Status[ing]{
			Copy:     func(to, from ing) { to.Status = *from.Status.DeepCopy() },
			Validate: validateIngressStatus,
		},
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Class", "The name of the IngressClass resource that should be used for additional configuration"),
			Column("Hosts", "Hosts that incoming requests are matched against before the ingress rule"),
			Column("Address", "Address is a list containing ingress points for the load-balancer"),
			Column("Ports", "Ports of TLS configurations that open"),
			AgeColumn(),
		},
		Row: func(i ing, now time.Time) []any {
			return []any{
				i.Name, ptr.Deref(i.Spec.IngressClassName, "<none>"), ingressHosts(i.Spec.Rules),
				ingressAddresses(i), ingressPorts(i), Age(i.CreationTimestamp, now),
			}
		},
	})
}

func ingressHosts(rules []networkingv1.IngressRule) string {
	const shown = 3
	var hosts []string
	more := false
	for _, rule := range rules {
		more = more || len(hosts) == shown
		if !more && rule.Host != "" {
			hosts = append(hosts, rule.Host)
		}
	}
	switch {
	case len(hosts) == 0:
		return "*"
	case more:
		return fmt.Sprintf("%s + %d more...", strings.Join(hosts, ","), len(rules)-shown)
	}
	return strings.Join(hosts, ",")
}

func ingressAddresses(i *networkingv1.Ingress) string {
	var addresses []string
	for _, point := range i.Status.LoadBalancer.Ingress {
		if address := orElse(point.IP, point.Hostname); address != "" {
			addresses = append(addresses, address)
		}
	}
	slices.Sort(addresses)
	return strings.Join(slices.Compact(addresses), ",")
}

func ingressPorts(i *networkingv1.Ingress) string {
	if len(i.Spec.TLS) > 0 {
		return "80, 443"
	}
	return "80"
}

func ingressWarnings(i, old *networkingv1.Ingress) []string {
	_, annotated := i.Annotations[annotationIngressClass]
	if old != nil || !annotated || i.Spec.IngressClassName != nil {
		return nil
	}
	return []string{fmt.Sprintf("annotation %q is deprecated, please use 'spec.ingressClassName' instead", annotationIngressClass)}
}

func validateIngressStatus(i, old *networkingv1.Ingress) field.ErrorList {
	var known []string
	for _, point := range old.Status.LoadBalancer.Ingress {
		known = append(known, point.IP)
	}
	var errs field.ErrorList
	for n, point := range i.Status.LoadBalancer.Ingress {
		path := field.NewPath("status", "loadBalancer", "ingress").Index(n)
		if point.IP != "" {
			errs = append(errs, validation.IsValidIPForLegacyField(path.Child("ip"), point.IP, true, known)...)
		}
		if point.Hostname != "" {
			errs = append(errs, validateAs(path.Child("hostname"), point.Hostname, validation.IsDNS1123Subdomain)...)
			errs = append(errs, validateNotIP(path.Child("hostname"), point.Hostname)...)
		}
	}
	return errs
}

func validateNotIP(path *field.Path, host string) field.ErrorList {
	if netutils.ParseIPSloppy(host) == nil {
		return nil
	}
	return field.ErrorList{field.Invalid(path, host, "must be a DNS name, not an IP address")}
}
