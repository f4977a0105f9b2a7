package apiserver

import (
	"context"
	"io"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/streaming/pkg/httpstream/wsstream"

	"github.com/kubejig/kubejig/internal/apiserver/remote"
)

func (c *call) portForward() error {
	options := &corev1.PodPortForwardOptions{}
	if err := c.parameters(options); err != nil {
		return err
	}
	if err := c.connect(options); err != nil {
		return err
	}
	pod, err := c.hosted()
	if err != nil {
		return err
	}
	defer c.waiting()()
	name := pod.Name + ", uid " + string(pod.UID)
	forward := func(ctx context.Context, port uint16, conn io.ReadWriteCloser) error {
		return c.Nodes.PortForward(ctx, pod, port, conn)
	}
	if !wsstream.IsWebSocketRequest(c.r) || wsstream.IsWebSocketRequestWithTunnelingProtocol(c.r) {
		remote.ServePortForward(c.w, c.r, name, forward)
		return nil
	}
	ports, err := portsOf(options)
	if err != nil {
		return err
	}
	remote.ServePortChannels(c.w, c.r, name, ports, forward)
	return nil
}

// portsOf are the ports of a request through whose channels they are forwarded.
// Other protocols name them when the connection stands.
func portsOf(o *corev1.PodPortForwardOptions) ([]uint16, error) {
	if len(o.Ports) == 0 {
		return nil, apierrors.NewBadRequest(`query parameter "port" is required`)
	}
	ports := make([]uint16, len(o.Ports))
	for i, port := range o.Ports {
		if port == 0 {
			return nil, apierrors.NewBadRequest(`port "0" must be > 0`)
		}
		ports[i] = uint16(port)
	}
	return ports, nil
}
