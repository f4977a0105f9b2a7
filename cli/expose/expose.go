// Package expose is "kubectl expose": it makes a service for what there is.
package expose

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/changecause"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/lastapplied"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/override"
	"github.com/kubejig/kubejig/cli/pairs"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/scheme"
)

type options struct {
	print    *output.Flags
	record   *changecause.Recorder
	files    resource.FilenameOptions
	override override.Flags

	name, labels, selector     string
	port, targetPort, protocol string
	kind, clusterIP            string
	externalIP, loadBalancerIP string
	sessionAffinity            string
	manager                    string
	saveConfig                 bool
	dryRun                     flags.DryRun

	printer   printers.ResourcePrinter
	namespace string
	explicit  bool
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{print: flags.Print("exposed"), record: &changecause.Recorder{}}
	cmd := &cobra.Command{
		Use:                   "expose (-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type]",
		DisableFlagsInUseLine: true,
		Short:                 "Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.print.AddFlags(cmd)
	o.record.AddFlags(cmd)
	set := cmd.Flags()
	set.StringVar(&o.protocol, "protocol", "", "Protocol of the service; by default that of the object's ports, else TCP.")
	set.StringVar(&o.port, "port", "", "Port of the service; by default those of the object.")
	set.StringVar(&o.kind, "type", "", "Type of the service: ClusterIP, NodePort, LoadBalancer or ExternalName.")
	set.StringVar(&o.loadBalancerIP, "load-balancer-ip", "", "Address of a LoadBalancer service; by default any.")
	set.StringVar(&o.selector, "selector", "", "Labels of the pods behind the service; by default those that the object selects.")
	set.StringVarP(&o.labels, "labels", "l", "", "Labels of the service itself; by default those of the object.")
	set.StringVar(&o.targetPort, "target-port", "", "Number or name of the containers' port; by default the same as the service's.")
	set.StringVar(&o.externalIP, "external-ip", "", "Further address of the service, which Kubernetes does not manage.")
	set.StringVar(&o.name, "name", "", "Name of the service; by default that of the object.")
	set.StringVar(&o.sessionAffinity, "session-affinity", "", "Which client meets which pod: None or ClientIP.")
	set.StringVar(&o.clusterIP, "cluster-ip", "", "Address of the service in the cluster; None for a headless one.")
	flags.AddFieldManager(cmd, &o.manager, "kubectl-expose")
	o.override.AddFlags(cmd)
	flags.AddDryRun(cmd)
	flags.AddSaveConfig(cmd, &o.saveConfig)
	flags.AddFilenames(cmd, &o.files, "identifying the resource to expose a service")
	return cmd
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if err := o.complete(cmd, f); err != nil {
		return err
	}
	builder := f.NewTypedBuilder().ContinueOnError().
		NamespaceParam(o.namespace).DefaultNamespace()
	result := builder.FilenameParam(o.explicit, &o.files).ResourceTypeOrNameArgs(false, args...).Flatten().Do()
	if err := result.Err(); err != nil {
		return err
	}
	return result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		return o.expose(cmd, f, info)
	})
}

func (o *options) complete(cmd *cobra.Command, f *factory.Factory) error {
	var err error
	if o.dryRun, err = flags.GetDryRun(cmd, f.ErrOut); err != nil {
		return err
	}
	flags.PrintDryRun(o.print, o.dryRun)
	if o.printer, err = o.print.Printer(); err != nil {
		return err
	}
	o.record.Complete(cmd, f.Args)
	o.namespace, o.explicit, err = f.Namespace()
	return err
}

func (o *options) expose(cmd *cobra.Command, f *factory.Factory, info *resource.Info) error {
	service, err := o.service(info)
	if err != nil {
		return err
	}
	object, err := o.override.Apply(service, &corev1.Service{})
	if err != nil {
		return err
	}
	_ = o.record.Record(object)
	if o.dryRun == flags.DryRunClient {
		if accessor, err := meta.Accessor(object); err == nil && o.explicit {
			accessor.SetNamespace(o.namespace)
		}
		return o.printer.PrintObj(object, f.Out)
	}
	if err := lastapplied.KeepOrUpdate(o.saveConfig, object); err != nil {
		return err
	}
	client, err := f.TypedClient(corev1.SchemeGroupVersion)
	if err != nil {
		return err
	}
	created, err := client.Post().Namespace(o.namespace).Resource("services").
		VersionedParams(&metav1.CreateOptions{FieldManager: o.manager, DryRun: o.dryRun.Options()}, scheme.ParameterCodec()).
		Body(object).Do(cmd.Context()).Get()
	if err != nil {
		return err
	}
	return o.printer.PrintObj(created, f.Out)
}

