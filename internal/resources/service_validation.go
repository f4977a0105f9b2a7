package resources

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/internalform"
	"github.com/kubejig/kubejig/internal/podspec"
)

// maxAffinitySeconds is a day.
const maxAffinitySeconds = 86400

// internalTrafficPolicies are all that there are.
var internalTrafficPolicies = []corev1.ServiceInternalTrafficPolicy{
	corev1.ServiceInternalTrafficPolicyCluster, corev1.ServiceInternalTrafficPolicyLocal,
}

func validateService(s *corev1.Service) field.ErrorList {
	spec := field.NewPath("spec")
	var errs field.ErrorList
	if len(s.Spec.Ports) == 0 && !isHeadless(s) && s.Spec.Type != corev1.ServiceTypeExternalName {
		errs = append(errs, field.Required(spec.Child("ports"), ""))
	}
	errs = append(errs, validateServiceForType(s, spec)...)
	errs = append(errs, validateServicePorts(s, spec.Child("ports"))...)
	if s.Spec.Selector != nil {
		errs = append(errs, metav1validation.ValidateLabels(s.Spec.Selector, spec.Child("selector"))...)
	}
	errs = append(errs, validateSessionAffinity(&s.Spec, spec)...)
	errs = append(errs, validateServiceFamilies(s, spec)...)
	for i, ip := range s.Spec.ExternalIPs {
		path := spec.Child("externalIPs").Index(i)
		if invalid := validateIP(path, ip); len(invalid) > 0 {
			errs = append(errs, invalid...)
		} else {
			errs = append(errs, validateRoutableIP(path, ip)...)
		}
	}
	errs = append(errs, validateRequiredOneOf(spec.Child("type"), s.Spec.Type, corev1.ServiceTypeClusterIP,
		corev1.ServiceTypeExternalName, corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeNodePort)...)
	errs = append(errs, validateNodePorts(s, spec.Child("ports"))...)
	errs = append(errs, validateSourceRanges(s, spec)...)
	errs = append(errs, validateLoadBalancerFields(s, spec)...)
	return append(errs, validateTrafficPolicies(s, spec)...)
}

// validateServiceForType checks what only some types of services may have.
func validateServiceForType(s *corev1.Service, spec *field.Path) field.ErrorList {
	var errs field.ErrorList
	switch s.Spec.Type {
	case corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeNodePort:
		errs = append(errs, validateNotHeadless(s, spec)...)
	case corev1.ServiceTypeExternalName:
		errs = append(errs, validateExternalName(s, spec)...)
	}
	return errs
}

func validateNotHeadless(s *corev1.Service, spec *field.Path) field.ErrorList {
	if !isHeadless(s) {
		return nil
	}
	return field.ErrorList{field.Invalid(spec.Child("clusterIPs").Index(0), corev1.ClusterIPNone,
		fmt.Sprintf("may not be set to 'None' for %s services", s.Spec.Type))}
}

func validateExternalName(s *corev1.Service, spec *field.Path) field.ErrorList {
	const forbidden = "may not be set for ExternalName services"
	var errs field.ErrorList
	if len(s.Spec.ClusterIPs) > 0 {
		errs = append(errs, field.Forbidden(spec.Child("clusterIPs"), forbidden))
	}
	if len(s.Spec.IPFamilies) > 0 {
		errs = append(errs, field.Forbidden(spec.Child("ipFamilies"), forbidden))
	}
	if s.Spec.IPFamilyPolicy != nil {
		errs = append(errs, field.Forbidden(spec.Child("ipFamilyPolicy"), forbidden))
	}
	// A trailing dot says that the name is fully qualified.
	name := strings.TrimSuffix(s.Spec.ExternalName, ".")
	if name == "" {
		return append(errs, field.Required(spec.Child("externalName"), ""))
	}
	return append(errs, podspec.ValidateDNS1123Subdomain(name, spec.Child("externalName"))...)
}

