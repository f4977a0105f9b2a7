package apiserver

import (
	"slices"
	"strings"

	flowcontrolv1 "k8s.io/api/flowcontrol/v1"

	"github.com/kubejig/kubejig/internal/store"
)

var (
	flowSchemas    = flowcontrolv1.Resource("flowschemas")
	priorityLevels = flowcontrolv1.Resource("prioritylevelconfigurations")
)

// flow is a flow schema that requests match, and its priority level.
type flow struct{ schema, level *store.Item }

// classify says in the answer's header in which flow the request is. No flow is
// ever held back here.
func (c *call) classify() {
	if c.longRunning() && c.verb != "watch" {
		return
	}
	var found flow
	c.Do(func() { found = c.flow() })
	if found.schema == nil {
		return
	}
	c.meters.dispatched(found.schema.Object.GetName(), found.level.Object.GetName())
	h := c.w.Header()
	h.Set("X-Kubernetes-Pf-Flowschema-Uid", string(found.schema.Object.GetUID()))
	h.Set("X-Kubernetes-Pf-Prioritylevel-Uid", string(found.level.Object.GetUID()))
}

// flow is the first flow in order of precedence, then of names, that the request
// matches and whose priority level is there.
func (c *call) flow() (found flow) {
	var precedence int32
	c.Registry.Store.Scan(flowSchemas, "", func(item *store.Item) bool {
		spec := &item.Object.(*flowcontrolv1.FlowSchema).Spec
		if found.schema != nil && spec.MatchingPrecedence >= precedence || !slices.ContainsFunc(spec.Rules, c.inFlow) {
			return true
		}
		if level := c.Registry.Store.Get(priorityLevels, "", spec.PriorityLevelConfiguration.Name); level != nil {
			found, precedence = flow{item, level}, spec.MatchingPrecedence
		}
		return true
	})
	return found
}

// inFlow reports whether a rule of a flow schema is about the request.
func (c *call) inFlow(rule flowcontrolv1.PolicyRulesWithSubjects) bool {
	if !slices.ContainsFunc(rule.Subjects, c.isSubject) {
		return false
	}
	if c.isResource {
		return slices.ContainsFunc(rule.ResourceRules, c.inResourceRule)
	}
	return slices.ContainsFunc(rule.NonResourceRules, func(r flowcontrolv1.NonResourcePolicyRule) bool {
		return names(r.Verbs, c.verb) && slices.ContainsFunc(r.NonResourceURLs, c.isBelow)
	})
}

// isSubject reports whether a subject of flow schemas is who asks.
func (c *call) isSubject(s flowcontrolv1.Subject) bool {
	switch {
	case s.User != nil:
		return names([]string{s.User.Name}, c.user.Username)
	case s.Group != nil:
		return s.Group.Name == "*" || slices.Contains(c.user.Groups, s.Group.Name)
	case s.ServiceAccount != nil:
		account, found := strings.CutPrefix(c.user.Username, "system:serviceaccount:"+s.ServiceAccount.Namespace+":")
		return found && names([]string{s.ServiceAccount.Name}, account)
	}
	return false
}

func (c *call) inResourceRule(r flowcontrolv1.ResourcePolicyRule) bool {
	resource := c.resource
	if c.subresource != "" {
		resource += "/" + c.subresource
	}
	if !names(r.Verbs, c.verb) || !names(r.Resources, resource) || !names(r.APIGroups, c.group) {
		return false
	}
	if c.namespace == "" {
		return r.ClusterScope
	}
	return names(r.Namespaces, c.namespace)
}

// isBelow reports whether the request's path is one, or below it: with or
// without a "*" at its end.
func (c *call) isBelow(path string) bool {
	below := strings.TrimSuffix(strings.TrimSuffix(path, "*"), "/") + "/"
	return path == "*" || path == c.r.URL.Path || strings.HasPrefix(c.r.URL.Path, below)
}

// names reports whether a rule's list has a word; "*" stands for all.
func names(list []string, word string) bool {
	return slices.Contains(list, word) || len(list) == 1 && list[0] == "*"
}
