package containerdshim

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/apiserver/remote"
	"github.com/kubejig/kubejig/internal/podstatus"
)

// console is how the API server reaches what runs on the node. It is an
// apiserver.Nodes.
type console struct{ node *Runtime }

// Logs opens the log of a container.
func (c *console) Logs(ctx context.Context, pod *corev1.Pod, options *corev1.PodLogOptions) (io.ReadCloser, error) {
	id, err := podstatus.Logged(pod, options)
	if err != nil {
		return nil, err
	}
	if _, err := c.node.container(pod.UID, id); err != nil {
		return nil, podstatus.NoLog(id)
	}
	r, w := io.Pipe()
	go func() {
		err := c.node.Logs(ctx, pod.UID, id, logOptions(options), w, w)
		w.CloseWithError(err) // the reader's end closes it, too
	}()
	return r, nil
}

func logOptions(o *corev1.PodLogOptions) LogOptions {
	options := LogOptions{Tail: o.TailLines, Limit: o.LimitBytes, Timestamps: o.Timestamps, Follow: o.Follow}
	if o.Stream != nil && *o.Stream != corev1.LogStreamAll {
		options.Stream = strings.ToLower(*o.Stream)
	}
	switch {
	case o.SinceTime != nil:
		options.Since = o.SinceTime.Time
	case o.SinceSeconds != nil:
		options.Since = time.Now().Add(-time.Duration(*o.SinceSeconds) * time.Second)
	}
	return options
}

// Exec runs a command in a container, once the client has its streams.
func (c *console) Exec(_ context.Context, pod *corev1.Pod, options *corev1.PodExecOptions) (remote.Run, error) {
	id, err := podstatus.Running(pod, options.Container)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, streams remote.Streams) error {
		code, err := c.node.Exec(ctx, pod.UID, id, options.Command, options.TTY, streams)
		if err == nil && code != 0 {
			err = remote.ExitError{Code: code}
		}
		return err
	}, nil
}

// Attach joins a client to a container that runs.
func (c *console) Attach(_ context.Context, pod *corev1.Pod, options *corev1.PodAttachOptions) (remote.Run, error) {
	id, err := podstatus.Running(pod, options.Container)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, streams remote.Streams) error {
		return c.node.Attach(ctx, pod.UID, id, streams)
	}, nil
}

// PortForward carries a connection to a port of a pod until either side closes
// it.
func (c *console) PortForward(ctx context.Context, pod *corev1.Pod, port uint16, conn io.ReadWriteCloser) error {
	inside, err := c.node.Dial(ctx, pod.UID, int32(port))
	if err != nil {
		return fmt.Errorf("failed to connect to localhost:%d inside namespace %q: %w", port, pod.UID, err)
	}
	defer inside.Close()
	stop := context.AfterFunc(ctx, func() { inside.Close() })
	defer stop()
	go func() {
		_, _ = io.Copy(inside, conn) // either side may be gone
		if half, ok := inside.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
	}()
	_, _ = io.Copy(conn, inside)
	return nil
}

// Dial connects to an address in the cluster's network.
func (c *console) Dial(ctx context.Context, address string) (net.Conn, error) {
	return c.node.network.Dial(ctx, "tcp", address)
}

// Kubelet is the part of a node's own API that there is.
func (c *console) Kubelet(*corev1.Node) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") })
	return mux
}
