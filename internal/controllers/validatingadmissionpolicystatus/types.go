package validatingadmissionpolicystatus

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/common"
	celopenapi "k8s.io/apiserver/pkg/cel/openapi"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"github.com/kubejig/kubejig/internal/openapi"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/scheme"
)

// maxKinds is how many kinds of one rule are looked at.
const maxKinds = 10

// typeResolver finds the kinds that policies are about, and their types.
type typeResolver struct {
	registry *registry.Registry
	builder  *openapi.Builder
}

func newTypeResolver(r *registry.Registry) typeResolver {
	return typeResolver{r, openapi.NewBuilder(scheme.Scheme(), "")}
}

// typeOf is the type of a kind's objects, nil if they may be anything; false:
// there is no such kind. The number tells types of one policy apart.
func (t typeResolver) typeOf(kind schema.GroupVersionKind, number int) (*cel.DeclType, bool) {
	k := t.registry.Kinds().ByKind(kind.GroupKind())
	if k == nil || k.Version(kind.GroupVersion()) == nil {
		return nil, false
	}
	var declared *spec.Schema
	if k.Custom != nil {
		var err error
		if declared, err = openapi.CustomSchema(kind, k.Custom.Schema(kind.Version)); err != nil {
			return nil, false
		}
	}
	s := t.builder.Inlined(kind, declared)
	if s == nil {
		return nil, false
	}
	decl := common.SchemaDeclType(&celopenapi.Schema{Schema: s}, true)
	if decl == nil {
		return nil, true
	}
	return decl.MaybeAssignTypeName(fmt.Sprintf("%s%d", kind.Kind, number)), true
}

// matched are the kinds that a policy's rules name one by one, in order. Once a
// rule has named many, neither more of its kinds nor other rules count.
func (t typeResolver) matched(constraints *admissionv1.MatchResources) []schema.GroupVersionKind {
	if constraints == nil {
		return nil
	}
	var kinds []schema.GroupVersionKind
	for _, rule := range constraints.ResourceRules {
		more := t.named(&rule.Rule)
		kinds = append(kinds, more[:min(len(more), maxKinds)]...)
		if len(more) >= maxKinds {
			break
		}
	}
	slices.SortFunc(kinds, func(a, b schema.GroupVersionKind) int {
		return cmp.Or(strings.Compare(a.Group, b.Group), strings.Compare(a.Version, b.Version), strings.Compare(a.Kind, b.Kind))
	})
	return slices.Compact(kinds)
}

// named are the kinds that a rule names, which those with wildcards do not.
func (t typeResolver) named(rule *admissionv1.Rule) []schema.GroupVersionKind {
	wild := func(name string) bool { return strings.Contains(name, "*") }
	if slices.ContainsFunc(rule.APIGroups, wild) || slices.ContainsFunc(rule.APIVersions, wild) {
		return nil
	}
	var kinds []schema.GroupVersionKind
	for _, group := range slices.Sorted(slices.Values(rule.APIGroups)) {
		for _, version := range slices.Sorted(slices.Values(rule.APIVersions)) {
			for _, resource := range slices.Sorted(slices.Values(rule.Resources)) {
				if !strings.ContainsAny(resource, "*/") {
					kinds = append(kinds, t.kindsFor(group, version, resource)...)
				}
			}
		}
	}
	return kinds
}

// kindsFor are the kinds of a resource, by its plural or singular name: without
// a group, as of the core, those of any group.
func (t typeResolver) kindsFor(group, version, resource string) []schema.GroupVersionKind {
	resource = strings.ToLower(resource)
	var kinds []schema.GroupVersionKind
	for _, k := range t.registry.Kinds().All() {
		if k.Resource != resource && k.Singular != resource {
			continue
		}
		for i := range k.Versions {
			if v := &k.Versions[i]; served(v, group, version) {
				kinds = append(kinds, v.WithKind(k.Name))
			}
		}
	}
	return kinds
}

func served(v *resources.Version, group, version string) bool {
	return !v.Unserved && v.Version == version && (group == "" || v.Group == group)
}
