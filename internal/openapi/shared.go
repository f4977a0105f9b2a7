package openapi

import (
	"encoding/base64"
	"encoding/json"
	"hash/fnv"
	"strings"

	"k8s.io/kube-openapi/pkg/validation/spec"
)

// shareParameters puts the parameters of a document of version 2 in one place,
// and refers to them, but for those that tell of a kind.
func shareParameters(document *spec.Swagger) {
	s := sharer{parameters: map[string]spec.Parameter{}, names: map[parameterKey]string{}}
	for path, item := range document.Paths.Paths {
		s.share(item.Parameters)
		for _, operation := range []*spec.Operation{item.Get, item.Put, item.Post, item.Delete, item.Options, item.Head, item.Patch} {
			if operation != nil {
				s.share(operation.Parameters)
			}
		}
		document.Paths.Paths[path] = item
	}
	document.Parameters = s.parameters
}

// sharer collects shared parameters by the names that they are referred to by.
type sharer struct {
	parameters map[string]spec.Parameter
	names      map[parameterKey]string
}

// parameterKey tells the parameters of documents apart.
type parameterKey struct{ name, in, kind, description, body string }

// share puts references in the places of parameters.
func (s sharer) share(parameters []spec.Parameter) {
	for i, p := range parameters {
		if shareable(p) {
			parameters[i] = spec.Parameter{Refable: spec.Refable{Ref: spec.MustCreateRef("#/parameters/" + s.nameOf(p))}}
		}
	}
}

// shareable parameters tell of no kind. Clients look for dryRun and
// fieldValidation in operations.
func shareable(p spec.Parameter) bool {
	if p.In == "body" {
		return strings.HasPrefix(p.Schema.Ref.String(), "#/definitions/io.k8s.apimachinery")
	}
	return p.Name != "name" && p.Name != "dryRun" && p.Name != "fieldValidation"
}

// nameOf is a parameter's name and the hash of its JSON.
func (s sharer) nameOf(p spec.Parameter) string {
	key := parameterKey{name: p.Name, in: p.In, kind: p.Type, description: p.Description}
	if p.Schema != nil {
		key.body = p.Schema.Ref.String()
	}
	if name, ok := s.names[key]; ok {
		return name
	}
	text, err := json.Marshal(p)
	if err != nil {
		panic(err) // parameters are strings
	}
	hash := fnv.New64()
	hash.Write(text)
	name := p.Name + "-" + base64.URLEncoding.EncodeToString(hash.Sum(nil)[:6])
	s.names[key], s.parameters[name] = name, p
	return name
}
