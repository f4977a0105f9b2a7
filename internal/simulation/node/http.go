package node

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/kubejig/kubejig/internal/kubelet"
	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

const (
	// userAgent by which kubelets are known.
	userAgent = "kube-probe/1.37"
	// maxHops is how many redirects a probe follows.
	maxHops = 10
	// maxBody is how much of an answer is kept.
	maxBody = 10 << 10
)

// get sends the request of a check. There is no TLS in the simulated world:
// https is spoken in clear.
func (w *World) get(c *check, target string) {
	u, err := url.Parse(target)
	if err != nil {
		w.finish(c, kubelet.Errored, err.Error())
		return
	}
	conn, failure := w.dial(address(u))
	if failure != nil {
		w.failDial(c, u.Host, failure, fmt.Sprintf("Get %q: dial tcp %s: ", target, address(u)))
		return
	}
	c.conn, c.answer = conn, nil
	conn.Notify(func() { w.receive(c, u) })
	if _, err := conn.Write(request(u, c.what.HTTP)); err != nil {
		w.finish(c, kubelet.Failed, fmt.Sprintf("Get %q: %s", target, err))
	}
}

func address(u *url.URL) string {
	if u.Port() != "" {
		return u.Host
	}
	return u.Host + map[bool]string{true: ":443", false: ":80"}[u.Scheme == "https"]
}

func request(u *url.URL, h *kubelet.HTTPCheck) []byte {
	var b bytes.Buffer
	host, fields := u.Host, ""
	agent, accept := true, true
	for _, header := range h.Headers {
		switch strings.ToLower(header.Name) {
		case "host":
			host = header.Value
			continue
		case "user-agent":
			agent = false
		case "accept":
			accept = false
		}
		fields += header.Name + ": " + header.Value + "\r\n"
	}
	fmt.Fprintf(&b, "GET %s HTTP/1.1\r\nHost: %s\r\n", u.RequestURI(), host)
	if agent {
		b.WriteString("User-Agent: " + userAgent + "\r\n")
	}
	if accept {
		b.WriteString("Accept: */*\r\n")
	}
	b.WriteString(fields + "Connection: close\r\n\r\n")
	return b.Bytes()
}

// receive takes what has come, and judges it once it is complete.
func (w *World) receive(c *check, u *url.URL) {
	end := false
	for {
		data, err := c.conn.Read(maxBody)
		if err == filesystem.EAGAIN {
			break
		}
		if len(data) == 0 {
			end = true
			break
		}
		c.answer = append(c.answer, data...)
	}
	response, body, err := parse(c.answer)
	switch {
	case err == nil:
		w.judge(c, u, response, body)
	case end && len(c.answer) == 0:
		w.finish(c, kubelet.Failed, fmt.Sprintf("Get %q: EOF", u))
	case end:
		w.finish(c, kubelet.Failed, fmt.Sprintf("Get %q: %s", u, err))
	}
}

// parse reads a whole response; io.ErrUnexpectedEOF says that it is not.
func parse(b []byte) (*http.Response, string, error) {
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(b)), nil)
	if err != nil {
		return nil, "", err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, "", err
	}
	return response, string(body[:min(len(body), maxBody)]), nil
}

// judge decides what a response means.
func (w *World) judge(c *check, u *url.URL, r *http.Response, body string) {
	switch {
	case r.StatusCode >= http.StatusBadRequest:
		w.finish(c, kubelet.Failed, fmt.Sprintf("HTTP probe failed with statuscode: %d", r.StatusCode))
	case r.StatusCode >= http.StatusMultipleChoices && r.Header.Get("Location") != "":
		w.redirect(c, u, r, body)
	default:
		w.finish(c, kubelet.Succeeded, body)
	}
}

// redirect follows a redirect to the same host; another one is good enough.
func (w *World) redirect(c *check, u *url.URL, r *http.Response, body string) {
	to, err := u.Parse(r.Header.Get("Location"))
	switch {
	case err != nil:
		w.finish(c, kubelet.Failed, err.Error())
	case to.Hostname() != u.Hostname():
		w.finish(c, kubelet.Warned, "Probe terminated redirects, Response body: "+body)
	case c.hops >= maxHops:
		w.finish(c, kubelet.Failed, fmt.Sprintf("Get %q: stopped after %d redirects", to, maxHops))
	default:
		c.hops++
		c.conn.Notify(nil)
		c.conn.Close()
		w.get(c, to.String())
	}
}
