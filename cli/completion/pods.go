package completion

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/cli/pods"
)

// podPatience is how long to wait for a workload to have a pod.
const podPatience = 100 * time.Millisecond

// withPods are the types for which a command may stand that wants a pod.
func withPods() []string {
	return []string{"daemonsets", "deployments", "pods", "jobs", "replicasets", "replicationcontrollers", "services", "statefulsets"}
}

// podOrOwner answers with pods, and with TYPE/NAME of what has pods.
func podOrOwner(q question) ([]string, cobra.ShellCompDirective) {
	if kind, _, slashed := strings.Cut(q.typed, "/"); slashed {
		return fitting(prefixed(kind+"/", q.objects(kind)), q.typed), noFiles
	}
	found, directive := fitting(q.objects("pod"), q.typed), noFiles
	if len(found) == 0 {
		directive |= cobra.ShellCompDirectiveNoSpace
	}
	return append(found, suffixed(fitting(withPods(), q.typed), "/")...), directive
}

// podAnd answers with pods for the first argument, and with something that
// they have for the second.
func podAnd(list func(question) []string) answer {
	return func(q question) ([]string, cobra.ShellCompDirective) {
		switch len(q.args) {
		case 0:
			return podOrOwner(q)
		case 1:
			return fitting(list(q), q.typed), noFiles
		}
		return nil, noFiles
	}
}

// pod is the one that the first argument means, nil if there is none.
func (q question) pod() *corev1.Pod {
	namespace, _, err := q.Namespace()
	if err != nil || len(q.args) == 0 {
		return nil
	}
	if !strings.Contains(q.args[0], "/") {
		pod, err := pods.Get(q.ctx, q.Factory, namespace, q.args[0])
		if err != nil {
			return nil
		}
		return pod
	}
	object, err := q.NewTypedBuilder().
		ContinueOnError().NamespaceParam(namespace).DefaultNamespace().ResourceNames("pods", q.args[0]).Do().Object()
	if err != nil {
		return nil
	}
	pod, err := pods.ForObject(q.ctx, q.Factory, object, podPatience)
	if err != nil {
		return nil
	}
	return pod
}

// containers are those of the pod.
func containers(q question) []string {
	pod := q.pod()
	if pod == nil {
		return nil
	}
	var names []string
	for _, container := range pod.Spec.InitContainers {
		names = append(names, container.Name)
	}
	for _, container := range pod.Spec.Containers {
		names = append(names, container.Name)
	}
	return names
}

// ports are LOCAL:REMOTE with the ports of the pod or service. A local port
// that was typed stays.
func ports(q question) []string {
	var found []string
	for _, port := range q.remotePorts() {
		local := fmt.Sprint(port)
		if q.typed != "" {
			local, _, _ = strings.Cut(q.typed, ":")
		}
		found = append(found, fmt.Sprintf("%s:%d", local, port))
	}
	return found
}

func (q question) remotePorts() []int32 {
	var ports []int32
	kind, name, _ := strings.Cut(q.args[0], "/")
	switch kind {
	case "service", "services", "svc":
		for _, port := range q.service(name).Spec.Ports {
			ports = append(ports, port.Port)
		}
		return ports
	}
	pod := q.pod()
	if pod == nil {
		return nil
	}
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			ports = append(ports, port.ContainerPort)
		}
	}
	return ports
}

// service is an empty one if there is none of that name.
func (q question) service(name string) *corev1.Service {
	service := &corev1.Service{}
	namespace, _, err := q.Namespace()
	if err != nil {
		return service
	}
	client, err := q.TypedClient(corev1.SchemeGroupVersion)
	if err != nil {
		return service
	}
	if err := client.Get().Namespace(namespace).Resource("services").Name(name).Do(q.ctx).Into(service); err != nil {
		return &corev1.Service{}
	}
	return service
}
