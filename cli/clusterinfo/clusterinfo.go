// Package clusterinfo is "kubectl cluster-info".
package clusterinfo

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/resource"
)

// New builds the command with its subcommand.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cluster-info",
		Short: "Display cluster information",
		Long:  "Show where the control plane and the services with the label kubernetes.io/cluster-service=true are.",
		RunE:  func(cmd *cobra.Command, _ []string) error { return run(cmd, f) },
	}
	cmd.AddCommand(newDump(f))
	return cmd
}

func run(cmd *cobra.Command, f *factory.Factory) error {
	config, err := f.ToRESTConfig()
	if err != nil {
		return err
	}
	namespace := cmd.Flag("namespace").Value.String()
	if namespace == "" {
		namespace = metav1.NamespaceSystem
	}
	err = f.NewTypedBuilder().
		NamespaceParam(namespace).DefaultNamespace().
		LabelSelectorParam("kubernetes.io/cluster-service=true").
		ResourceTypeOrNameArgs(false, "services").
		Latest().Do().
		Visit(func(info *resource.Info, err error) error {
			if err != nil {
				return err
			}
			fmt.Fprintf(f.Out, "Kubernetes control plane is running at %s\n", config.Host)
			for _, service := range info.Object.(*corev1.ServiceList).Items {
				fmt.Fprintf(f.Out, "%s is running at %s\n", title(&service), link(config.Host, &service))
			}
			return nil
		})
	fmt.Fprintf(f.Out, "\nTo further debug and diagnose cluster problems, use '%s cluster-info dump'.\n", f.Program)
	return err
}

func title(service *corev1.Service) string {
	if name := service.Labels["kubernetes.io/name"]; name != "" {
		return name
	}
	return service.Name
}

// link is the address of the service: its load balancer's, or the server's
// proxy to it.
func link(host string, service *corev1.Service) string {
	if points := service.Status.LoadBalancer.Ingress; len(points) > 0 {
		address := points[0].IP
		if address == "" {
			address = points[0].Hostname
		}
		links := ""
		for _, port := range service.Spec.Ports {
			links += "http://" + address + ":" + strconv.Itoa(int(port.Port)) + " "
		}
		return links
	}
	return host + "/api/v1/namespaces/" + service.Namespace + "/services/" + proxied(service) + "/proxy"
}

// proxied names the service as its proxy path does: [scheme:]name[:port].
func proxied(service *corev1.Service) string {
	if len(service.Spec.Ports) == 0 {
		return service.Name
	}
	port := service.Spec.Ports[0]
	switch {
	case port.Name == "https" || port.Port == 443:
		return "https:" + service.Name + ":" + port.Name
	case port.Name != "":
		return service.Name + ":" + port.Name
	}
	return service.Name
}
