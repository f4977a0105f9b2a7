// Package openapi writes the OpenAPI documents of an API server: version 3,
// one document for each group version, and version 2, one for everything.
//
// A Builder reads the Go types of the served kinds by reflection: their JSON
// names, the descriptions and model names that the API packages carry, patch
// tags. What only their comments say, such as list types, defaults and what the
// values of enumerations mean, is generated from these beforehand. Custom
// resources come with a JSON schema of their own.
//
// Documents depend on nothing but their input, and are equal for equal input.
// The package keeps no document; callers cache what they serve. It must not
// know about HTTP, the store or the registry of kinds.
//
// The pieces: types.go turns Go types into schemas, markers.go adds what
// reflection cannot see, custom.go treats custom resources; operations.go,
// subresources.go and discovery.go list what can be done at which path; v2.go
// and v3.go put these into the form of each version; encode.go has the wire
// forms.
//
//go:generate go run gen_markers.go
package openapi
