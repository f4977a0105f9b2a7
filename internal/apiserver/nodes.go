package apiserver

import (
	"context"
	"io"
	"net"
	"net/http"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/apiserver/remote"
)

// Nodes is how the API server reaches what runs on the nodes. Its methods are
// called outside of Config.Do, on a request's goroutine, and may block until
// the context ends. Errors are API statuses where clients should see one.
//
// Containers in options are names of containers that the pod's spec has.
type Nodes interface {
	// Logs opens the log of a container.
	Logs(ctx context.Context, pod *corev1.Pod, options *corev1.PodLogOptions) (io.ReadCloser, error)
	// Exec and Attach find out whether they can, and return what to do with
	// the client's streams.
	Exec(ctx context.Context, pod *corev1.Pod, options *corev1.PodExecOptions) (remote.Run, error)
	Attach(ctx context.Context, pod *corev1.Pod, options *corev1.PodAttachOptions) (remote.Run, error)
	// PortForward carries a connection to a port of a pod until either side
	// closes it.
	PortForward(ctx context.Context, pod *corev1.Pod, port uint16, conn io.ReadWriteCloser) error
	// Dial connects to an address in the cluster's network: "10.244.1.7:80".
	Dial(ctx context.Context, address string) (net.Conn, error)
	// Kubelet is a node's own API: /healthz, /pods, /stats/summary, /logs.
	Kubelet(node *corev1.Node) http.Handler
}
