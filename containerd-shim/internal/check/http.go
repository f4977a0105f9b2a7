package check

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/kubelet"
)

// Dial connects from the node.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

const (
	// maxBody is how much of an answer is read.
	maxBody      = 10 << 10
	maxRedirects = 10
	userAgent    = "kube-probe/1.37"
)

// HTTP asks for a page. Answers from 200 to 399 are a success; a redirect to
// another host is not followed, but is one too.
func HTTP(ctx context.Context, dial Dial, c *kubelet.HTTPCheck, timeout time.Duration) (kubelet.Outcome, string) {
	request, err := newRequest(ctx, c)
	if err != nil {
		return kubelet.Errored, err.Error()
	}
	client := newClient(dial)
	client.Timeout = timeout
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return kubelet.Failed, err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		return kubelet.Errored, err.Error()
	}
	switch code := response.StatusCode; {
	case code < http.StatusOK || code >= http.StatusBadRequest:
		return kubelet.Failed, fmt.Sprintf("HTTP probe failed with statuscode: %d", code)
	case code >= http.StatusMultipleChoices:
		return kubelet.Warned, fmt.Sprintf("Probe terminated redirects, Response body: %s", body)
	}
	return kubelet.Succeeded, string(body)
}

// Get carries out a hook: any answer will do.
func Get(ctx context.Context, dial Dial, c *kubelet.HTTPCheck) error {
	request, err := newRequest(ctx, c)
	if err != nil {
		return err
	}
	client := newClient(dial)
	defer client.CloseIdleConnections()
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

func newRequest(ctx context.Context, c *kubelet.HTTPCheck) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set("Accept", "*/*")
	for _, h := range c.Headers {
		if strings.EqualFold(h.Name, "Host") {
			request.Host = h.Value
			continue
		}
		request.Header.Set(h.Name, h.Value)
	}
	return request, nil
}

func newClient(dial Dial) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:       dial,
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // as a real kubelet: it has no CA for pods
			DisableKeepAlives: true,
			Proxy:             nil,
		},
		CheckRedirect: func(request *http.Request, via []*http.Request) error {
			if request.URL.Hostname() != via[0].URL.Hostname() {
				return http.ErrUseLastResponse
			}
			if len(via) >= maxRedirects {
				return errors.New("stopped after 10 redirects")
			}
			return nil
		},
	}
}
