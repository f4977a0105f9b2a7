package apiserver

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// healthPaths are the endpoints that say whether the server is well.
var healthPaths = []string{"/healthz", "/livez", "/readyz"}

// healthChecks are what each of them looks at. A server that answers is well:
// it keeps its state itself.
var healthChecks = []string{"ping", "log", "etcd"}

// health answers for all checks, in detail when asked for.
func (c *call) health() error {
	c.metered(c.r.URL.Path, "")
	if !c.query.Has("verbose") {
		return c.text("ok")
	}
	var b strings.Builder
	excluded := c.query["exclude"]
	unknown := slices.Clone(excluded)
	for _, check := range healthChecks {
		if slices.Contains(excluded, check) {
			unknown = slices.DeleteFunc(unknown, func(name string) bool { return name == check })
			fmt.Fprintf(&b, "[+]%s excluded: ok\n", check)
			continue
		}
		fmt.Fprintf(&b, "[+]%s ok\n", check)
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		for i, name := range unknown {
			unknown[i] = strconv.Quote(name)
		}
		fmt.Fprintf(&b, "warn: some health checks cannot be excluded: no matches for %s\n", strings.Join(slices.Compact(unknown), ", "))
	}
	fmt.Fprintf(&b, "%s check passed\n", strings.TrimPrefix(c.r.URL.Path, "/"))
	return c.text(b.String())
}

// healthCheck answers for one check.
func (c *call) healthCheck() error {
	_, check, _ := strings.Cut(strings.TrimPrefix(c.r.URL.Path, "/"), "/")
	if !slices.Contains(healthChecks, check) {
		return c.plainNotFound()
	}
	c.writeBody("text/plain; charset=utf-8", http.StatusOK, []byte("ok"))
	return nil
}

// text answers with plain text.
func (c *call) text(s string) error {
	c.w.Header().Set("X-Content-Type-Options", "nosniff")
	c.writeBody("text/plain; charset=utf-8", http.StatusOK, []byte(s))
	return nil
}
