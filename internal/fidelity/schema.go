package fidelity

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Schemas are the definitions of a server's OpenAPI document.
type Schemas map[string]*Schema

// Schema is one of them, or a part of one. A nil Schema knows nothing.
type Schema struct {
	Reference  string             `json:"$ref"`
	Type       string             `json:"type"`
	Format     string             `json:"format"`
	Properties map[string]*Schema `json:"properties"`
	Element    *Schema            `json:"items"`
	Values     *Schema            `json:"additionalProperties"`
	Kinds      []struct {
		Group, Version, Kind string
	} `json:"x-kubernetes-group-version-kind"`

	// name is that of its definition; empty: it is a part of one.
	name string
	all  Schemas
}

// ReadSchemas asks a server.
func ReadSchemas(ctx context.Context, s Server) (Schemas, error) {
	answer := s.Do(ctx, Request{Method: http.MethodGet, Path: "/openapi/v2", Header: []string{"Accept: application/json"}})
	var document struct{ Definitions Schemas }
	if err := json.Unmarshal(answer.Body, &document); err != nil {
		return nil, fmt.Errorf("reading the OpenAPI document: %w", err)
	}
	return document.Definitions, nil
}

// Kind finds the schema of a kind; nil: there is none.
func (all Schemas) Kind(apiVersion, kind string) *Schema {
	group, version, found := strings.Cut(apiVersion, "/")
	if !found {
		group, version = "", apiVersion
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, k := range all[name].Kinds {
			if k.Group == group && k.Version == version && k.Kind == kind {
				return all.resolve(all[name])
			}
		}
	}
	return nil
}

// resolve follows references.
func (all Schemas) resolve(s *Schema) *Schema {
	name := ""
	for s != nil && s.Reference != "" {
		name = strings.TrimPrefix(s.Reference, "#/definitions/")
		s = all[name]
	}
	if s == nil {
		return nil
	}
	resolved := *s
	resolved.name = name
	resolved.all = all
	return &resolved
}

// Names are those of its fields.
func (s *Schema) Names() []string {
	if s == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(s.Properties))
}

// Field is the schema of a field; that of any value of a map.
func (s *Schema) Field(name string) *Schema {
	if s == nil {
		return nil
	}
	if field, ok := s.Properties[name]; ok {
		return s.all.resolve(field)
	}
	return s.all.resolve(s.Values)
}

// Items is the schema of a list's elements.
func (s *Schema) Items() *Schema {
	if s == nil {
		return nil
	}
	return s.all.resolve(s.Element)
}

// Samples are values of the field's type, of which some are valid in one field,
// some in another. Objects have one field each, and so have those within them,
// down to a depth.
func (s *Schema) Samples(depth int) []any {
	if s == nil {
		return nil
	}
	switch s.Type {
	case "string":
		return []any{"", "sample", "Not_A_Name!", "1"}
	case "integer", "number":
		return []any{int64(-1), int64(0), int64(1), int64(70000)}
	case "boolean":
		return []any{true, false}
	case "array":
		samples := []any{[]any{}}
		for _, element := range s.Items().Samples(depth) {
			samples = append(samples, []any{element})
		}
		return samples
	}
	samples := []any{map[string]any{}}
	if s.Values != nil {
		return append(samples, map[string]any{"sample": "sample"}, map[string]any{"Not a name!": "1"})
	}
	if depth == 0 {
		return samples
	}
	for _, name := range s.Names() {
		for _, sample := range s.FieldSamples(name, depth-1) {
			samples = append(samples, map[string]any{name: sample})
		}
	}
	return samples
}

// FieldSamples are those of a field, of which one of the type that it is in is
// not gone into.
func (s *Schema) FieldSamples(name string, depth int) []any {
	field := s.Field(name)
	if field.within(s) {
		depth = 0
	}
	return field.Samples(depth)
}

// within reports whether it is the type of another, or of its elements.
func (s *Schema) within(other *Schema) bool {
	for element := s; element != nil; element = element.Items() {
		if element.name != "" && element.name == other.name {
			return true
		}
	}
	return false
}
