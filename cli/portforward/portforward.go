// Package portforward is "kubectl port-forward".
package portforward

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/pods"
)

// podTimeout is the default of --pod-running-timeout.
const podTimeout = 60 * time.Second

type options struct {
	addresses  []string
	podTimeout time.Duration
	reconnect  bool // Beyond kubectl.
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{podTimeout: podTimeout}
	cmd := &cobra.Command{
		Use:                   "port-forward TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]",
		DisableFlagsInUseLine: true,
		Short:                 "Forward one or more local ports to a pod",
		Long:                  "Listen on local ports and pass their connections on to ports of a pod, or of one of the pods behind a service or workload, until the pod is gone.",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	flags.AddPodRunningTimeout(cmd, &o.podTimeout)
	cmd.Flags().StringSliceVar(&o.addresses, "address", []string{"localhost"}, "IP addresses to listen on, or localhost, which is 127.0.0.1 and ::1, of which one must work.")
	cmd.Flags().BoolVar(&o.reconnect, "reconnect", false, "When the connection to the pod is lost, connect again, to another pod of the object if that one is gone. Local ports should be named.")
	return cmd
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if len(args) < 2 {
		return failure.Usage(cmd, "TYPE/NAME and list of ports are required for port-forward")
	}
	if err := flags.CheckPodRunningTimeout(o.podTimeout); err != nil {
		return failure.Usage(cmd, "%s", err)
	}
	if o.reconnect {
		return f.UnlessInterrupted(cmd.Context(), func(ctx context.Context) error {
			return o.forwardForGood(ctx, f, args[0], args[1:])
		})
	}
	pod, ports, err := o.findRunning(cmd.Context(), f, args[0], args[1:])
	if err != nil {
		return err
	}
	return o.forward(cmd.Context(), f, pod, ports, make(chan struct{}))
}

// find is the pod that name means, and the ports as they are in the pod.
func (o *options) find(ctx context.Context, f *factory.Factory, name string, typed []string) (*corev1.Pod, []string, error) {
	namespace, _, err := f.Namespace()
	if err != nil {
		return nil, nil, err
	}
	object, err := f.NewTypedBuilder().
		ContinueOnError().
		NamespaceParam(namespace).DefaultNamespace().
		ResourceNames("pods", name).
		Do().Object()
	if err != nil {
		return nil, nil, err
	}
	pod, err := pods.ForObject(ctx, f, object, o.podTimeout)
	if err != nil {
		return nil, nil, err
	}
	var resolver resolver = podPorts{pod}
	if service, ok := object.(*corev1.Service); ok {
		resolver = servicePorts{service, pod}
	}
	ports, err := resolve(resolver, typed)
	return pod, ports, err
}

// forward listens until the connection to the pod ends or the user ends it. When
// there is one, and all ports are open, it closes ready.
func (o *options) forward(ctx context.Context, f *factory.Factory, pod *corev1.Pod, ports []string, ready chan struct{}) error {
	client, err := f.TypedClient(corev1.SchemeGroupVersion)
	if err != nil {
		return err
	}
	target := client.Post().Namespace(pod.Namespace).Resource("pods").Name(pod.Name).SubResource("portforward").URL()
	dialer, err := newDialer(f, target)
	if err != nil {
		return err
	}
	return f.UnlessInterrupted(ctx, func(ctx context.Context) error {
		forwarder, err := portforward.NewOnAddressesForStreaming(dialer, o.addresses, ports, ctx.Done(), ready, factory.Shared(f.Out), factory.Shared(f.ErrOut))
		if err != nil {
			return err
		}
		return forwarder.ForwardPorts()
	})
}

// newDialer connects over a WebSocket, or SPDY where a server or a proxy in
// between knows no WebSockets.
func newDialer(f *factory.Factory, target *url.URL) (httpstream.Dialer, error) {
	config, err := f.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return nil, err
	}
	dialer := spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, "POST", target)
	if strings.EqualFold(f.Getenv("KUBECTL_PORT_FORWARD_WEBSOCKETS"), "false") {
		return dialer, nil
	}
	tunneling, err := portforward.NewSPDYOverWebsocketDialerForStreaming(target, config)
	if err != nil {
		return nil, err
	}
	return portforward.NewFallbackDialerForStreaming(tunneling, dialer, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	}), nil
}
