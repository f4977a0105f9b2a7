package apiserver

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// meter counts requests by what they are.
type meter struct {
	mu       sync.Mutex
	requests map[kindOfRequest]map[int]int64 // by status
	took     map[kindOfRequest]*histogram
	lasting  map[kindOfRequest]int64
	inflight map[bool]int64 // whether they change something
	flows    map[[2]string]int64
	sent     map[kindOfEvents]int64
}

// kindOfRequest is what metrics tell requests apart by.
type kindOfRequest struct {
	component, dryRun, group, resource, scope, subresource, verb, version string
}

// kindOfEvents is the same of the events of watches.
type kindOfEvents struct{ group, resource, version string }

func (k kindOfRequest) labels() labelSet {
	return labelSet{
		{"component", k.component}, {"dry_run", k.dryRun}, {"group", k.group}, {"resource", k.resource},
		{"scope", k.scope}, {"subresource", k.subresource}, {"verb", k.verb}, {"version", k.version},
	}
}

// lasting are the labels of requests that last, which are no dry runs.
func (k kindOfRequest) lasting() labelSet {
	return slices.DeleteFunc(k.labels(), func(l label) bool { return l.name == "dry_run" })
}

// verbsInMetrics are the words for the verbs of objects.
var verbsInMetrics = map[string]string{
	"get": "GET", "list": "LIST", "watch": "WATCH", "create": "POST", "update": "PUT", "patch": "PATCH",
	"delete": "DELETE", "deletecollection": "DELETE",
}

// metered lets the call count: it is for something that is there. A path that is
// not of objects counts under a name, as part of a component if it is of one.
func (c *call) metered(path, component string) {
	kind := kindOfRequest{component: component, subresource: path, verb: c.r.Method}
	if kind.verb == http.MethodHead {
		kind.verb = http.MethodGet
	}
	c.meter(kind)
}

// meteredVerb is metered for a verb of objects.
func (c *call) meteredVerb() {
	kind := kindOfRequest{
		component: "apiserver", dryRun: strings.Join(slices.Compact(slices.Sorted(slices.Values(c.query["dryRun"]))), ","),
		group: c.group, resource: c.resource, scope: "resource", subresource: c.subresource,
		verb: verbsInMetrics[c.verb], version: c.apiVersion,
	}
	if kind.dryRun != "" && kind.dryRun != "All" {
		kind.dryRun = "invalid"
	}
	switch c.verb {
	case "list", "watch", "deletecollection":
		kind.scope = "cluster"
		if c.namespace != "" {
			kind.scope = "namespace"
		}
	case "patch":
		if c.r.Header.Get("Content-Type") == string(types.ApplyPatchType) {
			kind.verb = "APPLY"
		}
	}
	if c.longRunning() && c.verb != "watch" {
		kind.verb = "CONNECT"
	}
	c.meter(kind)
}

func (c *call) meter(kind kindOfRequest) {
	c.measured = &measured{
		kind: kind, began: time.Now(), lasts: c.longRunning() && c.subresource != "log",
		changes: !slices.Contains([]string{"get", "list", "head"}, c.verb),
	}
	c.meters.goOn(c.measured, 1)
}

// goOn counts one request more, or less, that is going on.
func (m *meter) goOn(what *measured, change int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if what.lasts {
		m.lasting[what.kind] += change
		return
	}
	m.inflight[what.changes] += change
}

// measured is what is known of a call that counts. Times are real, as all times
// of connections are.
type measured struct {
	kind    kindOfRequest
	began   time.Time
	lasts   bool
	changes bool
}

// count ends the measurement. No route is for patches of other types.
func (c *call) count() {
	if c.measured == nil {
		return
	}
	m, kind, took := &c.meters, c.measured.kind, time.Since(c.measured.began)
	m.goOn(c.measured, -1)
	if kind.verb == "PATCH" && c.w.code == http.StatusUnsupportedMediaType {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.requests[kind] == nil {
		m.requests[kind], m.took[kind] = map[int]int64{}, newHistogram(durationBuckets)
	}
	m.requests[kind][cmp.Or(c.w.code, http.StatusOK)]++
	m.took[kind].observe(took.Seconds())
}

// dispatched counts a request of a flow.
func (m *meter) dispatched(schema, level string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.flows[[2]string{schema, level}]++
}

// sentEvent counts an event of a watch.
func (c *call) sentEvent() {
	m := &c.meters
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent[kindOfEvents{c.group, c.resource, c.apiVersion}]++
}

// reset forgets all but what goes on.
func (m *meter) reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.requests, m.took = map[kindOfRequest]map[int]int64{}, map[kindOfRequest]*histogram{}
	m.flows, m.sent = map[[2]string]int64{}, map[kindOfEvents]int64{}
	if m.lasting == nil {
		m.lasting, m.inflight = map[kindOfRequest]int64{}, map[bool]int64{}
	}
}
