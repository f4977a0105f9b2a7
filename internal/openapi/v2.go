package openapi

import (
	"strings"

	"k8s.io/kube-openapi/pkg/validation/spec"
)

// V2 returns the one document of all resources: what is served under
// /openapi/v2.
func (b *Builder) V2(resources []Resource) *spec.Swagger {
	d := b.document(resources)
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
		document.Definitions[name] = schemaV2(schema, custom[name])
	}
	for _, p := range d.paths {
		document.Paths.Paths[p.path] = pathV2(p)
	}
	return document
}

// schemaV2 puts a schema into the smaller language of version 2, which knows
// no defaults beside references, no alternatives and no null. What a custom
// resource says beyond it is left out, so that clients do not refuse what the
// server would take.
func schemaV2(s spec.Schema, custom bool) spec.Schema {
	s.Default = nil
	if len(s.AllOf) == 1 && s.AllOf[0].Ref.String() != "" {
		s.Ref = spec.MustCreateRef("#/definitions/" + strings.TrimPrefix(s.AllOf[0].Ref.String(), refPrefix))
		s.AllOf = nil
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
			s.Items, s.Properties = nil, nil
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

func pathV2(p path) spec.PathItem {
	rendered := spec.PathItem{}
	rendered.Parameters = parametersV2(p.parameters)
	slots := map[string]**spec.Operation{
		"get": &rendered.Get, "put": &rendered.Put, "post": &rendered.Post, "delete": &rendered.Delete,
		"options": &rendered.Options, "head": &rendered.Head, "patch": &rendered.Patch,
	}
	for _, operation := range p.operations {
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
			Name: "body", In: "body", Required: o.action != "delete" && o.action != "deletecollection",
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
