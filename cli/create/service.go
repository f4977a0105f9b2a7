package create

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	utilsnet "k8s.io/utils/net"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/help"
)

// service makes services of one type.
type service struct {
	kind         corev1.ServiceType
	tcp          []string
	clusterIP    string
	nodePort     int
	externalName string
}

func newService(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "service",
		Aliases: []string{"svc"},
		Short:   "Create a service using a specified subcommand",
		RunE:    help.Group(f.ErrOut),
	}
	cmd.AddCommand(newClusterIP(f), newNodePort(f), newLoadBalancer(f), newExternalName(f))
	return cmd
}

// command builds the subcommand for o's type.
func (o *service) command(f *factory.Factory, use, short string) *cobra.Command {
	g := &generator{
		resource: corev1.SchemeGroupVersion.WithResource("services"),
		failed:   fmt.Sprintf("failed to create %s service: %%v", o.kind),
		make:     o.make,
	}
	cmd := g.command(f, &cobra.Command{Use: use, Short: short})
	cmd.Flags().StringSliceVar(&o.tcp, "tcp", nil, "Ports, as PORT:TARGETPORT.")
	return cmd
}

func newClusterIP(f *factory.Factory) *cobra.Command {
	o := &service{kind: corev1.ServiceTypeClusterIP}
	cmd := o.command(f, "clusterip NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none]", "Create a ClusterIP service")
	cmd.Flags().StringVar(&o.clusterIP, "clusterip", "", "Address of the service; None for one without an address, a headless one.")
	return cmd
}

func newNodePort(f *factory.Factory) *cobra.Command {
	o := &service{kind: corev1.ServiceTypeNodePort}
	cmd := o.command(f, "nodeport NAME [--tcp=port:targetPort] [--dry-run=server|client|none]", "Create a NodePort service")
	cmd.Flags().IntVar(&o.nodePort, "node-port", 0, "Port on every node; by default the cluster chooses one.")
	return cmd
}

func newLoadBalancer(f *factory.Factory) *cobra.Command {
	o := &service{kind: corev1.ServiceTypeLoadBalancer}
	return o.command(f, "loadbalancer NAME [--tcp=port:targetPort] [--dry-run=server|client|none]", "Create a LoadBalancer service")
}

func newExternalName(f *factory.Factory) *cobra.Command {
	o := &service{kind: corev1.ServiceTypeExternalName}
	cmd := o.command(f, "externalname NAME --external-name external.name [--dry-run=server|client|none]", "Create an ExternalName service")
	cmd.Flags().StringVar(&o.externalName, "external-name", "", "Name in DNS that the service stands for.")
	_ = cmd.MarkFlagRequired("external-name")
	return cmd
}

func (o *service) make(in input) (runtime.Object, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	ports := []corev1.ServicePort{}
	for _, spec := range o.tcp {
		port, target, err := parsePorts(spec)
		if err != nil {
			return nil, err
		}
		ports = append(ports, corev1.ServicePort{
			Name:       strings.ReplaceAll(spec, ":", "-"),
			Port:       port,
			TargetPort: target,
			Protocol:   corev1.ProtocolTCP,
			NodePort:   int32(o.nodePort),
		})
	}
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: in.name, Labels: map[string]string{"app": in.name}, Namespace: in.ownNamespace},
		Spec: corev1.ServiceSpec{
			Type:         o.kind,
			Selector:     map[string]string{"app": in.name},
			Ports:        ports,
			ExternalName: o.externalName,
			ClusterIP:    o.clusterIP,
		},
	}, nil
}

func (o *service) validate() error {
	if o.clusterIP != corev1.ClusterIPNone && len(o.tcp) == 0 && o.kind != corev1.ServiceTypeExternalName {
		return fmt.Errorf("at least one tcp port specifier must be provided")
	}
	if o.kind == corev1.ServiceTypeExternalName && len(validation.IsDNS1123Subdomain(o.externalName)) != 0 {
		return fmt.Errorf("invalid service external name %s", o.externalName)
	}
	return nil
}

// parsePorts reads PORT or PORT:TARGET, where the target is a number or name.
func parsePorts(spec string) (int32, intstr.IntOrString, error) {
	parts := strings.Split(spec, ":")
	port, err := utilsnet.ParsePort(parts[0], true)
	if err != nil {
		return 0, intstr.IntOrString{}, err
	}
	if len(parts) == 1 {
		return int32(port), intstr.FromInt32(int32(port)), nil
	}
	target := intstr.FromString(parts[1])
	problems := validation.IsValidPortName(parts[1])
	if number, err := strconv.Atoi(parts[1]); err == nil {
		target = intstr.FromInt32(int32(number))
		problems = validation.IsValidPortNum(number)
	}
	if len(problems) != 0 {
		return 0, intstr.IntOrString{}, errors.New(strings.Join(problems, ","))
	}
	return int32(port), target, nil
}
