package apiserver

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/resources"
)

// target is what a request's path and method ask for.
type target struct {
	// isResource tells a request for objects from one for another path.
	isResource  bool
	verb        string
	group       string
	apiVersion  string
	resource    string
	subresource string
	namespace   string
	name        string
	// watching tells the old paths of watches: /api/v1/watch/...
	watching bool
	// proxying tells the old paths of proxies, /api/v1/proxy/..., which lead
	// nowhere any more.
	proxying bool
	// rest is the path below a subresource, as proxies have it: "/a/b".
	rest string
	// incomplete tells an old path that ends where its resource should be.
	incomplete bool
}

func (t *target) groupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: t.group, Version: t.apiVersion}
}

func (t *target) groupResource() schema.GroupResource {
	return schema.GroupResource{Group: t.group, Resource: t.resource}
}

// parseTarget reads a request as
// https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
// describes it.
func parseTarget(r *http.Request) target {
	t := target{verb: strings.ToLower(r.Method)}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case parts[0] == "api" && len(parts) > 2:
		t.apiVersion, parts = parts[1], parts[2:]
	case parts[0] == "apis" && len(parts) > 3:
		t.group, t.apiVersion, parts = parts[1], parts[2], parts[3:]
	default:
		return t
	}
	t.isResource = true
	t.watching, t.proxying = parts[0] == "watch", parts[0] == "proxy"
	if t.watching || t.proxying {
		if parts = parts[1:]; len(parts) == 0 {
			t.incomplete = true
			return t
		}
	}
	t.locate(parts, r.URL.Path)
	t.verb = t.verbOf(r)
	return t
}

// locate reads the part of a path that follows the version.
func (t *target) locate(parts []string, path string) {
	if parts[0] == "namespaces" && len(parts) > 1 {
		t.namespace = parts[1]
		if len(parts) > 2 && !isNamespaceSubresource(parts[2:]) {
			parts = parts[2:]
		}
	}
	t.resource = parts[0]
	if len(parts) > 1 {
		t.name = parts[1]
	}
	if len(parts) > 2 && !t.proxying {
		t.subresource = parts[2]
	}
	if len(parts) > 3 {
		t.rest = "/" + strings.Join(parts[3:], "/")
	}
	if t.subresource != "" && strings.HasSuffix(path, "/") && !strings.HasSuffix(t.rest, "/") {
		t.rest += "/"
	}
}

// isNamespaceSubresource tells namespaces/NAME/status from
// namespaces/NAME/pods.
func isNamespaceSubresource(parts []string) bool {
	return len(parts) == 1 && (parts[0] == "status" || parts[0] == "finalize")
}

func (t *target) verbOf(r *http.Request) string {
	if t.proxying {
		return "proxy"
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		if t.watching || t.name == "" {
			return t.collectionVerb(r)
		}
		return "get"
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodPatch:
		return "patch"
	case http.MethodDelete:
		if t.name == "" {
			return "deletecollection"
		}
		return "delete"
	}
	return "" // no verb of objects
}

// collectionVerb tells watch from list. A selector for one name makes the
// request one for that object, as far as authorization goes.
func (t *target) collectionVerb(r *http.Request) string {
	query := r.URL.Query()
	if selector, err := fields.ParseSelector(query.Get("fieldSelector")); err == nil && t.name == "" {
		if name, ok := selector.RequiresExactMatch("metadata.name"); ok {
			t.name = name
		}
	}
	if t.watching || isSet(query, "watch") {
		return "watch"
	}
	return "list"
}

// isSet reads a parameter that is a yes or a no as Kubernetes does: given as
// anything but a no, it is a yes.
func isSet(query url.Values, name string) bool {
	return query.Has(name) && isYes(query.Get(name))
}

func isYes(value string) bool { return value != "0" && !strings.EqualFold(value, "false") }

