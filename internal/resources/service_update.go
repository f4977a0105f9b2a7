package resources

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
)

// KeepAllocated gives a changed service back the addresses and node ports that
// old had and the client did not mention, so that a manifest can be applied
// again. It is part of preparing an update, and may be called before it.
func KeepAllocated(s, old *corev1.Service) {
	if needsClusterIP(old) && needsClusterIP(s) {
		setIfZero(&s.Spec.ClusterIP, old.Spec.ClusterIP)
		if len(s.Spec.ClusterIPs) == 0 {
			s.Spec.ClusterIPs = slices.Clone(old.Spec.ClusterIPs)
		}
	}
	if AllocatesNodePorts(old) && AllocatesNodePorts(s) {
		keepNodePorts(s, old)
	}
	if needsHealthCheckNodePort(old) && needsHealthCheckNodePort(s) {
		setIfZero(&s.Spec.HealthCheckNodePort, old.Spec.HealthCheckNodePort)
	}
	syncClusterIPs(s, old)
}

// keepNodePorts finds ports by name. A node port that the client gave to another
// port is not given twice.
func keepNodePorts(s, old *corev1.Service) {
	had, taken := map[string]int32{}, map[int32]bool{}
	for _, p := range old.Spec.Ports {
		had[p.Name] = p.NodePort
	}
	for _, p := range s.Spec.Ports {
		taken[p.NodePort] = true
	}
	for i := range s.Spec.Ports {
		if p := &s.Spec.Ports[i]; p.NodePort == 0 && !taken[had[p.Name]] {
			p.NodePort = had[p.Name]
		}
	}
}

// syncClusterIPs derives clusterIPs from clusterIP for clients that know only
// the latter. old is nil for a new service.
func syncClusterIPs(s, old *corev1.Service) {
	if old == nil {
		if s.Spec.ClusterIP != "" && len(s.Spec.ClusterIPs) == 0 {
			s.Spec.ClusterIPs = []string{s.Spec.ClusterIP}
		}
		return
	}
	same := slices.Equal(s.Spec.ClusterIPs, old.Spec.ClusterIPs)
	switch {
	case s.Spec.ClusterIP == old.Spec.ClusterIP:
		if len(s.Spec.ClusterIPs) == 0 {
			s.Spec.ClusterIPs = slices.Clone(old.Spec.ClusterIPs)
		}
	case !same:
	case s.Spec.ClusterIP == "":
		s.Spec.ClusterIPs = nil
	default:
		s.Spec.ClusterIPs = []string{s.Spec.ClusterIP}
	}
}

// dropWhatTypeHasNot clears what a service of the new type has not, as long as
// the client did not change it: validation is for the rest.
func dropWhatTypeHasNot(s, old *corev1.Service) {
	if needsClusterIP(old) && !needsClusterIP(s) {
		if s.Spec.ClusterIP == old.Spec.ClusterIP && slices.Equal(s.Spec.ClusterIPs, old.Spec.ClusterIPs) {
			s.Spec.ClusterIP, s.Spec.ClusterIPs = "", nil
		}
		if slices.Equal(s.Spec.IPFamilies, old.Spec.IPFamilies) {
			s.Spec.IPFamilies = nil
		}
		if equality.Semantic.DeepEqual(s.Spec.IPFamilyPolicy, old.Spec.IPFamilyPolicy) {
			s.Spec.IPFamilyPolicy = nil
		}
	}
	if needsNodePort(old) && !needsNodePort(s) && !hasNewNodePort(s, old) {
		for i := range s.Spec.Ports {
			s.Spec.Ports[i].NodePort = 0
		}
	}
	if needsHealthCheckNodePort(old) && !needsHealthCheckNodePort(s) && s.Spec.HealthCheckNodePort == old.Spec.HealthCheckNodePort {
		s.Spec.HealthCheckNodePort = 0
	}
	if old.Spec.Type == corev1.ServiceTypeLoadBalancer && s.Spec.Type != corev1.ServiceTypeLoadBalancer {
		dropLoadBalancerFields(s, old)
	}
	if isExternallyAccessible(old) && !isExternallyAccessible(s) && s.Spec.ExternalTrafficPolicy == old.Spec.ExternalTrafficPolicy {
		s.Spec.ExternalTrafficPolicy = ""
	}
}

// dropInternalTraffic takes from an ExternalName what Kubernetes stores and then
// shows to nobody. What is invalid stays, for validation.
func dropInternalTraffic(s *corev1.Service) {
	policy := s.Spec.InternalTrafficPolicy
	if s.Spec.Type == corev1.ServiceTypeExternalName && policy != nil && slices.Contains(internalTrafficPolicies, *policy) {
		s.Spec.InternalTrafficPolicy = nil
	}
}

func dropLoadBalancerFields(s, old *corev1.Service) {
	if equality.Semantic.DeepEqual(s.Spec.AllocateLoadBalancerNodePorts, old.Spec.AllocateLoadBalancerNodePorts) {
		s.Spec.AllocateLoadBalancerNodePorts = nil
	}
	if equality.Semantic.DeepEqual(s.Spec.LoadBalancerClass, old.Spec.LoadBalancerClass) {
		s.Spec.LoadBalancerClass = nil
	}
}

func hasNewNodePort(s, old *corev1.Service) bool {
	return slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool {
		return p.NodePort != 0 && !slices.ContainsFunc(old.Spec.Ports, func(o corev1.ServicePort) bool { return o.NodePort == p.NodePort })
	})
}

// dropSecondFamily lets a client leave dual stack by changing the policy alone.
func dropSecondFamily(s, old *corev1.Service) {
	policy, before := s.Spec.IPFamilyPolicy, old.Spec.IPFamilyPolicy
	if policy == nil || *policy != corev1.IPFamilyPolicySingleStack || before == nil || *before == corev1.IPFamilyPolicySingleStack {
		return
	}
	if len(s.Spec.ClusterIPs) > 1 && slices.Equal(s.Spec.ClusterIPs, old.Spec.ClusterIPs) {
		s.Spec.ClusterIPs = s.Spec.ClusterIPs[:1]
	}
	if len(s.Spec.IPFamilies) > 1 && slices.Equal(s.Spec.IPFamilies, old.Spec.IPFamilies) {
		s.Spec.IPFamilies = s.Spec.IPFamilies[:1]
	}
}
