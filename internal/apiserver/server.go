// Package apiserver is the HTTP side of the API: routing, authentication,
// negotiation, encodings, verbs, patch and apply, watch, tables, discovery and
// the streaming subresources. What a verb does to the store is package
// registry's; what is particular to a kind, package resources'.
//
// A request runs on the goroutine that brought it, and starts no other unless
// it streams. It touches the engine only within Config.Do, and decodes and
// encodes outside of it. The package must not import controllers, kubelet or
// anything else that decides.
package apiserver

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kubejig/kubejig/internal/authorization"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
)

// Config is what a Server stands on.
type Config struct {
	Registry *registry.Registry
	// Do runs a function with exclusive access to the engine. It may then let
	// the cluster settle, before it returns.
	Do             func(func())
	Authentication Authentication
	// Authorizer decides who may do what; nil lets everybody do everything.
	Authorizer authorization.Authorizer
	// Nodes is the way to what runs; nil where nothing does.
	Nodes Nodes
	// Metrics are served as metrics.k8s.io; nil for none.
	Metrics Metrics
	// Waiting, if set, is told when a client starts (+1) and stops (-1) to
	// wait for something to happen: a watch, or a log that is followed.
	Waiting func(n int)
}

// Server answers the requests of one cluster's API.
type Server struct {
	Config
	paths     map[string]handler
	virtual   []virtual
	documents documentCache
	bookmarks bookmarks
	meters    meter
	// started is in real time.
	started time.Time
	// requests is how many have come that did not say what to call them.
	requests atomic.Uint64
	// compressors are gzip writers that nobody uses at the moment.
	compressors sync.Pool
	// done ends all streams.
	done chan struct{}
}

// handler answers one request, or says why it can't.
type handler func(*call) error

// New returns a server.
func New(config Config) *Server {
	s := &Server{Config: config, paths: paths(), started: time.Now(), done: make(chan struct{})}
	s.meters.reset()
	s.virtual = virtuals()
	if config.Metrics != nil {
		s.virtual = append(s.virtual, metricsVirtuals()...)
	}
	return s
}

// Close ends all streams. It must be called once.
func (s *Server) Close() { close(s.done) }

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := s.begin(w, r)
	defer c.count()
	if err := c.serve(); err != nil {
		c.fail(err)
	}
}

// snapshot is what a request needs to know of the engine from the start.
type snapshot struct {
	now   time.Time
	kinds *resources.Set
}

func (s *Server) snapshot() (snap snapshot) {
	s.Do(func() {
		snap = snapshot{now: s.clock().Now(), kinds: s.Registry.Kinds()}
	})
	return snap
}

func (s *Server) clock() *loop.Loop { return s.Registry.Loop }

// waiting notes that a client waits until the returned function is called.
func (s *Server) waiting() (done func()) {
	if s.Waiting == nil {
		return func() {}
	}
	s.Waiting(1)
	return func() { s.Waiting(-1) }
}
