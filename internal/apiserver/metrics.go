package apiserver

import (
	"bufio"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

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

// metrics answers in the text format of Prometheus, or forgets what was counted.
func (c *call) metrics() error {
	if c.r.Method == http.MethodDelete {
		c.meters.reset()
		c.writeBody("text/plain; charset=utf-8", http.StatusOK, []byte("metrics reset\n"))
		return nil
	}
	families := slices.Concat(c.meters.families(), c.storeFamilies(), processFamilies(c.started))
	var b strings.Builder
	writeFamilies(&b, families)
	h := c.w.Header()
	h.Set("Process-Start-Time-Unix", strconv.FormatInt(c.started.Unix(), 10))
	h.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores")
	to := c.compressing()
	defer to.close()
	_, _ = to.Write([]byte(b.String()))
	return nil
}

// families are the metrics of requests.
func (m *meter) families() []*family {
	m.mu.Lock()
	defer m.mu.Unlock()
	requests := &family{name: "apiserver_request_total", kind: "counter",
		help: "[STABLE] How many requests have been answered, by what they asked for and the status of the answer."}
	for kind, codes := range m.requests {
		for code, n := range codes {
			requests.add(float64(n), append(labelSet{{"code", strconv.Itoa(code)}}, kind.labels()...)...)
		}
	}
	lasting := &family{name: "apiserver_longrunning_requests", kind: "gauge",
		help: "[STABLE] How many requests that last are going on: watches and connections."}
	for kind, n := range m.lasting {
		lasting.add(float64(n), kind.lasting()...)
	}
	inflight := &family{name: "apiserver_current_inflight_requests", kind: "gauge",
		help: "[STABLE] How many requests are being answered."}
	inflight.add(float64(m.inflight[true]), label{"request_kind", "mutating"})
	inflight.add(float64(m.inflight[false]), label{"request_kind", "readOnly"})
	dispatched := &family{name: "apiserver_flowcontrol_dispatched_requests_total", kind: "counter",
		help: "[BETA] How many requests have been carried out, by flow schema and priority level."}
	for flow, n := range m.flows {
		dispatched.add(float64(n), label{"flow_schema", flow[0]}, label{"priority_level", flow[1]})
	}
	sent := &family{name: "apiserver_watch_events_total", kind: "counter",
		help: "[BETA] How many events watches have been told of."}
	for kind, n := range m.sent {
		sent.add(float64(n), label{"group", kind.group}, label{"resource", kind.resource}, label{"version", kind.version})
	}
	return []*family{requests.sorted(), m.durations(), lasting.sorted(), inflight, dispatched.sorted(), sent.sorted()}
}

func (m *meter) durations() *family {
	f := &family{name: "apiserver_request_duration_seconds", kind: "histogram",
		help: "[STABLE] How long requests have taken, by what they asked for."}
	kinds := make([]kindOfRequest, 0, len(m.took))
	for kind := range m.took {
		kinds = append(kinds, kind)
	}
	slices.SortFunc(kinds, func(a, b kindOfRequest) int { return strings.Compare(a.labels().String(), b.labels().String()) })
	for _, kind := range kinds {
		f.samples = append(f.samples, m.took[kind].samples(kind.labels())...)
	}
	return f
}

// storeFamilies are the metrics of what is stored.
func (c *call) storeFamilies() []*family {
	objects := &family{name: "apiserver_resource_objects", kind: "gauge", help: "[ALPHA] How many objects are stored, by resource."}
	c.Do(func() {
		for _, k := range c.kinds.All() {
			gr := k.GroupResource()
			objects.add(float64(c.Registry.Store.Len(gr)), label{"group", gr.Group}, label{"resource", gr.Resource})
		}
	})
	build := &family{name: "kubernetes_build_info", kind: "gauge", help: "[ALPHA] Always 1; the labels say what was built."}
	v := versionInfo()
	build.add(1, label{"build_date", v.BuildDate}, label{"compiler", v.Compiler}, label{"git_commit", v.GitCommit},
		label{"git_tree_state", v.GitTreeState}, label{"git_version", release.Git}, label{"go_version", v.GoVersion},
		label{"major", v.Major}, label{"minor", v.Minor}, label{"platform", v.Platform})
	return []*family{objects.sorted(), build}
}
