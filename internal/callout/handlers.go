package callout

import (
	"fmt"
	"net/http"
	"net/url"
	"sync"

	"github.com/kubejig/kubejig/internal/apiserver"
)

// Handlers are what answers for hosts. The zero value is none. It is safe for
// concurrent use.
type Handlers struct{ byHost sync.Map }

// Handle lets a handler answer for a host, with or without a port.
func (h *Handlers) Handle(host string, handler http.Handler) { h.byHost.Store(host, handler) }

// find is what answers for the host of a URL; nil: nothing.
func (h *Handlers) find(address string) http.Handler {
	u, err := url.Parse(address)
	if err != nil {
		return nil // which is told when it is called
	}
	for _, host := range []string{u.Host, u.Hostname()} {
		if found, ok := h.byHost.Load(host); ok {
			return found.(http.Handler)
		}
	}
	return nil
}

// local is a round tripper that lets a handler answer in the process, for as long
// as the request may take. One that panics has not answered, as with a server.
type local struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (l local) RoundTrip(r *http.Request) (*http.Response, error) {
	type outcome struct {
		response *http.Response
		err      error
	}
	ended := make(chan outcome, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				ended <- outcome{err: fmt.Errorf("its handler panicked: %v", p)}
			}
		}()
		response, err := apiserver.Transport(l.handler).RoundTrip(r)
		ended <- outcome{response, err}
	}()
	select {
	case o := <-ended:
		return o.response, o.err
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}
