package apiserver

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilnet "k8s.io/apimachinery/pkg/util/net"

	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
)

// call is one request on its way through the server.
type call struct {
	*Server
	snapshot
	target
	w     *response
	r     *http.Request
	query url.Values
	user  authenticationv1.UserInfo

	// What a request for a resource is about.
	kind    *resources.Kind
	version *resources.Version
	sub     *resources.Subresource
	// rows are how what is not stored is shown in a table; nil: in none.
	rows *resources.Table

	warned map[string]bool
	// measured is nil unless the call counts.
	measured *measured
}

func (s *Server) begin(w http.ResponseWriter, r *http.Request) *call {
	c := &call{Server: s, snapshot: s.snapshot(), w: &response{ResponseWriter: w}, r: r, target: parseTarget(r)}
	if r.URL.RawQuery != "" {
		c.query = r.URL.Query()
	}
	h := w.Header()
	h.Set("Date", c.now.UTC().Format(http.TimeFormat))
	h.Set("Cache-Control", "no-cache, private")
	h.Set("Audit-Id", s.auditID(r))
	return c
}

// auditID is what the request is called in audit logs: as its sender wants, or
// by a number in the form of a UUID, so that the same requests get the same ones.
func (s *Server) auditID(r *http.Request) string {
	if id := r.Header.Get("Audit-Id"); id != "" {
		return id
	}
	return fmt.Sprintf("00000000-0000-4000-8000-%012x", s.requests.Add(1))
}

// longRunning reports whether the call may last: neither its time nor, unless it
// is a watch, how many there are is limited.
func (c *call) longRunning() bool {
	switch c.subresource {
	case "attach", "exec", "log", "portforward", "proxy":
		return true
	}
	return c.verb == "watch" || c.verb == "proxy"
}

// checkTimeout refuses a time limit that is none. Those that are never matter:
// what has an end is answered at once.
func (c *call) checkTimeout() error {
	asked := c.query.Get("timeout")
	if asked == "" || c.longRunning() {
		return nil
	}
	if _, err := time.ParseDuration(asked); err != nil {
		return apierrors.NewBadRequest("invalid timeout specified in the request URL - " + err.Error())
	}
	return nil
}

// serve answers the request, if its sender may ask it.
func (c *call) serve() error {
	if c.incomplete {
		c.w.Header().Del("Cache-Control")
		http.Error(c.w, fmt.Sprintf("Internal Server Error: %q: failed to create RequestInfo: unable to determine kind and namespace from url, %s", c.r.RequestURI, c.r.URL), http.StatusInternalServerError)
		return nil
	}
	if err := c.checkTimeout(); err != nil {
		return err
	}
	if err := c.authenticate(); err != nil {
		return err
	}
	if err := c.admitUser(); err != nil {
		c.w.Header().Set("X-Content-Type-Options", "nosniff")
		return err
	}
	switch {
	case strings.HasPrefix(c.r.URL.Path, "//"):
		return c.plainNotFound()
	case c.isResource:
		return c.serveResource()
	}
	return c.servePath()
}

// admitUser lets in who may act as they ask to, and do what they ask for.
func (c *call) admitUser() error {
	if err := c.impersonate(); err != nil {
		return err
	}
	c.classify()
	return c.authorize(c.attributes())
}

// warn sends a warning with the answer, once.
func (c *call) warn(messages ...string) {
	for _, message := range messages {
		if c.warned[message] {
			continue
		}
		if c.warned == nil {
			c.warned = map[string]bool{}
		}
		c.warned[message] = true
		if header, err := utilnet.NewWarningHeader(299, "-", message); err == nil {
			c.w.Header().Add("Warning", header)
		}
	}
}

// request is the call as the registry takes it.
func (c *call) request() registry.Request {
	return registry.Request{
		Kind:        c.kind,
		Subresource: c.subresource,
		Namespace:   c.namespace,
		Name:        c.name,
		User:        c.user,
		APIVersion:  c.version.GroupVersion.String(),
		Warn:        c.warn,
	}
}
