package apiserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// Transport returns a round tripper that hands requests to a handler without a
// socket. What has an end runs on the caller's goroutine; watches and followed
// logs run on one of their own until their body is closed.
func Transport(h http.Handler) http.RoundTripper { return transport{h} }

type transport struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if streams(r) {
		return t.stream(r)
	}
	w := &buffered{header: http.Header{}}
	t.handler.ServeHTTP(w, serverRequest(r, r.Context()))
	return w.response(r), nil
}

// Answer hands a request to a handler and returns its whole answer. What has no
// end, or is no longer HTTP, is refused: 501.
func Answer(h http.Handler, r *http.Request) *http.Response {
	w := &buffered{header: http.Header{}}
	if streams(r) || r.Header.Get("Upgrade") != "" {
		http.Error(w, "watches, followed logs, proxies and streams are not supported from within the cluster", http.StatusNotImplemented)
		return w.response(r)
	}
	h.ServeHTTP(w, serverRequest(r, r.Context()))
	return w.response(r)
}

// serverRequest is a client's request as a server gets it.
func serverRequest(r *http.Request, ctx context.Context) *http.Request {
	in := r.Clone(ctx)
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:0"
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	return in
}

// streams reports whether the answer to a request has no end of its own.
func streams(r *http.Request) bool {
	t := parseTarget(r)
	return t.verb == "watch" || t.subresource == "log" && isSet(r.URL.Query(), "follow") || t.subresource == "proxy"
}

// buffered collects an answer.
type buffered struct {
	header http.Header
	sent   http.Header
	code   int
	body   bytes.Buffer
}

func (w *buffered) Header() http.Header { return w.header }

func (w *buffered) WriteHeader(code int) {
	if w.code == 0 {
		w.code, w.sent = code, w.header.Clone()
	}
}

func (w *buffered) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// Flush implements [http.Flusher].
func (w *buffered) Flush() { w.WriteHeader(http.StatusOK) }

func (w *buffered) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	return newResponse(r, w.code, w.sent, io.NopCloser(&w.body), int64(w.body.Len()))
}

func newResponse(r *http.Request, code int, header http.Header, body io.ReadCloser, length int64) *http.Response {
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", code, http.StatusText(code)),
		StatusCode: code,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        header,
		Body:          body,
		ContentLength: length,
		Request:       r,
	}
}

// stream runs the handler on its own goroutine and returns when it has sent
// the header.
func (t transport) stream(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	reader, writer := io.Pipe()
	w := &piped{header: http.Header{}, pipe: writer, started: make(chan struct{})}
	in := serverRequest(r, ctx)
	go func() {
		defer cancel()
		t.handler.ServeHTTP(w, in)
		w.WriteHeader(http.StatusOK)
		_ = writer.Close()
	}()
	stop := context.AfterFunc(ctx, func() { _ = writer.CloseWithError(context.Cause(ctx)) })
	select {
	case <-w.started:
	case <-ctx.Done():
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
	}
	body := &streamBody{PipeReader: reader, close: func() { cancel(); stop() }}
	return newResponse(r, w.code, w.sent, body, -1), nil
}

// streamBody ends the handler when it is closed.
type streamBody struct {
	*io.PipeReader
	close func()
}

// Read implements [io.Reader]. A client that has closed the body sees its end.
func (b *streamBody) Read(p []byte) (int, error) {
	n, err := b.PipeReader.Read(p)
	if errors.Is(err, io.ErrClosedPipe) {
		err = io.EOF
	}
	return n, err
}

func (b *streamBody) Close() error {
	b.close()
	return b.PipeReader.Close()
}

// piped passes an answer on while it is being written.
type piped struct {
	header  http.Header
	sent    http.Header
	code    int
	once    sync.Once
	started chan struct{}
	pipe    *io.PipeWriter
}

func (w *piped) Header() http.Header { return w.header }

func (w *piped) WriteHeader(code int) {
	w.once.Do(func() {
		w.code, w.sent = code, w.header.Clone()
		close(w.started)
	})
}

func (w *piped) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.pipe.Write(p)
}

// Flush implements [http.Flusher].
func (w *piped) Flush() { w.WriteHeader(http.StatusOK) }
