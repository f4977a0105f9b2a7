package definition

import (
	"maps"
	"slices"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// schemaTypes are those that a schema may have.
var schemaTypes = []string{"array", "boolean", "integer", "number", "object", "string"}

// metaFields are those that all objects have, and objects within objects.
var metaFields = []string{"metadata", "kind", "apiVersion"}

// place is where in a schema a node is, and what follows from that.
type place struct {
	path   *field.Path
	root   bool
	inMeta bool // within one of metaFields
	// noDefaults is why there may be no default here; "" if there may.
	noDefaults string
	// uncorrelated is the outermost list or map on the way here whose entries
	// can't be told apart between two versions of an object; nil if there is
	// none.
	uncorrelated *field.Path
	// scope is what CEL rules may use here; nil if they are not looked at.
	scope *scope
}

// within is the place of a schema that adds to the one here, without rules.
func (p place) within(path *field.Path) place {
	p.path, p.root, p.scope = path, false, nil
	return p
}

// below is the place of a part of the value here.
func (p place) below(path *field.Path, scope *scope) place {
	p.path, p.root, p.scope = path, false, scope
	return p
}

// validate checks a node and all below it. What is wrong with CEL rules comes
// apart: rules are only looked at if the schema they are about is sound.
func (p place) validate(s schema, l leniency) (errs, ruleErrs field.ErrorList) {
	if s == nil {
		return nil, nil
	}
	errs = p.validateKeywords(s, l)
	p.eachChild(s, func(at place, child schema) {
		e, r := at.validate(child, l)
		errs, ruleErrs = append(errs, e...), append(ruleErrs, r...)
	})
	errs = append(errs, validateExtensions(s, p.path, l)...)
	errs = append(errs, validateRules(s, p.path)...)
	if len(s.XValidations) > 0 && len(errs) == 0 && p.scope != nil {
		ruleErrs = append(ruleErrs, p.compileRules(s, l)...)
	}
	return errs, ruleErrs
}

// validateKeywords checks what a node says in the words of OpenAPI.
func (p place) validateKeywords(s schema, l leniency) field.ErrorList {
	var errs field.ErrorList
	if !l.unknownTypes && s.Type != "" && !slices.Contains(schemaTypes, s.Type) {
		errs = append(errs, field.NotSupported(p.path.Child("type"), s.Type, schemaTypes))
	}
	for _, word := range []struct {
		used          bool
		name, message string
	}{
		{s.Default != nil && p.noDefaults != "", "default", "must not be set " + p.noDefaults},
		{s.ID != "", "id", "id is not supported"},
		{s.AdditionalItems != nil, "additionalItems", "additionalItems is not supported"},
		{len(s.PatternProperties) != 0, "patternProperties", "patternProperties is not supported"},
		{len(s.Definitions) != 0, "definitions", "definitions is not supported"},
		{s.Dependencies != nil, "dependencies", "dependencies is not supported"},
		{s.Ref != nil, "$ref", "$ref is not supported"},
		{s.Type == "null", "type", "type cannot be set to null, use nullable as an alternative"},
		{s.Items != nil && len(s.Items.JSONSchemas) != 0, "items", "items must be a schema object and not an array"},
		{p.inMeta && s.XEmbeddedResource, "x-kubernetes-embedded-resource", "must not be used inside of resource meta"},
		{s.UniqueItems, "uniqueItems", "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"},
		{closesProperties(s), "additionalProperties", "additionalProperties and properties are mutual exclusive"},
	} {
		if word.used {
			errs = append(errs, field.Forbidden(p.path.Child(word.name), word.message))
		}
	}
	return errs
}

// closesProperties reports whether a schema is one of a struct and of a map.
func closesProperties(s schema) bool {
	more := s.AdditionalProperties
	return more != nil && len(s.Properties) != 0 && (!more.Allows || more.Schema != nil)
}

// eachChild calls a function with the nodes right below one. The order is that
// of Kubernetes, and by name where it has none.
func (p place) eachChild(s schema, do func(place, schema)) {
	if more := s.AdditionalProperties; more != nil {
		at := p.below(p.path.Child("additionalProperties"), p.scope.values(more.Schema))
		if p.inMeta {
			at.noDefaults = "inside additionalProperties applying to object metadata"
		}
		do(at, more.Schema)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		child := s.Properties[name]
		do(p.property(s, name, &child), &child)
	}
	list := func(name string, schemas []apiextensions.JSONSchemaProps) {
		for i := range schemas {
			do(p.within(p.path.Child(name).Index(i)), &schemas[i])
		}
	}
	do(p.within(p.path.Child("not")), s.Not)
	list("allOf", s.AllOf)
	list("oneOf", s.OneOf)
	list("anyOf", s.AnyOf)
	for _, name := range slices.Sorted(maps.Keys(s.Definitions)) {
		child := s.Definitions[name]
		do(p.within(p.path.Child("definitions").Key(name)), &child)
	}
	if s.Items != nil {
		at := p.items(s)
		do(at.below(at.path, p.scope.items(s.Items.Schema)), s.Items.Schema)
		for i := range s.Items.JSONSchemas {
			child := &s.Items.JSONSchemas[i]
			do(at.below(at.path.Index(i), p.scope.items(child)), child)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Dependencies)) {
		do(p.within(p.path.Child("dependencies").Key(name)), s.Dependencies[name].Schema)
	}
}

func (p place) property(s schema, name string, child schema) place {
	at := p.below(p.path.Child("properties").Key(name), p.scope.property(name, child))
	if !cel.MapIsCorrelatable(s.XMapType) {
		at.forgetsEntries(p.path)
	}
	if (p.root || s.XEmbeddedResource) && slices.Contains(metaFields, name) {
		at.inMeta = true
		if p.root {
			at.noDefaults = "in top-level " + name
		}
	}
	return at
}

func (p place) items(s schema) place {
	at := p.below(p.path.Child("items"), nil)
	if s.XListType == nil || *s.XListType != "map" {
		at.forgetsEntries(p.path)
	}
	return at
}

// forgetsEntries notes that the entries of the list or map at a path can't be
// told apart, unless that is so further out.
func (p *place) forgetsEntries(path *field.Path) {
	if p.uncorrelated == nil {
		p.uncorrelated = path
	}
}
