package apiserver

import (
	"net/http"
	"net/url"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
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
}

func (s *Server) begin(w http.ResponseWriter, r *http.Request) *call {
	c := &call{Server: s, snapshot: s.snapshot(), w: &response{ResponseWriter: w}, r: r, target: parseTarget(r)}
	if r.URL.RawQuery != "" {
		c.query = r.URL.Query()
	}
	h := w.Header()
	h.Set("Date", c.now.UTC().Format(http.TimeFormat))
	h.Set("Cache-Control", "no-cache, private")
	if id := r.Header.Get("Audit-Id"); id != "" {
		h.Set("Audit-Id", id)
	}
	return c
}

// serve answers the request, if its sender may ask it.
func (c *call) serve() error {
	if err := c.authenticate(); err != nil {
		return err
	}
	if err := c.impersonate(); err != nil {
		return err
	}
	if err := c.authorize(c.attributes()); err != nil {
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
