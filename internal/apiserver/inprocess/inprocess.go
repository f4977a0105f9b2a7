// Package inprocess lets client-go reach an API server without a socket: plain
// requests and watches, and the upgraded connections of exec, attach and
// port-forward, for which client-go's executors dial by themselves.
package inprocess

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"encoding/json"
	gorilla "github.com/gorilla/websocket"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/apimachinery/pkg/util/httpstream/spdy"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport/websocket"

	"github.com/kubejig/kubejig/internal/apiserver"
)

// Config returns a client configuration that reaches a handler of the API.
// name stands for the host.
func Config(name string, handler http.Handler) *rest.Config {
	return &rest.Config{
		Host:          "http://" + name,
		Transport:     apiserver.Transport(handler),
		WrapTransport: wrap(handler),
		QPS:           -1, // the server is never overloaded by its own process
	}
}

// pingPeriod is how often an exec's connection is probed, as in client-go.
const pingPeriod = 5 * time.Second

// wrap makes client-go's upgrading transports connect within the process.
// Others, among them the plain one, stay as they are.
func wrap(handler http.Handler) func(http.RoundTripper) http.RoundTripper {
	return func(rt http.RoundTripper) http.RoundTripper {
		switch rt := rt.(type) {
		case *spdy.SpdyRoundTripper:
			return redial(rt, handler)
		case *websocket.RoundTripper:
			return &webSocket{RoundTripper: rt, handler: handler}
		}
		return rt
	}
}

// redial puts a transport that dials within the process in the place of one
// that would open a socket. Its owner keeps the pointer, by which it gets the
// connection later.
func redial(rt *spdy.SpdyRoundTripper, handler http.Handler) http.RoundTripper {
	local, err := spdy.NewRoundTripperWithConfig(spdy.RoundTripperConfig{
		PingPeriod: pingPeriod,
		UpgradeTransport: &http.Transport{
			DialContext: func(context.Context, string, string) (net.Conn, error) { return dial(handler), nil },
		},
	})
	if err != nil {
		return failing{err}
	}
	*rt = *local
	return rt
}

// failing is a transport that does nothing but say why.
type failing struct{ error }

// RoundTrip implements [http.RoundTripper].
func (f failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.error }

// webSocket connects within the process and leaves the connection where
// client-go's transport would have.
type webSocket struct {
	*websocket.RoundTripper
	handler http.Handler
}

// RoundTrip implements [http.RoundTripper].
func (s *webSocket) RoundTrip(r *http.Request) (*http.Response, error) {
	header := r.Header.Clone()
	protocols := header["Sec-Websocket-Protocol"]
	delete(header, "Sec-Websocket-Protocol")
	dialer := gorilla.Dialer{
		Subprotocols:    protocols,
		ReadBufferSize:  s.DataBufferSize() + 1024,
		WriteBufferSize: s.DataBufferSize() + 1024,
		NetDialContext:  func(context.Context, string, string) (net.Conn, error) { return dial(s.handler), nil },
	}
	url := *r.URL
	url.Scheme = "ws"
	conn, response, err := dialer.DialContext(r.Context(), url.String(), header)
	if err != nil {
		return nil, upgradeFailure(err, response)
	}
	if conn.Subprotocol() == "" {
		_ = conn.Close()
		return nil, &httpstream.UpgradeFailureError{Cause: fmt.Errorf("invalid protocol, expected one of %q, got %q", protocols, "")}
	}
	s.Conn = conn
	return response, nil
}

// upgradeFailure is why a server did not take an upgrade, in the form by which
// client-go decides whether to try something else.
func upgradeFailure(err error, response *http.Response) error {
	if !errors.Is(err, gorilla.ErrBadHandshake) {
		return err
	}
	if response != nil {
		defer response.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(response.Body, 64*1024))
		var status metav1.Status
		if json.Unmarshal(body, &status) == nil && status.Kind == "Status" {
			return &httpstream.UpgradeFailureError{Cause: &apierrors.StatusError{ErrStatus: status}}
		}
		err = fmt.Errorf("%w (%s): %s", err, response.Status, body)
	}
	return &httpstream.UpgradeFailureError{Cause: err}
}

// dial connects to a server that serves this one connection.
func dial(handler http.Handler) net.Conn {
	client, server := pipe()
	l := newListener(server)
	go func() {
		s := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
		_ = s.Serve(l) // ends with the connection
	}()
	return client
}
