package apiserver

import (
	"context"
	"io"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/apiserver/remote"
)

func (c *call) portForward() error {
	options := &corev1.PodPortForwardOptions{}
	if err := c.parameters(options); err != nil {
		return err
	}
	pod, err := c.hosted()
	if err != nil {
		return err
	}
	if err := c.connect(options); err != nil {
		return err
	}
	defer c.waiting()()
	name := pod.Name + ", uid " + string(pod.UID)
	remote.ServePortForward(c.w, c.r, name, func(ctx context.Context, port uint16, conn io.ReadWriteCloser) error {
		return c.Nodes.PortForward(ctx, pod, port, conn)
	})
	return nil
}