// serveResource answers a request for objects.
func (c *call) serveResource() error {
	if c.proxying {
		return c.unknown(c.group)
	}
	gv := c.groupVersion()
	if v := c.virtualResource(); v != nil {
		return c.serveVirtual(v)
	}
	c.kind = c.kinds.ByResource(c.groupResource())
	if c.kind != nil {
		c.version = c.kind.Version(gv)
	}
	if c.version == nil {
		return c.unknown(c.group)
	}
	if c.kind.GroupResource() == namespaces && c.name != "" {
		c.namespace = ""
	}
	if c.subresource != "" {
		return c.serveSubresource()
	}
	c.warnOfVersion()
	return c.serveVerb(c.kind.Verbs, objectVerbs)
}

// warnOfVersion warns who uses a version that is deprecated.
func (c *call) warnOfVersion() {
	if w := c.version.Deprecated; w != "" {
		c.warn(w)
	}
}

// unknown answers for a resource or version that is not served: within a
// built-in group with a status, elsewhere with plain text.
func (c *call) unknown(group string) error {
	builtin := func(k *resources.Kind) bool { return k.GroupKind().Group == group }
	if slices.ContainsFunc(resources.Builtin().All(), builtin) {
		return errNoResource()
	}
	return c.plainNotFound()
}

// objectVerbs are the verbs on objects themselves.
var objectVerbs = map[string]handler{
	"get":              (*call).get,
	"list":             (*call).list,
	"watch":            (*call).watch,
	"create":           (*call).create,
	"update":           (*call).update,
	"patch":            (*call).patch,
	"delete":           (*call).delete,
	"deletecollection": (*call).deleteCollection,
}

// serveVerb runs the request's verb, if the resource supports it.
func (c *call) serveVerb(supported []string, handlers map[string]handler) error {
	verb := c.verb
	if c.subresource == "proxy" && c.r.Method == http.MethodOptions {
		verb = "get" // which is passed on like any other method
	}
	h := handlers[verb]
	switch {
	case !c.hasPath():
		return errNoResource()
	case c.r.Method == http.MethodHead && c.kind.Custom == nil && c.subresource != "proxy", c.watching && verb != "watch":
		return errMethodNotAllowed()
	case h == nil || !slices.Contains(supported, verb) || c.lacksNamespace() || c.isElsewhere():
		return errMethodNotAllowed()
	}
	if err := c.checkRoute(); err != nil {
		return err
	}
	c.meteredVerb()
	return h(c)
}

// checkRoute refuses what a route does not give: of built-in kinds answers of
// other media types, and other forms of what has only one.
func (c *call) checkRoute() error {
	if c.connects() {
		return nil
	}
	if c.kind == nil || c.kind.Custom == nil {
		produced := allFormats
		if c.verb == "list" || c.verb == "watch" {
			produced = slices.Concat(allFormats, watchFormats)
		}
		if err := c.checkRepresentations(produced); err != nil {
			return err
		}
	}
	_, err := c.negotiate(c.formats())
	return err
}

// connects reports whether the call is for a path that answers as it likes.
func (c *call) connects() bool {
	return c.sub != nil && c.sub.Update == nil && c.sub.Scale == nil && slices.Contains(c.sub.Verbs, "get")
}

// hasPath reports whether there is anything where the request went: objects
// with a namespace are below it, others are not.
func (c *call) hasPath() bool {
	if !c.kind.Namespaced {
		return c.namespace == ""
	}
	return c.namespace != "" || c.name == "" || c.acrossNamespaces()
}

// lacksNamespace reports whether the verb needs a namespace that the path does
// not have.
func (c *call) lacksNamespace() bool {
	return c.kind.Namespaced && c.namespace == "" && !c.acrossNamespaces()
}

// isElsewhere reports whether the verb is one of objects on a path of many, or
// the other way round.
func (c *call) isElsewhere() bool {
	switch c.verb {
	case "update", "patch":
		return c.name == ""
	case "create":
		return c.name != "" && c.subresource == ""
	}
	return false
}

// acrossNamespaces reports whether the verb can go across namespaces.
func (c *call) acrossNamespaces() bool { return c.verb == "list" || c.verb == "watch" }
