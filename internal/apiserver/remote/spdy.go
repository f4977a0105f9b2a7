package remote

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/streaming/pkg/httpstream"
	"k8s.io/streaming/pkg/httpstream/spdy"
)

// streamTimeout is how long a client may take to open the streams that it has
// asked for.
const streamTimeout = remotecommand.DefaultStreamCreationTimeout

var errAnswered = errors.New("the client has been answered")

// opened is a stream that a client has opened, and when its answer was sent.
type opened struct {
	httpstream.Stream
	answered <-chan struct{}
}

func acceptSPDY(w http.ResponseWriter, r *http.Request, wanted Wanted) (*session, error) {
	protocol, err := httpstream.Handshake(r, w, remotecommand.SupportedStreamingProtocols)
	if err != nil {
		return nil, err
	}
	arriving := make(chan opened)
	conn := spdy.NewResponseUpgrader().UpgradeResponse(w, r, func(s httpstream.Stream, answered <-chan struct{}) error {
		return pass(r, arriving, opened{s, answered})
	})
	if conn == nil {
		return nil, errAnswered
	}
	s := &session{close: func() { _ = conn.Close() }, gone: conn.CloseChan()}
	if err := s.collect(arriving, wanted, protocol); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return s, nil
}

// pass hands a new stream to whoever serves the request, if that goes on.
func pass(r *http.Request, arriving chan<- opened, stream opened) error {
	select {
	case arriving <- stream:
		return nil
	case <-r.Context().Done():
		return r.Context().Err()
	}
}

// collect waits for the streams that the client has asked for.
func (s *session) collect(arriving <-chan opened, wanted Wanted, protocol string) error {
	resizes := protocol == remotecommand.StreamProtocolV4Name || protocol == remotecommand.StreamProtocolV3Name
	s.writeStatus = statusAsText
	if protocol == remotecommand.StreamProtocolV4Name {
		s.writeStatus = statusAsJSON
	}
	missing := map[string]bool{
		corev1.StreamTypeError: true, corev1.StreamTypeStdin: wanted.Stdin, corev1.StreamTypeStdout: wanted.Stdout,
		corev1.StreamTypeStderr: wanted.Stderr, corev1.StreamTypeResize: wanted.TTY && resizes,
	}
	left := 0
	for _, is := range missing {
		if is {
			left++
		}
	}
	timeout := time.NewTimer(streamTimeout)
	defer timeout.Stop()
	for left > 0 {
		select {
		case stream := <-arriving:
			kind := stream.Headers().Get(corev1.StreamType)
			if !missing[kind] {
				return fmt.Errorf("unexpected stream %q", kind)
			}
			missing[kind] = false
			left--
			<-stream.answered
			s.assign(kind, stream)
		case <-timeout.C:
			return errors.New("timed out waiting for client to create streams")
		case <-s.gone:
			return errors.New("the client is gone")
		}
	}
	return nil
}

// assign makes a stream what its client has opened it for.
func (s *session) assign(kind string, stream httpstream.Stream) {
	switch kind {
	case corev1.StreamTypeError:
		s.status = stream
	case corev1.StreamTypeStdin:
		s.streams.Stdin = stream
	case corev1.StreamTypeStdout:
		s.streams.Stdout = stream
	case corev1.StreamTypeStderr:
		s.streams.Stderr = stream
	case corev1.StreamTypeResize:
		s.control, s.resizes = stream, make(chan Size, 1)
		s.streams.Resize = s.resizes
	}
}
