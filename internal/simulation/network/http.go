package network

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/process"
)

// Request is an HTTP request that has come in whole.
type Request struct {
	*http.Request
	Content []byte
	Client  netip.AddrPort
	Server  netip.AddrPort
}

// Response is the answer to a request.
type Response struct {
	Status  int
	Header  [][2]string
	Content []byte
	Delay   time.Duration // before the answer is sent
	Exit    *int          // the server ends with this code
}

// HTTP is a Handler for an HTTP server: the function answers requests.
type HTTP func(p *process.Process, r *Request) Response

// maxRequest is the largest request that is taken.
const maxRequest = 16 << 20

// Handle answers one request.
func (h HTTP) Handle(x *Exchange) {
	if len(x.Input) == 0 {
		return
	}
	r, size, err := readRequest(x.Input)
	switch {
	case err == io.ErrUnexpectedEOF && !x.End && len(x.Input) < maxRequest:
		return
	case err != nil:
		x.Take(len(x.Input))
		x.Reply(Response{Status: http.StatusBadRequest, Content: []byte("400 Bad Request")}.bytes(nil))
		x.Close()
		return
	}
	r.Client, r.Server = x.Remote(), x.Local()
	answer := h(x.Process, r)
	if answer.Delay > 0 && !x.Waited {
		x.Later(answer.Delay)
		return
	}
	x.Take(size)
	x.Reply(answer.bytes(r))
	if r.Close || r.ProtoMinor == 0 {
		x.Close()
	}
	if answer.Exit != nil {
		x.Process.Exit(*answer.Exit)
	}
}

// readRequest parses the first request in b and returns its size.
func readRequest(b []byte) (*Request, int, error) {
	source := bytes.NewReader(b)
	reader := bufio.NewReader(source)
	parsed, err := http.ReadRequest(reader)
	if err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return nil, 0, err
	}
	content, err := io.ReadAll(parsed.Body)
	if err != nil {
		return nil, 0, io.ErrUnexpectedEOF
	}
	return &Request{Request: parsed, Content: content}, len(b) - source.Len() - reader.Buffered(), nil
}

// bytes is the response as it is sent.
func (a Response) bytes(r *Request) []byte {
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "HTTP/1.1 %d %s\r\n", a.Status, http.StatusText(a.Status))
	for _, h := range a.Header {
		fmt.Fprintf(&out, "%s: %s\r\n", h[0], h[1])
	}
	if !a.has("Content-Length") {
		out.WriteString("Content-Length: " + strconv.Itoa(len(a.Content)) + "\r\n")
	}
	if r != nil && (r.Close || r.ProtoMinor == 0) && !a.has("Connection") {
		out.WriteString("Connection: close\r\n")
	}
	out.WriteString("\r\n")
	if r == nil || r.Method != http.MethodHead {
		out.Write(a.Content)
	}
	return out.Bytes()
}

func (a Response) has(name string) bool {
	for _, h := range a.Header {
		if h[0] == name {
			return true
		}
	}
	return false
}