func validateServicePorts(s *corev1.Service, path *field.Path) field.ErrorList {
	names := map[string]bool{}
	var errs field.ErrorList
	for i := range s.Spec.Ports {
		port, path := &s.Spec.Ports[i], path.Index(i)
		switch name := path.Child("name"); {
		case port.Name != "":
			errs = append(errs, podspec.ValidateDNS1123Label(port.Name, name)...)
			if names[port.Name] {
				errs = append(errs, field.Duplicate(name, port.Name))
			}
			names[port.Name] = true
		case len(s.Spec.Ports) > 1:
			errs = append(errs, field.Required(name, ""))
		}
		errs = append(errs, invalidFor(path.Child("port"), port.Port, validation.IsValidPortNum(int(port.Port)))...)
		errs = append(errs, validateProtocol(path.Child("protocol"), port.Protocol)...)
		errs = append(errs, podspec.ValidatePortNumOrName(port.TargetPort, path.Child("targetPort"))...)
		if port.AppProtocol != nil {
			errs = append(errs, podspec.ValidateQualifiedName(*port.AppProtocol, path.Child("appProtocol"))...)
		}
	}
	return errs
}

func validateProtocol(path *field.Path, p corev1.Protocol) field.ErrorList {
	return validateRequiredOneOf(path, p, corev1.ProtocolSCTP, corev1.ProtocolTCP, corev1.ProtocolUDP)
}

func validateNodePorts(s *corev1.Service, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if s.Spec.Type == corev1.ServiceTypeClusterIP {
		for i, port := range s.Spec.Ports {
			if port.NodePort != 0 {
				errs = append(errs, field.Forbidden(path.Index(i).Child("nodePort"), "may not be used when `type` is 'ClusterIP'"))
			}
		}
	}
	nodePorts, ports := map[corev1.ServicePort]bool{}, map[corev1.ServicePort]bool{}
	for i, port := range s.Spec.Ports {
		key := corev1.ServicePort{Protocol: port.Protocol, NodePort: port.NodePort}
		if port.NodePort != 0 && nodePorts[key] {
			errs = append(errs, field.Duplicate(path.Index(i).Child("nodePort"), port.NodePort))
		}
		nodePorts[key] = true
	}
	for i, port := range s.Spec.Ports {
		key := corev1.ServicePort{Protocol: port.Protocol, Port: port.Port}
		if ports[key] {
			errs = append(errs, field.Duplicate(path.Index(i), internalform.Of(key)))
		}
		ports[key] = true
	}
	return errs
}

func validateSessionAffinity(spec *corev1.ServiceSpec, path *field.Path) field.ErrorList {
	errs := validateRequiredOneOf(path.Child("sessionAffinity"), spec.SessionAffinity,
		corev1.ServiceAffinityClientIP, corev1.ServiceAffinityNone)
	config, path := spec.SessionAffinityConfig, path.Child("sessionAffinityConfig")
	const required = "when session affinity type is ClientIP"
	switch {
	case spec.SessionAffinity == corev1.ServiceAffinityNone:
		if config != nil {
			errs = append(errs, field.Forbidden(path, "must not be set when session affinity is None"))
		}
	case spec.SessionAffinity != corev1.ServiceAffinityClientIP:
	case config == nil:
		errs = append(errs, field.Required(path, required))
	case config.ClientIP == nil:
		errs = append(errs, field.Required(path.Child("clientIP"), required))
	case config.ClientIP.TimeoutSeconds == nil:
		errs = append(errs, field.Required(path.Child("clientIP", "timeoutSeconds"), required))
	case *config.ClientIP.TimeoutSeconds <= 0 || *config.ClientIP.TimeoutSeconds > maxAffinitySeconds:
		errs = append(errs, field.Invalid(path.Child("clientIP", "timeoutSeconds"), *config.ClientIP.TimeoutSeconds,
			fmt.Sprintf("must be greater than 0 and less than %d", maxAffinitySeconds)))
	}
	return errs
}

func validateSourceRanges(s *corev1.Service, spec *field.Path) field.ErrorList {
	path, ranges := spec.Child("LoadBalancerSourceRanges"), s.Spec.LoadBalancerSourceRanges
	at := path.Index
	if len(ranges) == 0 {
		annotation, set := s.Annotations[corev1.AnnotationLoadBalancerSourceRangesKey]
		if !set {
			return nil
		}
		path = field.NewPath("metadata", "annotations").Key(corev1.AnnotationLoadBalancerSourceRangesKey)
		at = func(int) *field.Path { return path }
		if annotation = strings.TrimSpace(annotation); annotation != "" {
			ranges = strings.Split(annotation, ",")
		}
	}
	var errs field.ErrorList
	if s.Spec.Type != corev1.ServiceTypeLoadBalancer {
		errs = append(errs, field.Forbidden(path, "may only be used when `type` is 'LoadBalancer'"))
	}
	for i, cidr := range ranges {
		errs = append(errs, validateCIDR(at(i), strings.TrimSpace(cidr))...)
	}
	return errs
}

