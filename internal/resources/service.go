package resources

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

// service gets its addresses and node ports outside of this package, after it
// has been validated.
func service() *Kind {
	spec := corev1.ServiceSpec{}.SwaggerDoc()
	return define(Definition[*corev1.Service]{
		Name: "Service", Resource: "services", ShortNames: []string{"svc"}, Categories: []string{"all"},
		ReturnDeleted: true,
		Version:       corev1.SchemeGroupVersion,
		Default:       defaultService,
		PrepareForCreate: func(s *corev1.Service) {
			syncClusterIPs(s, nil)
			dropInternalTraffic(s)
		},
		PrepareForUpdate: func(s, old *corev1.Service) {
			KeepAllocated(s, old)
			dropWhatTypeHasNot(s, old)
			dropInternalTraffic(s)
			dropSecondFamily(s, old)
		},
		ValidateName:   apivalidation.NameIsDNSLabel,
		Validate:       validateService,
		ValidateUpdate: validateServiceUpdate,
		Warnings:       serviceWarnings,
		CreateOnUpdate: true,
		Status: &Status[*corev1.Service]{
			Copy: func(to, from *corev1.Service) { to.Status = *from.Status.DeepCopy() },
			Validate: func(s, _ *corev1.Service) field.ErrorList {
				return validateLoadBalancerStatus(s, field.NewPath("status", "loadBalancer"))
			},
		},
		Subresources: []*Subresource{proxySubresource("ServiceProxyOptions")},
		Fields: func(s *corev1.Service) fields.Set {
			return fields.Set{"spec.clusterIP": s.Spec.ClusterIP, "spec.type": string(s.Spec.Type)}
		},
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Type", spec["type"]),
			Column("Cluster-IP", spec["clusterIP"]),
			Column("External-IP", spec["externalIPs"]),
			Column("Port(s)", spec["ports"]),
			AgeColumn(),
			Wide(Column("Selector", spec["selector"])),
		},
		Row: serviceRow,
	})
}

func defaultService(s *corev1.Service) {
	setIfZero(&s.Spec.SessionAffinity, corev1.ServiceAffinityNone)
	if s.Spec.SessionAffinity == corev1.ServiceAffinityNone {
		s.Spec.SessionAffinityConfig = nil
	}
	if s.Spec.SessionAffinity == corev1.ServiceAffinityClientIP {
		defaultAffinityTimeout(&s.Spec)
	}
	setIfZero(&s.Spec.Type, corev1.ServiceTypeClusterIP)
	for i := range s.Spec.Ports {
		port := &s.Spec.Ports[i]
		setIfZero(&port.Protocol, corev1.ProtocolTCP)
		if port.TargetPort == intstr.FromInt32(0) || port.TargetPort == intstr.FromString("") {
			port.TargetPort = intstr.FromInt32(port.Port)
		}
	}
	if isExternallyAccessible(s) {
		setIfZero(&s.Spec.ExternalTrafficPolicy, corev1.ServiceExternalTrafficPolicyCluster)
	}
	if s.Spec.Type != corev1.ServiceTypeExternalName {
		setDefault(&s.Spec.InternalTrafficPolicy, corev1.ServiceInternalTrafficPolicyCluster)
	}
	if s.Spec.Type == corev1.ServiceTypeLoadBalancer {
		setDefault(&s.Spec.AllocateLoadBalancerNodePorts, true)
		for i := range s.Status.LoadBalancer.Ingress {
			if ingress := &s.Status.LoadBalancer.Ingress[i]; ingress.IP != "" {
				setDefault(&ingress.IPMode, corev1.LoadBalancerIPModeVIP)
			}
		}
	}
}

func defaultAffinityTimeout(spec *corev1.ServiceSpec) {
	config := spec.SessionAffinityConfig
	if config == nil || config.ClientIP == nil || config.ClientIP.TimeoutSeconds == nil {
		timeout := corev1.DefaultClientIPServiceAffinitySeconds
		spec.SessionAffinityConfig = &corev1.SessionAffinityConfig{ClientIP: &corev1.ClientIPConfig{TimeoutSeconds: &timeout}}
	}
}

func needsClusterIP(s *corev1.Service) bool { return s.Spec.Type != corev1.ServiceTypeExternalName }

func needsNodePort(s *corev1.Service) bool {
	return s.Spec.Type == corev1.ServiceTypeNodePort || s.Spec.Type == corev1.ServiceTypeLoadBalancer
}

// AllocatesNodePorts reports whether ports of a service that have no node port
// are given one.
func AllocatesNodePorts(s *corev1.Service) bool {
	return s.Spec.Type == corev1.ServiceTypeNodePort ||
		s.Spec.Type == corev1.ServiceTypeLoadBalancer && ptr.Deref(s.Spec.AllocateLoadBalancerNodePorts, true)
}

func isExternallyAccessible(s *corev1.Service) bool {
	return needsNodePort(s) || (s.Spec.Type == corev1.ServiceTypeClusterIP && len(s.Spec.ExternalIPs) > 0)
}

