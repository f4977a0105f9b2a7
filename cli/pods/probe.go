package pods

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// ProbeAction is what a probe does, in a few words, such as
// "http-get http://:8080/healthz".
func ProbeAction(probe *corev1.Probe) string {
	switch {
	case probe.Exec != nil:
		return fmt.Sprintf("exec %v", probe.Exec.Command)
	case probe.HTTPGet != nil:
		address := url.URL{
			Scheme: strings.ToLower(string(probe.HTTPGet.Scheme)),
			Host:   probe.HTTPGet.Host,
			Path:   probe.HTTPGet.Path,
		}
		if port := probe.HTTPGet.Port.String(); port != "" {
			address.Host = net.JoinHostPort(probe.HTTPGet.Host, port)
		}
		return "http-get " + address.String()
	case probe.TCPSocket != nil:
		return fmt.Sprintf("tcp-socket %s:%s", probe.TCPSocket.Host, probe.TCPSocket.Port.String())
	case probe.GRPC != nil:
		service := ""
		if probe.GRPC.Service != nil {
			service = *probe.GRPC.Service
		}
		return fmt.Sprintf("grpc <pod>:%d %s", probe.GRPC.Port, service)
	}
	return "unknown"
}
