package portforward

import (
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// resolver finds ports of what the user named.
type resolver interface {
	// number is the port that the user means by a name.
	number(name string) (int32, error)
	// inPod is the port of the pod where that port leads.
	inPod(port int32) (int32, error)
	// protocols are those that each port is declared for.
	protocols() map[int32][]corev1.Protocol
	// byNumber says whether a port given by name listens on its number too.
	byNumber() bool
}

// resolve turns ports as users type them, [LOCAL:]REMOTE with names or
// numbers, into ports of the pod.
func resolve(r resolver, typed []string) ([]string, error) {
	numbers := make([]int32, len(typed))
	for i, port := range typed {
		_, remote := split(port)
		number, err := parse(r, remote)
		if err != nil {
			return nil, err
		}
		if onlyUDP(r.protocols()[number]) {
			return nil, fmt.Errorf("UDP protocol is not supported for %s", remote)
		}
		numbers[i] = number
	}
	var ports []string
	for i, port := range typed {
		local, remote := split(port)
		inPod, err := r.inPod(numbers[i])
		if err != nil {
			return nil, err
		}
		if local == remote && r.byNumber() {
			local = strconv.Itoa(int(numbers[i]))
		}
		if resolved := strconv.Itoa(int(inPod)); local == resolved || local == remote && !r.byNumber() {
			ports = append(ports, resolved)
		} else {
			ports = append(ports, local+":"+resolved)
		}
	}
	return ports, nil
}

func parse(r resolver, remote string) (int32, error) {
	if remote == "" {
		return 0, fmt.Errorf("remote port cannot be empty")
	}
	if number, err := strconv.Atoi(remote); err == nil {
		return int32(number), nil
	}
	return r.number(remote)
}

func split(port string) (local, remote string) {
	local, remote, found := strings.Cut(port, ":")
	if !found || strings.Contains(remote, ":") {
		return local, local
	}
	return local, remote
}

func onlyUDP(protocols []corev1.Protocol) bool {
	udp := false
	for _, protocol := range protocols {
		switch protocol {
		case corev1.ProtocolTCP:
			return false
		case corev1.ProtocolUDP:
			udp = true
		}
	}
	return udp
}

type podPorts struct{ pod *corev1.Pod }

func (p podPorts) number(name string) (int32, error) {
	for _, containers := range [][]corev1.Container{p.pod.Spec.Containers, p.pod.Spec.InitContainers} {
		for _, container := range containers {
			for _, port := range container.Ports {
				if port.Name == name {
					return port.ContainerPort, nil
				}
			}
		}
	}
	return 0, fmt.Errorf("Pod '%s' does not have a named port '%s'", p.pod.Name, name)
}

func (p podPorts) inPod(port int32) (int32, error) { return port, nil }

func (p podPorts) protocols() map[int32][]corev1.Protocol {
	all := map[int32][]corev1.Protocol{}
	for _, container := range p.pod.Spec.Containers {
		for _, port := range container.Ports {
			all[port.ContainerPort] = append(all[port.ContainerPort], port.Protocol)
		}
	}
	return all
}

func (p podPorts) byNumber() bool { return false }

type servicePorts struct {
	service *corev1.Service
	pod     *corev1.Pod
}

func (s servicePorts) number(name string) (int32, error) {
	for _, port := range s.service.Spec.Ports {
		if port.Name == name {
			return port.Port, nil
		}
	}
	return 0, fmt.Errorf("Service '%s' does not have a named port '%s'", s.service.Name, name)
}

func (s servicePorts) inPod(number int32) (int32, error) {
	for _, port := range s.service.Spec.Ports {
		target := port.TargetPort
		switch {
		case port.Port != number:
			continue
		case s.service.Spec.ClusterIP == corev1.ClusterIPNone:
			return number, nil
		case target.Type == intstr.String:
			return podPorts{s.pod}.number(target.StrVal)
		case target.IntVal == 0:
			return port.Port, nil
		}
		return target.IntVal, nil
	}
	return 0, fmt.Errorf("Service %s does not have a service port %d", s.service.Name, number)
}

func (s servicePorts) protocols() map[int32][]corev1.Protocol {
	all := map[int32][]corev1.Protocol{}
	for _, port := range s.service.Spec.Ports {
		all[port.Port] = append(all[port.Port], port.Protocol)
	}
	return all
}

func (s servicePorts) byNumber() bool { return true }
