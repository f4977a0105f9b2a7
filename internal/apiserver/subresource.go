package apiserver

import (
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

var namespaces = corev1.Resource("namespaces")

// serveSubresource answers a request for a part of an object.
func (c *call) serveSubresource() error {
	c.sub = c.kind.Subresources[c.subresource]
	switch custom := c.kind.Custom; {
	case custom != nil && (c.sub == nil || !custom.Serves(c.apiVersion, c.subresource)):
		return apierrors.NewNotFound(c.groupResource(), c.name)
	case c.sub == nil:
		return errNoResource()
	}
	c.warnOfVersion()
	if c.rest != "" && c.rest != "/" && c.subresource != "proxy" {
		return errNoResource()
	}
	switch {
	case c.sub.Update != nil:
		return c.serveVerb(c.sub.Verbs, partVerbs)
	case c.sub.Scale != nil:
		c.rows = scaleTable(c.kind.Custom != nil)
		return c.serveVerb(c.sub.Verbs, scaleVerbs)
	}
	return c.serveVerb(c.sub.Verbs, actions[c.resource+"/"+c.subresource])
}

// partVerbs are the verbs on a part of an object that has the object's form.
var partVerbs = map[string]handler{
	"get":    (*call).get,
	"update": (*call).update,
	"patch":  (*call).patch,
}

// actions are the verbs on paths that do something with an object.
var actions = map[string]map[string]handler{
	"nodes/proxy":      proxyVerbs((*call).proxyNode),
	"pods/attach":      connectVerbs((*call).attach),
	"pods/binding":     {"create": (*call).bind},
	"pods/eviction":    {"create": (*call).evict},
	"pods/exec":        connectVerbs((*call).exec),
	"pods/log":         {"get": (*call).log},
	"pods/portforward": connectVerbs((*call).portForward),
	"pods/proxy":       proxyVerbs((*call).proxyPod),
	"services/proxy":   proxyVerbs((*call).proxyService),

	"serviceaccounts/token": {"create": (*call).createToken},
}