func needsHealthCheckNodePort(s *corev1.Service) bool {
	return s.Spec.Type == corev1.ServiceTypeLoadBalancer &&
		s.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal
}

func isHeadless(s *corev1.Service) bool {
	return slices.Equal(s.Spec.ClusterIPs, []string{corev1.ClusterIPNone})
}

func serviceWarnings(s, _ *corev1.Service) []string {
	var warnings []string
	if _, ok := s.Annotations[corev1.DeprecatedAnnotationTopologyAwareHints]; ok {
		warnings = append(warnings, fmt.Sprintf("annotation %s is deprecated, please use %s instead",
			corev1.DeprecatedAnnotationTopologyAwareHints, corev1.AnnotationTopologyMode))
	}
	warnings = append(warnings, serviceAddressWarnings(s)...)
	for _, w := range []struct {
		holds bool
		text  string
	}{
		{len(s.Spec.ExternalIPs) > 0, "spec.externalIPs is deprecated and may no longer be implemented in some clusters"},
		{isHeadless(s) && s.Spec.LoadBalancerIP != "", "spec.loadBalancerIP is ignored for headless services"},
		{isHeadless(s) && len(s.Spec.ExternalIPs) > 0, "spec.externalIPs is ignored for headless services"},
		{isHeadless(s) && s.Spec.SessionAffinity != corev1.ServiceAffinityNone, "spec.SessionAffinity is ignored for headless services"},
		{s.Spec.Type == corev1.ServiceTypeExternalName && len(s.Spec.ExternalIPs) > 0, `spec.externalIPs is ignored when spec.type is "ExternalName"`},
		{s.Spec.Type != corev1.ServiceTypeExternalName && s.Spec.ExternalName != "", `spec.externalName is ignored when spec.type is not "ExternalName"`},
		{s.Spec.TrafficDistribution != nil && *s.Spec.TrafficDistribution == corev1.ServiceTrafficDistributionPreferClose,
			`spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"`},
	} {
		if w.holds {
			warnings = append(warnings, w.text)
		}
	}
	return warnings
}

// serviceAddressWarnings are about addresses that are valid, but not written as
// they should be.
func serviceAddressWarnings(s *corev1.Service) []string {
	spec := field.NewPath("spec")
	var warnings []string
	if needsClusterIP(s) && !isHeadless(s) {
		for i, ip := range s.Spec.ClusterIPs {
			warnings = append(warnings, validation.GetWarningsForIP(spec.Child("clusterIPs").Index(i), ip)...)
		}
	}
	for i, ip := range s.Spec.ExternalIPs {
		warnings = append(warnings, validation.GetWarningsForIP(spec.Child("externalIPs").Index(i), ip)...)
	}
	if s.Spec.LoadBalancerIP != "" {
		warnings = append(warnings, validation.GetWarningsForIP(spec.Child("loadBalancerIP"), s.Spec.LoadBalancerIP)...)
	}
	for i, cidr := range s.Spec.LoadBalancerSourceRanges {
		warnings = append(warnings, validation.GetWarningsForCIDR(spec.Child("loadBalancerSourceRanges").Index(i), cidr)...)
	}
	return warnings
}

func serviceRow(s *corev1.Service, now time.Time) []any {
	clusterIP := "<none>"
	if len(s.Spec.ClusterIPs) > 0 {
		clusterIP = s.Spec.ClusterIPs[0]
	}
	return []any{s.Name, string(s.Spec.Type), clusterIP, externalIPCell(s), portsCell(s.Spec.Ports),
		Age(s.CreationTimestamp, now), labels.FormatLabels(s.Spec.Selector)}
}

func externalIPCell(s *corev1.Service) string {
	addresses := slices.Clone(s.Spec.ExternalIPs)
	switch s.Spec.Type {
	case corev1.ServiceTypeExternalName:
		return s.Spec.ExternalName
	case corev1.ServiceTypeLoadBalancer:
		addresses = append(loadBalancerAddresses(s.Status.LoadBalancer), addresses...)
		if len(addresses) == 0 {
			return "<pending>"
		}
	case corev1.ServiceTypeClusterIP, corev1.ServiceTypeNodePort:
	default:
		return "<unknown>"
	}
	return joinOr(addresses, "<none>")
}

func loadBalancerAddresses(status corev1.LoadBalancerStatus) []string {
	var addresses []string
	for _, ingress := range status.Ingress {
		if address := orElse(ingress.IP, ingress.Hostname); address != "" {
			addresses = append(addresses, address)
		}
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}

func portsCell(ports []corev1.ServicePort) string {
	cells := make([]string, len(ports))
	for i, p := range ports {
		cells[i] = fmt.Sprintf("%d/%s", p.Port, p.Protocol)
		if p.NodePort > 0 {
			cells[i] = fmt.Sprintf("%d:%d/%s", p.Port, p.NodePort, p.Protocol)
		}
	}
	return joinOr(cells, "<none>")
}

// joinOr joins cells with commas; none is what stands for no cell.
func joinOr(cells []string, none string) string {
	if len(cells) == 0 {
		return none
	}
	return strings.Join(cells, ",")
}
