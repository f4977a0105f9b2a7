package apiserver

import (
	"github.com/kubejig/kubejig/internal/authorization"
)

// attributes are what the request wants to do.
func (c *call) attributes() authorization.Attributes {
	a := authorization.Attributes{User: c.user, Verb: c.verb}
	if !c.isResource {
		a.Path = c.r.URL.Path
		return a
	}
	a.Group, a.Version, a.Resource, a.Subresource = c.group, c.apiVersion, c.resource, c.subresource
	a.Namespace, a.Name = c.namespace, c.name
	switch c.verb {
	case "list", "watch", "deletecollection":
		a.FieldSelector = c.query.Get("fieldSelector")
	}
	return a
}

// authorize refuses what a user may not do.
func (c *call) authorize(a authorization.Attributes) (err error) {
	if c.Authorizer == nil || authorization.IsSuperuser(a.User) {
		return nil
	}
	c.Do(func() { err = c.decide(a) })
	return err
}

// decide is authorize within Config.Do.
func (s *Server) decide(a authorization.Attributes) error {
	if s.Authorizer == nil || authorization.IsSuperuser(a.User) {
		return nil
	}
	if allowed, reason := s.Authorizer.Authorize(a); !allowed {
		return authorization.Forbidden(a, reason)
	}
	return nil
}

// mayCreate refuses a write that would create the object it names to who may
// only change objects. It must be called within Config.Do.
func (c *call) mayCreate() error {
	if c.Registry.Store.Get(c.kind.GroupResource(), c.namespace, c.name) != nil {
		return nil
	}
	a := c.attributes()
	a.Verb = "create"
	return c.decide(a)
}