// service is the service for an object.
func (o *options) service(info *resource.Info) (*corev1.Service, error) {
	target, err := targetOf(info)
	if err != nil {
		return nil, err
	}
	selector, err := o.makeSelector(target)
	if err != nil {
		return nil, err
	}
	ports, err := o.ports(target)
	if err != nil {
		return nil, err
	}
	labels, err := o.makeLabels(info.Object)
	if err != nil {
		return nil, err
	}
	name := o.name
	if name == "" {
		name = info.Name
		if len(name) > validation.DNS1035LabelMaxLength {
			name = name[:validation.DNS1035LabelMaxLength]
		}
	}
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		Spec: corev1.ServiceSpec{
			Selector:  selector,
			Ports:     ports,
			Type:      corev1.ServiceType(o.kind),
			ClusterIP: o.clusterIP,
		},
	}
	if o.externalIP != "" {
		service.Spec.ExternalIPs = []string{o.externalIP}
	}
	if service.Spec.Type == corev1.ServiceTypeLoadBalancer {
		service.Spec.LoadBalancerIP = o.loadBalancerIP
	}
	switch affinity := corev1.ServiceAffinity(o.sessionAffinity); affinity {
	case "", corev1.ServiceAffinityNone, corev1.ServiceAffinityClientIP:
		service.Spec.SessionAffinity = affinity
	default:
		return nil, fmt.Errorf("unknown session affinity: %s", o.sessionAffinity)
	}
	return service, nil
}

func (o *options) makeSelector(target target) (map[string]string, error) {
	if o.selector != "" {
		return pairs.Labels(o.selector)
	}
	selector, err := target.selector()
	if err != nil {
		return nil, fmt.Errorf("couldn't retrieve selectors via --selector flag or introspection: %v", err)
	}
	if len(selector) == 0 {
		return nil, fmt.Errorf("selector must be specified")
	}
	return selector, nil
}

func (o *options) makeLabels(object runtime.Object) (map[string]string, error) {
	if o.labels != "" {
		return pairs.Labels(o.labels)
	}
	labels, err := meta.NewAccessor().Labels(object)
	if err != nil || len(labels) == 0 {
		return nil, err
	}
	return labels, nil
}

// ports are the service's ports: the one of the flag, or those of the object.
// A port that the object has with several protocols becomes several.
func (o *options) ports(target target) ([]corev1.ServicePort, error) {
	numbers := []string{}
	if o.port != "" {
		numbers = strings.Split(o.port, ",")
	} else {
		for _, port := range target.ports {
			numbers = appendNew(numbers, strconv.Itoa(int(port.number)))
		}
		if len(numbers) == 0 && o.clusterIP != corev1.ClusterIPNone {
			return nil, fmt.Errorf("couldn't find port via --port flag or introspection")
		}
	}
	ports := []corev1.ServicePort{}
	for i, text := range numbers {
		number, err := strconv.Atoi(text)
		if err != nil {
			return nil, err
		}
		name := ""
		if len(numbers) > 1 {
			name = fmt.Sprintf("port-%d", i+1)
		}
		protocols := o.protocols(target, int32(number))
		for _, protocol := range protocols {
			if len(protocols) > 1 {
				name = fmt.Sprintf("port-%d-%s", i+1, strings.ToLower(string(protocol)))
			}
			ports = append(ports, corev1.ServicePort{Name: name, Port: int32(number), Protocol: protocol, TargetPort: o.targetOf(int32(number))})
		}
	}
	return ports, nil
}

func (o *options) protocols(target target, number int32) []corev1.Protocol {
	if o.protocol != "" {
		return []corev1.Protocol{corev1.Protocol(o.protocol)}
	}
	var protocols []corev1.Protocol
	for _, port := range target.ports {
		if port.number == number {
			protocols = append(protocols, port.protocol)
		}
	}
	if len(protocols) == 0 {
		return []corev1.Protocol{corev1.ProtocolTCP}
	}
	return protocols
}

func (o *options) targetOf(port int32) intstr.IntOrString {
	if o.targetPort != "" {
		return intstr.Parse(o.targetPort)
	}
	return intstr.FromInt32(port)
}

func appendNew(list []string, value string) []string {
	for _, known := range list {
		if known == value {
			return list
		}
	}
	return append(list, value)
}
