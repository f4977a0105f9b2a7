package openapi

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/kube-openapi/pkg/validation/spec"
)

// V2 returns the one document of all resources: what is served under
// /openapi/v2.
func (b *Builder) V2(resources []Resource) *spec.Swagger {
	d := b.document()
	d.addResources(resources)
	for _, name := range roots(resources) {
		d.addRoot(name)
	}
	document := &spec.Swagger{SwaggerProps: spec.SwaggerProps{
		Swagger:     "2.0",
		Info:        &spec.Info{InfoProps: spec.InfoProps{Title: "Kubernetes", Version: b.version}},
		Paths:       &spec.Paths{Paths: map[string]spec.PathItem{}},
		Definitions: spec.Definitions{},
		SecurityDefinitions: spec.SecurityDefinitions{"BearerToken": {SecuritySchemeProps: spec.SecuritySchemeProps{
			Type: "apiKey", In: "header", Name: "authorization", Description: "Bearer Token authentication",
		}}},
		Security: []map[string][]string{{"BearerToken": {}}},
	}}
	custom := map[string]bool{}
	for _, resource := range resources {
		if resource.Schema != nil {
			custom[customModelName(resource.Kind)] = true
		}
	}
	for name, schema := range d.schemas {
		document.Definitions[name] = schemaV2(schema, false)
		if custom[name] {
			document.Definitions[name] = objectV2(schema)
		}
	}
	for path, operations := range d.paths {
		document.Paths.Paths[path] = pathV2(operations)
	}
	shareParameters(document)
	return document
}

// schemaV2 puts a schema into the smaller language of version 2, which knows
// no defaults beside references, no alternatives and no null. What a custom
// resource says beyond it is left out, so that clients do not refuse what the
// server would take.
func schemaV2(s spec.Schema, custom bool) spec.Schema {
	s.Default = nil
	if len(s.AllOf) == 1 && s.AllOf[0].Ref.String() != "" {
		s.Ref, s.AllOf = s.AllOf[0].Ref, nil
	}
	if name := s.Ref.String(); name != "" {
		s.Ref = spec.MustCreateRef("#/definitions/" + strings.TrimPrefix(name, refPrefix))
	}
	if len(s.OneOf) > 0 && !custom { // quantities, and int or string
		s.Type, s.OneOf = spec.StringOrArray{"string"}, nil
	}
	if custom {
		s.AllOf, s.OneOf, s.AnyOf, s.Not = nil, nil, nil, nil
		if s.Nullable {
			s.Nullable, s.Type, s.Items, s.Properties = false, nil, nil, nil
		}
		if anything, _ := s.Extensions.GetBool("x-kubernetes-preserve-unknown-fields"); anything {
			s.Type, s.Items, s.Properties = nil, nil, nil
			s.Required = withoutType(s)
		}
	}
	if s.Items != nil && s.Items.Schema != nil {
		item := schemaV2(*s.Items.Schema, custom)
		s.Items = &spec.SchemaOrArray{Schema: &item}
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		value := schemaV2(*s.AdditionalProperties.Schema, custom)
		s.AdditionalProperties = &spec.SchemaOrBool{Allows: true, Schema: &value}
	}
	properties := map[string]spec.Schema{}
	for name, property := range s.Properties {
		properties[name] = schemaV2(property, custom)
	}
	if len(properties) > 0 {
		s.Properties = properties
	}
	return s
}

// withoutType are the fields that a schema requires, but for those of the type,
// which an object within another must have.
func withoutType(s spec.Schema) []string {
	embedded, _ := s.Extensions.GetBool("x-kubernetes-embedded-resource")
	return slices.DeleteFunc(slices.Clone(s.Required), func(name string) bool {
		return embedded && (name == "kind" || name == "apiVersion")
	})
}

// objectV2 is the schema of a custom resource, which is an object whatever fields
// it may have.
func objectV2(s spec.Schema) spec.Schema {
	s = schemaV2(s, true)
	s.Type, s.Extensions = spec.StringOrArray{"object"}, maps.Clone(s.Extensions)
	delete(s.Extensions, "x-kubernetes-preserve-unknown-fields")
	return s
}

func pathV2(operations []operation) spec.PathItem {
	rendered := spec.PathItem{}
	shared, operations := common(operations)
	rendered.Parameters = parametersV2(shared)
	slots := map[string]**spec.Operation{
		"get": &rendered.Get, "put": &rendered.Put, "post": &rendered.Post, "delete": &rendered.Delete,
		"options": &rendered.Options, "head": &rendered.Head, "patch": &rendered.Patch,
	}
	for _, operation := range operations {
		*slots[operation.method] = operationV2(operation)
	}
	return rendered
}

func operationV2(o operation) *spec.Operation {
	rendered := &spec.Operation{OperationProps: spec.OperationProps{
		Tags:        []string{o.tag},
		Description: o.description,
		ID:          o.id,
		Schemes:     []string{"https"},
		Consumes:    o.consumes,
		Produces:    o.produces,
		Responses:   responsesV2(o),
	}}
	if o.body != "" {
		rendered.Parameters = append(rendered.Parameters, spec.Parameter{ParamProps: spec.ParamProps{
			Name: "body", In: "body", Required: o.needsBody(),
			Schema: spec.RefSchema("#/definitions/" + o.body),
		}})
	}
	rendered.Parameters = append(rendered.Parameters, parametersV2(o.parameters)...)
	if o.action != "" {
		rendered.AddExtension(extensionAction, o.action)
		rendered.AddExtension(extensionKind, kindExtension(o.kind))
	}
	return rendered
}

func responsesV2(o operation) *spec.Responses {
	schema := spec.StringProperty()
	if o.returns != "" {
		schema = spec.RefSchema("#/definitions/" + o.returns)
	}
	responses := map[int]spec.Response{
		401: {ResponseProps: spec.ResponseProps{Description: statusTexts[401]}},
	}
	for _, code := range o.codes {
		responses[code] = spec.Response{ResponseProps: spec.ResponseProps{
			Description: statusTexts[code], Schema: schema,
		}}
	}
	return &spec.Responses{ResponsesProps: spec.ResponsesProps{StatusCodeResponses: responses}}
}

func parametersV2(parameters []parameter) []spec.Parameter {
	var rendered []spec.Parameter
	for _, p := range parameters {
		rendered = append(rendered, spec.Parameter{
			ParamProps:        spec.ParamProps{Name: p.name, In: p.in, Description: p.description, Required: p.required},
			SimpleSchema:      spec.SimpleSchema{Type: p.kind},
			CommonValidations: spec.CommonValidations{UniqueItems: true},
		})
	}
	return rendered
}