func validateLoadBalancerFields(s *corev1.Service, spec *field.Path) field.ErrorList {
	const forbidden = "may only be used when `type` is 'LoadBalancer'"
	isLoadBalancer := s.Spec.Type == corev1.ServiceTypeLoadBalancer
	allocate, class := s.Spec.AllocateLoadBalancerNodePorts, s.Spec.LoadBalancerClass
	var errs field.ErrorList
	switch {
	case allocate != nil && !isLoadBalancer:
		errs = append(errs, field.Forbidden(spec.Child("allocateLoadBalancerNodePorts"), forbidden))
	case allocate == nil && isLoadBalancer:
		errs = append(errs, field.Required(field.NewPath("allocateLoadBalancerNodePorts"), ""))
	}
	switch {
	case class != nil && isLoadBalancer:
		errs = append(errs, podspec.ValidateQualifiedName(*class, spec.Child("loadBalancerClass"))...)
	case class != nil:
		errs = append(errs, field.Forbidden(spec.Child("loadBalancerClass"), forbidden))
	}
	return errs
}

func validateTrafficPolicies(s *corev1.Service, spec *field.Path) field.ErrorList {
	var errs field.ErrorList
	external := spec.Child("externalTrafficPolicy")
	switch {
	case isExternallyAccessible(s):
		errs = append(errs, validateRequiredOneOf(external, s.Spec.ExternalTrafficPolicy,
			corev1.ServiceExternalTrafficPolicyCluster, corev1.ServiceExternalTrafficPolicyLocal)...)
	case s.Spec.ExternalTrafficPolicy != "":
		errs = append(errs, field.Invalid(external, s.Spec.ExternalTrafficPolicy, "may only be set for externally-accessible services"))
	}
	if port := s.Spec.HealthCheckNodePort; port != 0 {
		path := spec.Child("healthCheckNodePort")
		if needsHealthCheckNodePort(s) {
			errs = append(errs, invalidFor(path, port, validation.IsValidPortNum(int(port)))...)
		} else {
			errs = append(errs, field.Invalid(path, port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"))
		}
	}
	if policy := s.Spec.InternalTrafficPolicy; policy != nil {
		errs = append(errs, validateOneOf(spec.Child("internalTrafficPolicy"), *policy, internalTrafficPolicies...)...)
	} else if s.Spec.Type != corev1.ServiceTypeExternalName {
		errs = append(errs, field.Required(spec.Child("internalTrafficPolicy"), ""))
	}
	if distribution := s.Spec.TrafficDistribution; distribution != nil {
		errs = append(errs, validateOneOf(spec.Child("trafficDistribution"), *distribution, corev1.ServiceTrafficDistributionPreferClose,
			corev1.ServiceTrafficDistributionPreferSameZone, corev1.ServiceTrafficDistributionPreferSameNode)...)
	}
	return errs
}

func validateLoadBalancerStatus(s *corev1.Service, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	ingresses := s.Status.LoadBalancer.Ingress
	if len(ingresses) > 0 && s.Spec.Type != corev1.ServiceTypeLoadBalancer {
		return field.ErrorList{field.Forbidden(path.Child("ingress"), "may only be used when `spec.type` is 'LoadBalancer'")}
	}
	for i, ingress := range ingresses {
		path := path.Child("ingress").Index(i)
		if ingress.IP != "" {
			errs = append(errs, validateIP(path.Child("ip"), ingress.IP)...)
		}
		switch mode := path.Child("ipMode"); {
		case ingress.IPMode != nil && ingress.IP == "":
			errs = append(errs, field.Forbidden(mode, "may not be specified when `ip` is not set"))
		case ingress.IPMode != nil:
			errs = append(errs, validateOneOf(mode, *ingress.IPMode, corev1.LoadBalancerIPModeProxy, corev1.LoadBalancerIPModeVIP)...)
		case ingress.IP != "":
			errs = append(errs, field.Required(mode, "must be specified when `ip` is set"))
		}
		if ingress.Hostname != "" {
			errs = append(errs, invalidFor(path.Child("hostname"), ingress.Hostname, validation.IsDNS1123Subdomain(ingress.Hostname))...)
			if isIP(ingress.Hostname) {
				errs = append(errs, field.Invalid(path.Child("hostname"), ingress.Hostname, "must be a DNS name, not an IP address"))
			}
		}
	}
	return errs
}
