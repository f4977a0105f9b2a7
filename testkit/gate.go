package testkit

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing/synctest"
)

// gate puts the requests of a bubble's programs in an order. Which goroutine
// runs first is up to Go, and differs from run to run; so a request waits until
// nothing else can happen, and then the first by content goes.
type gate struct {
	arrivals chan *arrival
	settling chan chan struct{}
	done     chan struct{}
}

// arrival is a request that waits to be admitted.
type arrival struct {
	// order is what requests are sorted by.
	order    []string
	admitted chan struct{}
}

func newGate() *gate {
	g := &gate{
		arrivals: make(chan *arrival),
		settling: make(chan chan struct{}),
		done:     make(chan struct{}),
	}
	go g.run()
	return g
}

// close admits everything from now on.
func (g *gate) close() { close(g.done) }

// settle returns when nothing can happen at this instant any more.
func (g *gate) settle() {
	settled := make(chan struct{})
	select {
	case g.settling <- settled:
		<-settled
	case <-g.done:
	}
}

// run is the only goroutine of the bubble that waits for the others.
func (g *gate) run() {
	var waiting []*arrival
	var settling []chan struct{}
	for {
		if len(waiting)+len(settling) == 0 {
			select {
			case a := <-g.arrivals:
				waiting = append(waiting, a)
			case s := <-g.settling:
				settling = append(settling, s)
			case <-g.done:
				return
			}
		}
		waiting, settling = g.collect(waiting, settling)
		waiting, settling = admit(waiting, settling)
	}
}

// collect waits until everybody else does, and takes what has arrived by then.
func (g *gate) collect(waiting []*arrival, settling []chan struct{}) ([]*arrival, []chan struct{}) {
	for {
		synctest.Wait()
		select {
		case a := <-g.arrivals:
			waiting = append(waiting, a)
		case s := <-g.settling:
			settling = append(settling, s)
		default:
			return waiting, settling
		}
	}
}

// admit lets the first request go; without one, everything has settled.
func admit(waiting []*arrival, settling []chan struct{}) ([]*arrival, []chan struct{}) {
	if len(waiting) == 0 {
		for _, s := range settling {
			close(s)
		}
		return nil, nil
	}
	slices.SortStableFunc(waiting, func(a, b *arrival) int { return slices.Compare(a.order, b.order) })
	close(waiting[0].admitted)
	return waiting[1:], settling
}

// transport is a transport whose requests pass through the gate.
func (g *gate) transport(inner http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if isDiscovery(r.URL.Path) {
			return inner.RoundTrip(r)
		}
		r, order, err := described(r)
		if err != nil {
			return nil, err
		}
		a := &arrival{order: order, admitted: make(chan struct{})}
		select {
		case g.arrivals <- a:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-g.done:
			return inner.RoundTrip(r)
		}
		select {
		case <-a.admitted:
		case <-g.done:
		}
		return inner.RoundTrip(r)
	})
}

// isDiscovery reports whether a path is none of objects. Libraries ask for such
// while they hold a lock, which would stop time.
func isDiscovery(path string) bool {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch parts[0] {
	case "api":
		return len(parts) <= 2
	case "apis":
		return len(parts) <= 3
	}
	return true
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// described is a request with what it is sorted by. The time limits of watches,
// which clients choose at random, are taken off it.
func described(r *http.Request) (*http.Request, []string, error) {
	r = r.Clone(r.Context())
	var body []byte
	if r.Body != nil {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, nil, fmt.Errorf("read the body of a request: %w", err)
		}
		body = data
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	query := r.URL.Query()
	query.Del("timeoutSeconds")
	r.URL.RawQuery = query.Encode()
	return r, []string{r.Method, r.URL.Path, r.URL.RawQuery, r.UserAgent(), string(body)}, nil
}
