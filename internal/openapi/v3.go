package openapi

import (
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kube-openapi/pkg/spec3"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// V3 returns a document of those that Names lists: what is served under
// /openapi/v3/NAME. Resources that it is not about are left out.
func (b *Builder) V3(name string, resources []Resource) *spec3.OpenAPI {
	var served []Resource
	for _, resource := range resources {
		if root(resource.Kind.GroupVersion()) == "/"+name {
			served = append(served, resource)
		}
	}
	d := b.document()
	if len(served) == 0 {
		d.addRoot(name)
		return d.renderV3()
	}
	d.addResources(served)
	custom := served[0].Schema != nil
	if !custom {
		d.keepKinds(served[0].Kind.GroupVersion())
	}
	document := d.renderV3()
	if custom {
		document.Info.InfoProps = spec.InfoProps{Title: "Kubernetes CRD Swagger", Version: "v0.1.0"}
		document.Components.SecuritySchemes = nil
	}
	return document
}

func (d *document) renderV3() *spec3.OpenAPI {
	document := &spec3.OpenAPI{
		Version: "3.0.0",
		Info:    &spec.Info{InfoProps: spec.InfoProps{Title: "Kubernetes", Version: d.version}},
		Paths:   &spec3.Paths{Paths: map[string]*spec3.Path{}},
		Components: &spec3.Components{
			Schemas:         map[string]*spec.Schema{},
			SecuritySchemes: spec3.SecuritySchemes{"BearerToken": bearerV3()},
		},
	}
	for name, schema := range d.schemas {
		document.Components.Schemas[name] = &schema
	}
	for path, operations := range d.paths {
		document.Paths.Paths[path] = pathV3(operations)
	}
	return document
}

// keepKinds leaves to types that are of a kind in every group, such as
// DeleteOptions, the kinds that matter to one version.
func (d *document) keepKinds(gv schema.GroupVersion) {
	for name, s := range d.schemas {
		kinds, _ := s.Extensions[extensionKind].([]any)
		if len(kinds) < 2 {
			continue
		}
		s.Extensions = maps.Clone(s.Extensions)
		s.Extensions[extensionKind] = slices.DeleteFunc(slices.Clone(kinds), func(kind any) bool {
			of := kind.(map[string]any)
			found := schema.GroupVersion{Group: of["group"].(string), Version: of["version"].(string)}
			return found != gv && found != metav1.Unversioned
		})
		d.schemas[name] = s
	}
}

func bearerV3() *spec3.SecurityScheme {
	return &spec3.SecurityScheme{SecuritySchemeProps: spec3.SecuritySchemeProps{
		Type: "apiKey", In: "header", Name: "authorization", Description: "Bearer Token authentication",
	}}
}

func pathV3(operations []operation) *spec3.Path {
	rendered := &spec3.Path{}
	shared, operations := common(operations)
	rendered.Parameters = parametersV3(shared)
	slots := map[string]**spec3.Operation{
		"get": &rendered.Get, "put": &rendered.Put, "post": &rendered.Post, "delete": &rendered.Delete,
		"options": &rendered.Options, "head": &rendered.Head, "patch": &rendered.Patch,
	}
	for _, operation := range operations {
		*slots[operation.method] = operationV3(operation)
	}
	return rendered
}

func operationV3(o operation) *spec3.Operation {
	rendered := &spec3.Operation{OperationProps: spec3.OperationProps{
		Tags:        []string{o.tag},
		Description: o.description,
		OperationId: o.id,
		Parameters:  parametersV3(o.parameters),
		Responses:   responsesV3(o),
	}}
	if o.body != "" {
		content := map[string]*spec3.MediaType{}
		for _, media := range o.consumes {
			content[media] = mediaV3(o.body)
		}
		rendered.RequestBody = &spec3.RequestBody{RequestBodyProps: spec3.RequestBodyProps{Content: content, Required: o.needsBody()}}
	}
	if o.action != "" {
		rendered.AddExtension(extensionAction, o.action)
		rendered.AddExtension(extensionKind, kindExtension(o.kind))
	}
	return rendered
}

func responsesV3(o operation) *spec3.Responses {
	responses := map[int]*spec3.Response{
		401: {ResponseProps: spec3.ResponseProps{Description: statusTexts[401]}},
	}
	for _, code := range o.codes {
		content := map[string]*spec3.MediaType{}
		for _, media := range o.produces {
			content[media] = mediaV3(o.returns)
		}
		responses[code] = &spec3.Response{ResponseProps: spec3.ResponseProps{
			Description: statusTexts[code], Content: content,
		}}
	}
	return &spec3.Responses{ResponsesProps: spec3.ResponsesProps{StatusCodeResponses: responses}}
}

// statusTexts are the descriptions of responses.
var statusTexts = map[int]string{200: "OK", 201: "Created", 202: "Accepted", 401: "Unauthorized"}

func mediaV3(model string) *spec3.MediaType {
	schema := spec.StringProperty()
	if model != "" {
		schema = spec.RefSchema(refPrefix + model)
	}
	return &spec3.MediaType{MediaTypeProps: spec3.MediaTypeProps{Schema: schema}}
}

func parametersV3(parameters []parameter) []*spec3.Parameter {
	var rendered []*spec3.Parameter
	for _, p := range parameters {
		schema := plain(p.kind, "")
		schema.UniqueItems = true
		rendered = append(rendered, &spec3.Parameter{ParameterProps: spec3.ParameterProps{
			Name: p.name, In: p.in, Description: p.description, Required: p.required, Schema: &schema,
		}})
	}
	return rendered
}
