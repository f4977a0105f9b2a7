package remote

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"k8s.io/streaming/pkg/httpstream/wsstream"
)

// ServePortChannels forwards one connection to each port through the channels of
// a WebSocket, as clients outside of Go do: channel 2i is the connection to port
// i, channel 2i+1 its errors, and both begin with the port in two bytes, the
// lower one first. It returns when all connections have ended.
func ServePortChannels(w http.ResponseWriter, r *http.Request, name string, ports []uint16, forward Forward) {
	channels := make([]wsstream.ChannelType, 0, 2*len(ports))
	for range ports {
		channels = append(channels, wsstream.ReadWriteChannel, wsstream.WriteChannel)
	}
	conn, streams, err := openPortChannels(w, r, channels)
	if err != nil {
		return // the client has been told
	}
	defer conn.Close()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	p := &forwarder{name: name, forward: forward}
	var running sync.WaitGroup
	for i, port := range ports {
		running.Go(func() { p.runChannels(ctx, port, streams[2*i], streams[2*i+1]) })
	}
	running.Wait()
}

func openPortChannels(w http.ResponseWriter, r *http.Request, channels []wsstream.ChannelType) (*wsstream.Conn, []io.ReadWriteCloser, error) {
	raw := wsstream.ChannelProtocolConfig{Binary: true, Channels: channels}
	text := wsstream.ChannelProtocolConfig{Binary: false, Channels: channels}
	conn := wsstream.NewConn(map[string]wsstream.ChannelProtocolConfig{
		"": raw,
		"v4." + wsstream.ChannelWebSocketProtocol:       raw,
		"v4." + wsstream.Base64ChannelWebSocketProtocol: text,
	})
	conn.SetIdleTimeout(idleTimeout)
	_, streams, err := conn.Open(w, quiet(r))
	return conn, streams, err
}

// runChannels carries one connection, after it has told the client its port.
func (p *forwarder) runChannels(ctx context.Context, port uint16, data, failure io.ReadWriteCloser) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer data.Close()
	defer failure.Close()
	greeting := binary.LittleEndian.AppendUint16(nil, port)
	for _, channel := range []io.Writer{data, failure} {
		if _, err := channel.Write(greeting); err != nil {
			return
		}
	}
	p.report(failure, port, p.forward(ctx, port, lasting{data, cancel}))
}

// lasting is a channel that lasts as long as its WebSocket: when there is nothing
// more to read, the client is gone.
type lasting struct {
	io.ReadWriteCloser
	gone func()
}

func (l lasting) Read(b []byte) (int, error) {
	n, err := l.ReadWriteCloser.Read(b)
	if err != nil {
		l.gone()
	}
	return n, err
}

// report tells the client of a connection that failed.
func (p *forwarder) report(w io.Writer, port uint16, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		_, _ = fmt.Fprintf(w, "error forwarding port %d to pod %s: %v", port, p.name, err)
	}
}
