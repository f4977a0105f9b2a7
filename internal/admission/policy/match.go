package policy

import (
	"slices"
	"strings"

	"k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/store"
)

// Matcher tells which requests policies are about.
type Matcher struct {
	Client *client.Client
}

// Matches reports whether a request is one of those that m describes, and as
// what it is.
func (c Matcher) Matches(r *Request, m *v1.MatchResources) (Target, bool, error) {
	if _, excluded := r.matchRules(m.ExcludeResourceRules, m.MatchPolicy); excluded {
		return Target{}, false, nil
	}
	target, matches := r.Asked, true
	if len(m.ResourceRules) > 0 {
		target, matches = r.matchRules(m.ResourceRules, m.MatchPolicy)
	}
	if !matches {
		return Target{}, false, nil
	}
	selected, err := c.selects(r, m)
	return target, selected && err == nil, err
}

// selects asks the selectors.
func (c Matcher) selects(r *Request, m *v1.MatchResources) (bool, error) {
	objects, err := metav1.LabelSelectorAsSelector(m.ObjectSelector)
	if err != nil {
		return false, apierrors.NewInternalError(err)
	}
	if !objects.Empty() && !r.labelled(objects) {
		return false, nil
	}
	if r.Namespace == "" && !r.forNamespace() {
		return true, nil // what is in no namespace is in those that are selected
	}
	namespaces, err := metav1.LabelSelectorAsSelector(m.NamespaceSelector)
	if err != nil {
		return false, apierrors.NewInternalError(err)
	}
	if namespaces.Empty() {
		return true, nil
	}
	of, err := c.namespaceLabels(r)
	return err == nil && namespaces.Matches(of), err
}

// labelled reports whether the object, as it is or as it was, is selected.
func (r *Request) labelled(selector labels.Selector) bool {
	selects := func(obj store.Object) bool {
		switch {
		case obj == nil:
			return false
		case r.subresource != nil && r.subresource.Scale != nil:
			return selector.Matches(labels.Set{}) // scales have no labels
		}
		return selector.Matches(labels.Set(obj.GetLabels()))
	}
	return selects(r.Object) || selects(r.Old)
}

// namespaceLabels are those of the request's namespace; where that is what is
// written, as they are to be.
func (c Matcher) namespaceLabels(r *Request) (labels.Set, error) {
	if r.forNamespace() && r.Subresource == "" && r.Object != nil {
		return r.Object.GetLabels(), nil
	}
	ns, err := c.namespace(r.Namespace)
	if err != nil {
		return nil, err
	}
	return ns.Labels, nil
}

func (c Matcher) namespace(name string) (*corev1.Namespace, error) {
	ns, found := client.Get[*corev1.Namespace](c.Client, "", name)
	if !found {
		return nil, apierrors.NewNotFound(corev1.Resource("namespaces"), name)
	}
	return ns, nil
}

// matchRules finds the target as which one of some rules is about the request:
// what it asks for itself or, unless the policy is exact, the same object in
// another version.
func (r *Request) matchRules(rules []v1.NamedRuleWithOperations, how *v1.MatchPolicyType) (Target, bool) {
	if r.matchAny(rules, r.Asked.Resource) {
		return r.Asked, true
	}
	if how == nil || *how == v1.Exact {
		return Target{}, false
	}
	for i := range rules {
		for j := range r.Kind.Versions {
			v := &r.Kind.Versions[j]
			t := r.target(v.GroupVersion)
			if !v.Unserved && t.Resource != r.Asked.Resource && r.matchAny(rules[i:i+1], t.Resource) {
				return t, true
			}
		}
	}
	return Target{}, false
}

func (r *Request) matchAny(rules []v1.NamedRuleWithOperations, resource schema.GroupVersionResource) bool {
	return slices.ContainsFunc(rules, func(rule v1.NamedRuleWithOperations) bool {
		return r.inScope(rule.Scope) && r.operates(rule.Operations) && anyOf(rule.APIGroups, resource.Group) &&
			anyOf(rule.APIVersions, resource.Version) && r.named(rule.Resources) &&
			(len(rule.ResourceNames) == 0 || slices.Contains(rule.ResourceNames, r.Name))
	})
}

func anyOf(list []string, wanted string) bool {
	return slices.Contains(list, "*") || slices.Contains(list, wanted)
}

func (r *Request) operates(operations []v1.OperationType) bool {
	return slices.Contains(operations, v1.OperationAll) || slices.Contains(operations, v1.OperationType(r.Operation))
}

func (r *Request) inScope(scope *v1.ScopeType) bool {
	if scope == nil {
		return true
	}
	cluster := r.Namespace == "" || r.forNamespace()
	switch *scope {
	case v1.AllScopes:
		return true
	case v1.ClusterScope:
		return cluster
	case v1.NamespacedScope:
		return !cluster
	}
	return false
}

// named reports whether RESOURCE or RESOURCE/SUBRESOURCE, either of which may be
// a star, is in a list.
func (r *Request) named(list []string) bool {
	return slices.ContainsFunc(list, func(name string) bool {
		resource, subresource, _ := strings.Cut(name, "/")
		return (resource == "*" || resource == r.Kind.Resource) && (subresource == "*" || subresource == r.Subresource)
	})
}
