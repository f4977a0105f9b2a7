package describe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func describeNetworkPolicy(_ context.Context, w *writer, policy *networkingv1.NetworkPolicy, _ *related) error {
	w.field("Name", policy.Name)
	w.field("Namespace", policy.Namespace)
	w.field("Created on", policy.CreationTimestamp)
	w.pairs("Labels", policy.Labels)
	w.annotations("Annotations", policy.Annotations)
	spec := policy.Spec
	w = w.section("Spec")
	if pods := &spec.PodSelector; len(pods.MatchLabels)+len(pods.MatchExpressions) > 0 {
		w.line("PodSelector:     %s", metav1.FormatLabelSelector(pods))
	} else {
		w.line("PodSelector:     <none> (Allowing the specific traffic to all pods in this namespace)")
	}
	var ingress, egress []trafficRule
	for _, rule := range spec.Ingress {
		ingress = append(ingress, trafficRule{rule.Ports, rule.From})
	}
	for _, rule := range spec.Egress {
		egress = append(egress, trafficRule{rule.Ports, rule.To})
	}
	w.traffic("ingress", slices.Contains(spec.PolicyTypes, networkingv1.PolicyTypeIngress), "From", "source", ingress)
	w.traffic("egress", slices.Contains(spec.PolicyTypes, networkingv1.PolicyTypeEgress), "To", "destination", egress)
	w.line("Policy Types: %s", orNone(strings.Join(texts(spec.PolicyTypes), ", ")))
	return nil
}

// trafficRule is an ingress or egress rule.
type trafficRule struct {
	ports []networkingv1.NetworkPolicyPort
	peers []networkingv1.NetworkPolicyPeer
}

// traffic writes the rules for one direction.
func (w *writer) traffic(direction string, affected bool, word, end string, rules []trafficRule) {
	if !affected {
		w.line("Not affecting %s traffic", direction)
		return
	}
	w = w.section("Allowing " + direction + " traffic")
	if len(rules) == 0 {
		w.line("<none> (Selected pods are isolated for %s connectivity)", direction)
	}
	for i, rule := range rules {
		if i > 0 {
			w.line("----------")
		}
		w.trafficPorts(rule.ports)
		if len(rule.peers) == 0 {
			w.line("%s: <any> (traffic not restricted by %s)", word, end)
		}
		for _, peer := range rule.peers {
			w.section(word).peer(peer)
		}
	}
}

func (w *writer) trafficPorts(ports []networkingv1.NetworkPolicyPort) {
	if len(ports) == 0 {
		w.line("To Port: <any> (traffic allowed to all ports)")
	}
	for _, port := range ports {
		protocol := corev1.ProtocolTCP
		if port.Protocol != nil {
			protocol = *port.Protocol
		}
		number := fmt.Sprintf("%s", port.Port)
		if port.EndPort == nil {
			w.line("To Port: %s/%s", number, protocol)
		} else {
			w.line("To Port Range: %s-%d/%s", number, *port.EndPort, protocol)
		}
	}
}

func (w *writer) peer(peer networkingv1.NetworkPolicyPeer) {
	if peer.NamespaceSelector != nil {
		w.line("NamespaceSelector: %s", metav1.FormatLabelSelector(peer.NamespaceSelector))
	}
	if peer.PodSelector != nil {
		w.line("PodSelector: %s", metav1.FormatLabelSelector(peer.PodSelector))
	}
	if peer.IPBlock != nil && peer.PodSelector == nil && peer.NamespaceSelector == nil {
		block := w.section("IPBlock")
		block.line("CIDR: %s", peer.IPBlock.CIDR)
		block.line("Except: %s", strings.Join(peer.IPBlock.Except, ", "))
	}
}
