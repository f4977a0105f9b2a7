package kubelet

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
)

// probeCheck is what a probe does, with the pod's address and the container's
// ports filled in.
func probeCheck(p *pod, c *container, probe *corev1.Probe) (Check, error) {
	if probe.GRPC != nil {
		address := net.JoinHostPort(p.ip(), strconv.Itoa(int(probe.GRPC.Port)))
		return Check{GRPC: &GRPCCheck{Address: address, Service: ptr.Deref(probe.GRPC.Service, "")}}, nil
	}
	return check(p, c, probe.Exec, probe.HTTPGet, probe.TCPSocket)
}

// hookCheck is what a lifecycle hook does.
func (k *Kubelet) hookCheck(p *pod, c *container, h *corev1.LifecycleHandler) (Check, error) {
	return check(p, c, h.Exec, h.HTTPGet, h.TCPSocket)
}

func check(p *pod, c *container, exec *corev1.ExecAction, get *corev1.HTTPGetAction, tcp *corev1.TCPSocketAction) (Check, error) {
	switch {
	case exec != nil:
		return Check{Exec: exec.Command}, nil
	case get != nil:
		return httpCheck(p, c, get)
	case tcp != nil:
		port, err := resolvePort(tcp.Port, p.spec(c))
		return Check{TCP: net.JoinHostPort(orElse(tcp.Host, p.ip()), strconv.Itoa(port))}, err
	}
	return Check{}, fmt.Errorf("missing probe handler for %s:%s", p.describe(), c.name)
}

func httpCheck(p *pod, c *container, get *corev1.HTTPGetAction) (Check, error) {
	port, err := resolvePort(get.Port, p.spec(c))
	if err != nil {
		return Check{}, err
	}
	u, err := url.Parse(get.Path)
	if err != nil {
		u = &url.URL{Path: get.Path}
	}
	u.Scheme = strings.ToLower(orElse(string(get.Scheme), "http"))
	u.Host = net.JoinHostPort(orElse(get.Host, p.ip()), strconv.Itoa(port))
	return Check{HTTP: &HTTPCheck{URL: u.String(), Headers: get.HTTPHeaders}}, nil
}

// resolvePort is the number of a port that may be named.
func resolvePort(port intstr.IntOrString, spec *corev1.Container) (int, error) {
	if port.Type == intstr.Int {
		return port.IntValue(), nil
	}
	for i := range spec.Ports {
		if spec.Ports[i].Name == port.StrVal {
			return int(spec.Ports[i].ContainerPort), nil
		}
	}
	if n, err := strconv.Atoi(port.StrVal); err == nil {
		return n, nil
	}
	return 0, fmt.Errorf("couldn't find port: %q in pod.Spec.Containers[%s]", port.StrVal, spec.Name)
}

// ip is the pod's primary address, "" while it has none.
func (p *pod) ip() string {
	if len(p.sandbox.ips) == 0 {
		return ""
	}
	return p.sandbox.ips[0]
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
