package remote

import (
	"net/http"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/klog/v2"
	"k8s.io/streaming/pkg/httpstream/wsstream"
)

// idleTimeout is how long a WebSocket may be silent.
const idleTimeout = 4 * time.Hour

func acceptWebSocket(w http.ResponseWriter, r *http.Request, wanted Wanted) (*session, error) {
	channels := channelsFor(wanted)
	raw := wsstream.ChannelProtocolConfig{Binary: true, Channels: channels}
	text := wsstream.ChannelProtocolConfig{Binary: false, Channels: channels}
	conn := wsstream.NewConn(map[string]wsstream.ChannelProtocolConfig{
		"":                                              raw,
		wsstream.ChannelWebSocketProtocol:               raw,
		remotecommand.StreamProtocolV4Name:              raw,
		remotecommand.StreamProtocolV5Name:              raw,
		wsstream.Base64ChannelWebSocketProtocol:         text,
		"v4." + wsstream.Base64ChannelWebSocketProtocol: text,
	})
	conn.SetIdleTimeout(idleTimeout)
	protocol, streams, err := conn.Open(w, quiet(r))
	if err != nil {
		return nil, err
	}
	s := &session{
		resizes: make(chan Size, 1), control: streams[remotecommand.StreamResize],
		status: streams[remotecommand.StreamErr], writeStatus: statusAsJSON,
		close: func() { _ = conn.Close() },
	}
	if protocol == "" || protocol == wsstream.ChannelWebSocketProtocol || protocol == wsstream.Base64ChannelWebSocketProtocol {
		s.writeStatus = statusAsText
	}
	s.streams.Resize = s.resizes
	if wanted.Stdin {
		s.streams.Stdin = streams[remotecommand.StreamStdIn]
	}
	if wanted.Stdout {
		s.streams.Stdout = streams[remotecommand.StreamStdOut]
	}
	if wanted.Stderr {
		s.streams.Stderr = streams[remotecommand.StreamStdErr]
	}
	return s, s.greet(wanted)
}

// quiet is a request about which the library logs nothing: it takes the end of
// a connection for an error, though all end so.
func quiet(r *http.Request) *http.Request {
	return r.WithContext(klog.NewContext(r.Context(), logr.Discard()))
}

// channelsFor are the channels of a connection, by number.
func channelsFor(wanted Wanted) []wsstream.ChannelType {
	channels := make([]wsstream.ChannelType, remotecommand.StreamResize+1)
	use := func(n int, is bool, as wsstream.ChannelType) {
		if is {
			channels[n] = as
		}
	}
	use(remotecommand.StreamStdIn, wanted.Stdin, wsstream.ReadChannel)
	use(remotecommand.StreamStdOut, wanted.Stdout, wsstream.WriteChannel)
	use(remotecommand.StreamStdErr, wanted.Stderr, wsstream.WriteChannel)
	use(remotecommand.StreamErr, true, wsstream.WriteChannel)
	use(remotecommand.StreamResize, true, wsstream.ReadChannel)
	return channels
}

// greet tells the client that the connection stands, with an empty message on
// the first channel that it can read.
func (s *session) greet(wanted Wanted) error {
	first := s.status
	switch {
	case wanted.Stdout:
		first = s.streams.Stdout
	case wanted.Stderr:
		first = s.streams.Stderr
	}
	_, err := first.Write(nil)
	if err != nil {
		s.close()
	}
	return err
}
