package apiserver

import (
	"bufio"
	"cmp"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"

	release "github.com/kubejig/kubejig/internal/version"
)

// response remembers the status of an answer.
type response struct {
	http.ResponseWriter
	code int
}

// WriteHeader implements [http.ResponseWriter].
func (r *response) WriteHeader(code int) {
	if r.code == 0 {
		r.code = code
	}
	r.ResponseWriter.WriteHeader(code)
}

// Unwrap gives [http.ResponseController] the writer beneath.
func (r *response) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Hijack implements [http.Hijacker], for protocols that look for it.
func (r *response) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r.code = http.StatusSwitchingProtocols
	return http.NewResponseController(r.ResponseWriter).Hijack()
}

// Flush implements [http.Flusher].
func (r *response) Flush() { _ = http.NewResponseController(r.ResponseWriter).Flush() }

// counters count requests by what they were.
type counters struct {
	mu       sync.Mutex
	requests map[counted]int64
}

// counted are the labels of the metric apiserver_request_total.
type counted struct {
	verb, group, version, resource, subresource, scope string
	dryRun                                             bool
	code                                               int
}

// count adds the call to the server's metrics.
func (c *call) count() {
	key := counted{
		verb: strings.ToUpper(c.verb), group: c.group, version: c.apiVersion,
		resource: c.resource, subresource: c.subresource, code: c.w.code, dryRun: c.query.Has("dryRun"),
	}
	if key.code == 0 {
		key.code = http.StatusOK
	}
	switch {
	case !c.isResource:
	case c.name != "":
		key.scope = "resource"
	case c.namespace != "":
		key.scope = "namespace"
	default:
		key.scope = "cluster"
	}
	c.counters.mu.Lock()
	defer c.counters.mu.Unlock()
	if c.counters.requests == nil {
		c.counters.requests = map[counted]int64{}
	}
	c.counters.requests[key]++
}

func (k counted) String() string {
	dry := ""
	if k.dryRun {
		dry = "All"
	}
	return fmt.Sprintf(`code="%d",component="apiserver",dry_run=%q,group=%q,resource=%q,scope=%q,subresource=%q,verb=%q,version=%q`,
		k.code, dry, k.group, k.resource, k.scope, k.subresource, k.verb, k.version)
}

// metrics answers in the text format of Prometheus.
func (c *call) metrics() error {
	var b strings.Builder
	b.WriteString("# HELP apiserver_request_total [STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.\n")
	b.WriteString("# TYPE apiserver_request_total counter\n")
	requests := c.counters.snapshot()
	for _, key := range slices.SortedFunc(maps.Keys(requests), func(a, b counted) int { return cmp.Compare(a.String(), b.String()) }) {
		fmt.Fprintf(&b, "apiserver_request_total{%s} %d\n", key, requests[key])
	}
	c.storeMetrics(&b)
	c.writeBody("text/plain; version=0.0.4; charset=utf-8; escaping=underscores", http.StatusOK, []byte(b.String()))
	return nil
}

func (c *counters) snapshot() map[counted]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.requests)
}

// storeMetrics are those about what is stored and who watches it.
func (c *call) storeMetrics(b *strings.Builder) {
	objects := map[schema.GroupResource]int{}
	watchers := 0
	var revision int64
	c.Do(func() {
		for _, k := range c.kinds.All() {
			objects[k.GroupResource()] = c.Registry.Store.Latest(k.GroupResource()).Len()
		}
		watchers, revision = c.Registry.Store.Watchers(), c.Registry.Store.Revision()
	})
	b.WriteString("# HELP apiserver_storage_objects [STABLE] Number of stored objects at the time of last check split by kind.\n")
	b.WriteString("# TYPE apiserver_storage_objects gauge\n")
	for _, k := range c.kinds.All() {
		fmt.Fprintf(b, "apiserver_storage_objects{resource=%q} %d\n", k.GroupResource(), objects[k.GroupResource()])
	}
	fmt.Fprintf(b, "# HELP apiserver_longrunning_requests [STABLE] Gauge of all active long-running apiserver requests.\n# TYPE apiserver_longrunning_requests gauge\napiserver_longrunning_requests{verb=\"WATCH\"} %d\n", watchers)
	fmt.Fprintf(b, "# HELP etcd_debugging_mvcc_current_revision The current revision of store.\n# TYPE etcd_debugging_mvcc_current_revision gauge\netcd_debugging_mvcc_current_revision %d\n", revision)
	fmt.Fprintf(b, "# HELP kubernetes_build_info [ALPHA] A metric with a constant '1' value.\n# TYPE kubernetes_build_info gauge\nkubernetes_build_info{git_version=%q,major=%q,minor=%q} 1\n", release.Git, release.Major, release.Minor)
}
