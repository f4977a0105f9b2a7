// Package remote connects the user's streams with a program in a container,
// as exec, attach, cp and run do.
package remote

import (
	"context"
	"io"
	"net/url"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/streaming/pkg/httpstream"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/scheme"
)

// Streams are the ends of a connection; nil ones are not connected.
type Streams struct {
	In     io.Reader
	Out    io.Writer
	ErrOut io.Writer
	TTY    bool
	Sizes  remotecommand.TerminalSizeQueue
}

// Connect asks for a subresource of the pod with options, and copies the
// streams until the program ends. A program that fails is a CodeExitError.
func Connect(ctx context.Context, f *factory.Factory, pod *corev1.Pod, subresource string, options runtime.Object, streams Streams) error {
	client, err := f.TypedClient(corev1.SchemeGroupVersion)
	if err != nil {
		return err
	}
	target := client.Post().Namespace(pod.Namespace).Resource("pods").Name(pod.Name).SubResource(subresource).
		VersionedParams(options, scheme.ParameterCodec()).URL()
	executor, err := newExecutor(f, target)
	if err != nil {
		return err
	}
	return executor.StreamWithContext(ctx, remotecommand.StreamOptions{
		Stdin:             streams.In,
		Stdout:            streams.Out,
		Stderr:            streams.ErrOut,
		Tty:               streams.TTY,
		TerminalSizeQueue: streams.Sizes,
	})
}

// newExecutor speaks over a WebSocket, or SPDY where a server or a proxy in
// between knows no WebSockets.
func newExecutor(f *factory.Factory, target *url.URL) (remotecommand.Executor, error) {
	config, err := f.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	spdy, err := remotecommand.NewSPDYExecutor(config, "POST", target)
	if err != nil || strings.EqualFold(f.Getenv("KUBECTL_REMOTE_COMMAND_WEBSOCKETS"), "false") {
		return spdy, err
	}
	websocket, err := remotecommand.NewWebSocketExecutor(config, "GET", target.String())
	if err != nil {
		return nil, err
	}
	return remotecommand.NewFallbackExecutor(websocket, spdy, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	})
}
