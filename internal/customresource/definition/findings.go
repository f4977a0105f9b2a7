package definition

import (
	"iter"
	"maps"
	"slices"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
)

// schema is a node of a declared schema; a whole one is its root.
type schema = *apiextensions.JSONSchemaProps

// findings are what is anywhere in the schemas of a definition.
type findings struct {
	defaults      bool
	extensions    bool // those that only structural schemas may have
	unknownTypes  bool
	compositeSets bool // sets whose items can't be compared as a whole
	looseMapKeys  bool // items of sets and maps that can be told apart by nothing
	rules         map[string]bool
	messages      map[string]bool // expressions of rules' messages
}

func findingsOf(s spec) findings {
	f := findings{rules: map[string]bool{}, messages: map[string]bool{}}
	for root := range roots(s) {
		for node := range nodes(root) {
			f.note(node)
		}
	}
	return f
}

func (f *findings) note(s schema) {
	f.defaults = f.defaults || s.Default != nil
	f.extensions = f.extensions || s.XEmbeddedResource || s.XPreserveUnknownFields != nil || s.XIntOrString ||
		len(s.XListMapKeys) > 0 || s.XListType != nil || len(s.XValidations) > 0
	f.unknownTypes = f.unknownTypes || s.Type != "" && !slices.Contains(schemaTypes, s.Type)
	f.compositeSets = f.compositeSets || validateSetItems(s, nil) != nil
	f.looseMapKeys = f.looseMapKeys || validateItemIdentity(s, nil) != nil
	for _, rule := range s.XValidations {
		f.rules[rule.Rule] = true
		if rule.MessageExpression != "" {
			f.messages[rule.MessageExpression] = true
		}
	}
}

// roots are the schemas of a definition.
func roots(s spec) iter.Seq[schema] {
	return func(yield func(schema) bool) {
		if root := schemaOf(s.Validation); root != nil && !yield(root) {
			return
		}
		for _, v := range s.Versions {
			if root := schemaOf(v.Schema); root != nil && !yield(root) {
				return
			}
		}
	}
}

// nodes are a schema and all that are within it, in an order that is the same
// in every run.
func nodes(s schema) iter.Seq[schema] {
	return func(yield func(schema) bool) { visit(s, yield) }
}

func visit(s schema, yield func(schema) bool) bool {
	if s == nil {
		return true
	}
	all := func(list []apiextensions.JSONSchemaProps) bool {
		for i := range list {
			if !visit(&list[i], yield) {
				return false
			}
		}
		return true
	}
	named := func(m map[string]apiextensions.JSONSchemaProps) bool {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			child := m[name]
			if !visit(&child, yield) {
				return false
			}
		}
		return true
	}
	open := func(o *apiextensions.JSONSchemaPropsOrBool) bool { return o == nil || visit(o.Schema, yield) }
	if !yield(s) || s.Items != nil && !(visit(s.Items.Schema, yield) && all(s.Items.JSONSchemas)) {
		return false
	}
	for _, name := range slices.Sorted(maps.Keys(s.Dependencies)) {
		if !visit(s.Dependencies[name].Schema, yield) {
			return false
		}
	}
	return all(s.AllOf) && all(s.AnyOf) && all(s.OneOf) && visit(s.Not, yield) &&
		named(s.Properties) && named(s.PatternProperties) && named(s.Definitions) &&
		open(s.AdditionalProperties) && open(s.AdditionalItems)
}
