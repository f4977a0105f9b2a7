package runlog

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"

	"k8s.io/client-go/transport"
	"k8s.io/klog/v2"
)

// Levels from which requests are logged, and their bodies: those up to a
// length, and whole.
const (
	levelBodies      = 8
	levelLongBodies  = 9
	levelWholeBodies = 10
)

// Transport logs the requests that go through next, and the answers to them,
// if the flags of the log ask for anything at all and the client libraries do
// not do it by themselves.
func (l *Log) Transport(next http.RoundTripper) http.RoundTripper {
	if l.background || !l.flags.Changed("v") && !l.flags.Changed("vmodule") {
		return next
	}
	return &wire{log: l.logger, next: next, heads: transport.NewDebuggingRoundTripper(next, transport.DebugByContext)}
}

// wire logs what a client sends and gets. client-go's own logging asks a
// verbosity of the whole process; here every run has its own.
type wire struct {
	log   klog.Logger
	next  http.RoundTripper
	heads http.RoundTripper
}

func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	bodies := w.log.V(levelBodies).Enabled()
	if depth, ok := asker(); ok && bodies {
		w.logRequestBody(depth, request)
	}
	response, err := w.heads.RoundTrip(request.WithContext(klog.NewContext(request.Context(), w.log)))
	if err == nil && bodies && response.StatusCode != http.StatusSwitchingProtocols {
		response.Body = &loggedBody{ReadCloser: response.Body, log: w.log}
	}
	return response, err
}

// WrappedRoundTripper lets client-go find the transport below.
func (w *wire) WrappedRoundTripper() http.RoundTripper { return w.next }

func (w *wire) logRequestBody(depth int, request *http.Request) {
	var content []byte
	switch {
	case request.Body == nil:
	case request.GetBody == nil:
		return // It can be read only once.
	default:
		body, err := request.GetBody()
		if err != nil {
			return // The request fails of the same.
		}
		defer body.Close()
		if content, err = io.ReadAll(body); err != nil {
			return
		}
	}
	logBody(w.log, depth+1, "Request Body", content)
}

// loggedBody logs an answer's body once client-go has read it to its end. What
// it hands to a command to read bit by bit, as watches and logs are, is not
// kept.
type loggedBody struct {
	io.ReadCloser
	log           klog.Logger
	read          bytes.Buffer
	begun, handed bool
}

func (b *loggedBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	depth := 0
	if !b.begun || err == io.EOF {
		var within bool
		depth, within = asker()
		b.begun, b.handed = true, b.handed || !within
	}
	if b.handed {
		return n, err
	}
	b.read.Write(into[:n])
	if err == io.EOF {
		b.handed = true
		logBody(b.log, depth, "Response Body", b.read.Bytes())
	}
	return n, err
}

// logBody logs a body, in hexadecimal if it is no text. The line names the
// function that is depth calls above logBody's caller.
func logBody(log klog.Logger, depth int, title string, content []byte) {
	text := string(content)
	if strings.ContainsFunc(text, func(r rune) bool { return r < '\n' }) {
		text = hex.Dump(content)
	}
	log.WithCallDepth(depth+1).Info(title, "body", truncate(log, text))
}

// truncate shortens a body to what the log's verbosity allows.
func truncate(log klog.Logger, body string) string {
	limit := 1 << 10
	switch {
	case log.V(levelWholeBodies).Enabled():
		return body
	case log.V(levelLongBodies).Enabled():
		limit = 10 << 10
	}
	if len(body) <= limit {
		return body
	}
	return fmt.Sprintf("%s [truncated %d chars]", body[:limit], len(body)-limit)
}

// maxStack is how many calls asker looks up; a request is at most some twenty
// below who asks for it.
const maxStack = 64

// asker finds, among the callers, the one that asks client-go for an answer; ok
// is false where there is none. depth counts the calls from asker's caller up.
func asker() (depth int, ok bool) {
	var pcs [maxStack]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		frame, more := frames.Next()
		if !more {
			return 0, false
		}
		depth++
		switch strings.TrimPrefix(frame.Function, "k8s.io/client-go/rest.(*Request).") {
		case "Do", "DoRaw", "Stream", "Watch":
			return depth, true
		}
	}
}

// CancelRequest is what clients with a timeout look for, and complain without.
// There is nothing left to do: the request's context ends as well.
func (w *wire) CancelRequest(*http.Request) {}
