package kubelet

import (
	"net"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/store"
)

// serviceVariables are the variables that tell a pod of the services of its
// namespace, and of the API server's; see
// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
func (k *Kubelet) serviceVariables(p *pod) map[string]string {
	vars := map[string]string{}
	if item := k.store().Get(serviceResource, corev1.NamespaceDefault, "kubernetes"); item != nil {
		addServiceVariables(vars, item.Object.(*corev1.Service))
	}
	if links := p.api.Spec.EnableServiceLinks; links != nil && !*links {
		return vars
	}
	k.store().Scan(serviceResource, p.api.Namespace, func(item *store.Item) bool {
		addServiceVariables(vars, item.Object.(*corev1.Service))
		return true
	})
	return vars
}

// addServiceVariables adds the variables of one service, among them those in
// the form of Docker links.
func addServiceVariables(vars map[string]string, s *corev1.Service) {
	ip := s.Spec.ClusterIP
	if ip == "" || ip == corev1.ClusterIPNone || len(s.Spec.Ports) == 0 {
		return
	}
	prefix := variableName(s.Name)
	vars[prefix+"_SERVICE_HOST"] = ip
	vars[prefix+"_SERVICE_PORT"] = strconv.Itoa(int(s.Spec.Ports[0].Port))
	for i := range s.Spec.Ports {
		port := &s.Spec.Ports[i]
		number := strconv.Itoa(int(port.Port))
		if port.Name != "" {
			vars[prefix+"_SERVICE_PORT_"+variableName(port.Name)] = number
		}
		protocol := orElse(string(port.Protocol), string(corev1.ProtocolTCP))
		url := strings.ToLower(protocol) + "://" + net.JoinHostPort(ip, number)
		if i == 0 {
			vars[prefix+"_PORT"] = url
		}
		link := prefix + "_PORT_" + number + "_" + strings.ToUpper(protocol)
		vars[link] = url
		vars[link+"_PROTO"] = strings.ToLower(protocol)
		vars[link+"_PORT"] = number
		vars[link+"_ADDR"] = ip
	}
}

// variableName is a name as environment variables have it.
func variableName(name string) string {
	return strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}
