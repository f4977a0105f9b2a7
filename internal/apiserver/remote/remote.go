// Package remote speaks the wire protocols of exec, attach and port-forward:
// SPDY/3.1 with the channel.k8s.io protocols 1 to 4, WebSocket with 4 and 5,
// SPDY through a WebSocket, and a pod's ports as the channels of one. It turns
// each into plain streams.
//
// It knows no pods and no API; its callers have decided already that the
// request may go on. Its goroutines end with the connection.
package remote

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/remotecommand"
	"k8s.io/streaming/pkg/httpstream/wsstream"
)

// Size is the size of a terminal in characters.
type Size struct {
	Width  uint16
	Height uint16
}

// Wanted says which streams a client asks for.
type Wanted struct {
	Stdin, Stdout, Stderr bool
	// TTY joins Stderr with Stdout, and adds changes of size.
	TTY bool
}

// Streams are the ends of a client's streams; what it did not ask for is nil.
type Streams struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Resize has the latest size of the client's terminal.
	Resize <-chan Size
}

// Run does something with a client's streams, until it is done or the context
// ends because the client is gone. An ExitError is a program's own failure.
type Run func(ctx context.Context, streams Streams) error

// ExitError is the failure of a program that ran.
type ExitError struct{ Code int }

func (e ExitError) Error() string { return fmt.Sprintf("exit status %d", e.Code) }

// Serve gives a client its streams, runs, and tells the client how that ended.
func Serve(w http.ResponseWriter, r *http.Request, wanted Wanted, run Run) {
	s, err := accept(w, r, wanted)
	if err != nil {
		return // the client has been told
	}
	defer s.close()
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go s.watch(cancel)
	err = run(ctx, s.streams)
	s.report(err)
}

// session is an accepted connection.
type session struct {
	streams Streams
	resizes chan Size
	// control is where changes of size come from, until the client is gone.
	control io.Reader
	// status is the stream on which the end is told, in the form that
	// writeStatus has.
	status      io.Writer
	writeStatus func(io.Writer, metav1.Status)
	gone        <-chan bool
	close       func()
}

func accept(w http.ResponseWriter, r *http.Request, wanted Wanted) (*session, error) {
	if wanted.TTY {
		wanted.Stderr = false
	}
	if wsstream.IsWebSocketRequest(r) {
		return acceptWebSocket(w, r, wanted)
	}
	return acceptSPDY(w, r, wanted)
}

// watch passes on changes of size and ends the session with the connection.
func (s *session) watch(cancel func()) {
	if s.control != nil {
		s.passSizes()
		if s.gone == nil {
			cancel()
		}
	}
	if s.gone != nil {
		<-s.gone
		cancel()
	}
}

func (s *session) passSizes() {
	decoder := json.NewDecoder(s.control)
	for {
		var size Size
		if decoder.Decode(&size) != nil {
			return
		}
		select {
		case <-s.resizes: // nobody has seen the last one
		default:
		}
		s.resizes <- size
	}
}

// report tells the client how the run ended.
func (s *session) report(err error) {
	s.writeStatus(s.status, statusOf(err))
}

// statusOf is the outcome of a run.
func statusOf(err error) metav1.Status {
	var exit ExitError
	switch {
	case err == nil:
		return metav1.Status{Status: metav1.StatusSuccess}
	case errors.As(err, &exit):
		return metav1.Status{
			Status: metav1.StatusFailure, Reason: remotecommand.NonZeroExitCodeReason,
			Message: fmt.Sprintf("command terminated with non-zero exit code: %v", exit),
			Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{
				{Type: remotecommand.ExitCodeCauseType, Message: fmt.Sprint(exit.Code)},
			}},
		}
	}
	err = fmt.Errorf("error executing command in container: %w", err)
	return metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusInternalServerError, Reason: metav1.StatusReasonInternalError,
		Message: fmt.Sprintf("Internal error occurred: %v", err),
		Details: &metav1.StatusDetails{Causes: []metav1.StatusCause{{Message: err.Error()}}},
	}
}

// statusAsJSON is the form of the protocols from version 4 on.
func statusAsJSON(w io.Writer, status metav1.Status) {
	if data, err := json.Marshal(status); err == nil {
		_, _ = w.Write(data) // the client may be gone
	}
}

// statusAsText is the form of the older ones, which know only failures.
func statusAsText(w io.Writer, status metav1.Status) {
	if status.Status != metav1.StatusSuccess {
		_, _ = io.WriteString(w, status.Message)
	}
}
