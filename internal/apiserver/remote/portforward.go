package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/portforward"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
	"k8s.io/streaming/pkg/httpstream/wsstream"
)

// Forward carries one connection to a port, until either side closes it.
type Forward func(ctx context.Context, port uint16, conn io.ReadWriteCloser) error

// ServePortForward forwards the connections that a client makes through one
// request, and returns when the client is gone. name is of what is forwarded
// to, for messages.
func ServePortForward(w http.ResponseWriter, r *http.Request, name string, forward Forward) {
	p := &forwarder{name: name, forward: forward, pairs: map[string]*pair{}}
	conn, err := p.accept(w, r)
	if err != nil {
		return // the client has been told
	}
	defer conn.Close()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	p.serve(ctx, conn)
}

// forwarder serves one client.
type forwarder struct {
	name     string
	forward  Forward
	arriving chan opened
	running  sync.WaitGroup
	// pairs are the connections of which one stream is still to come.
	pairs map[string]*pair
}

// pair is the two streams of one connection.
type pair struct {
	port        uint16
	data, error httpstream.Stream
}

func (p *forwarder) accept(w http.ResponseWriter, r *http.Request) (httpstream.Connection, error) {
	p.arriving = make(chan opened)
	open := func(s httpstream.Stream, answered <-chan struct{}) error {
		if err := checkPortStream(s.Headers()); err != nil {
			return err
		}
		return pass(r, p.arriving, opened{s, answered})
	}
	if wsstream.IsWebSocketRequestWithTunnelingProtocol(r) {
		return tunnel(w, r, open)
	}
	if _, err := httpstream.Handshake(r, w, []string{portforward.PortForwardV1Name}); err != nil {
		return nil, err
	}
	conn := spdy.NewResponseUpgrader().UpgradeResponse(w, r, open)
	if conn == nil {
		return nil, errAnswered
	}
	return conn, nil
}

// tunnel accepts SPDY within a WebSocket.
func tunnel(w http.ResponseWriter, r *http.Request, open httpstream.NewStreamHandler) (httpstream.Connection, error) {
	upgrader := websocket.Upgrader{
		CheckOrigin:  func(*http.Request) bool { return true }, // the API server has authenticated the client
		Subprotocols: []string{portforward.WebsocketsSPDYTunnelingPortForwardV1},
	}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return nil, err
	}
	return spdy.NewServerConnection(&tunnelConn{Conn: ws}, open)
}

// checkPortStream refuses streams that make no sense.
func checkPortStream(h http.Header) error {
	if _, err := strconv.ParseUint(h.Get(corev1.PortHeader), 10, 16); err != nil {
		return fmt.Errorf("unable to parse %q as a port: %w", h.Get(corev1.PortHeader), err)
	}
	switch kind := h.Get(corev1.StreamType); kind {
	case corev1.StreamTypeError, corev1.StreamTypeData:
		return nil
	case "":
		return fmt.Errorf("%q header is required", corev1.StreamType)
	default:
		return fmt.Errorf("invalid stream type %q", kind)
	}
}

func (p *forwarder) serve(ctx context.Context, conn httpstream.Connection) {
	defer p.running.Wait()
	for {
		select {
		case stream := <-p.arriving:
			p.add(ctx, conn, stream)
		case <-conn.CloseChan():
			return
		case <-ctx.Done():
			return
		}
	}
}

// add pairs a stream with the other one of its connection, and starts to
// forward when both are there.
func (p *forwarder) add(ctx context.Context, conn httpstream.Connection, stream opened) {
	id := stream.Headers().Get(corev1.PortForwardRequestIDHeader)
	got := p.pairs[id]
	if got == nil {
		got = &pair{}
		p.pairs[id] = got
	}
	if stream.Headers().Get(corev1.StreamType) == corev1.StreamTypeError {
		got.error = stream
	} else {
		port, _ := strconv.ParseUint(stream.Headers().Get(corev1.PortHeader), 10, 16)
		got.port, got.data = uint16(port), stream
	}
	if got.data == nil || got.error == nil {
		return
	}
	delete(p.pairs, id)
	p.running.Go(func() {
		<-stream.answered
		p.run(ctx, *got)
		conn.RemoveStreams(got.data, got.error)
	})
}

func (p *forwarder) run(ctx context.Context, c pair) {
	defer c.data.Close()
	defer c.error.Close()
	p.report(c.error, c.port, p.forward(ctx, c.port, c.data))
}

// tunnelConn is a WebSocket as a plain connection.
type tunnelConn struct {
	*websocket.Conn
	message io.Reader
	closed  sync.Once
}

// Read implements [net.Conn].
func (c *tunnelConn) Read(b []byte) (int, error) {
	for {
		if c.message == nil {
			kind, message, err := c.NextReader()
			if websocket.IsCloseError(err, websocket.CloseNormalClosure) {
				return 0, io.EOF
			}
			if err != nil {
				return 0, err
			}
			if kind != websocket.BinaryMessage {
				return 0, errors.New("invalid message type received")
			}
			c.message = message
		}
		n, err := c.message.Read(b)
		if n > 0 || err != io.EOF {
			return n, err
		}
		c.message = nil
	}
}

// Write implements [net.Conn].
func (c *tunnelConn) Write(b []byte) (int, error) {
	if err := c.WriteMessage(websocket.BinaryMessage, b); err != nil {
		return 0, err
	}
	return len(b), nil
}

// Close implements [net.Conn].
func (c *tunnelConn) Close() (err error) {
	c.closed.Do(func() {
		normal := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		_ = c.WriteControl(websocket.CloseMessage, normal, time.Now().Add(time.Second))
		err = c.Conn.Close()
	})
	return err
}

// SetDeadline implements [net.Conn].
func (c *tunnelConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}
