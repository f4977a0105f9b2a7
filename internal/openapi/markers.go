package openapi

import "slices"

// markerTables hold what markers in the comments of the API types say. All are
// by the full name of the Go type.
type markerTables struct {
	// enums are the values that a string type may have.
	enums map[string][]string
	// optional fields may be left out although they lack omitempty; required
	// ones may not although they have it. Fields go by JSON name.
	optional, required map[string][]string
}

// requires tells whether a field of a type must be given.
func (m markerTables) requires(owner, field string, omitempty bool) bool {
	if omitempty {
		return slices.Contains(m.required[owner], field)
	}
	return !slices.Contains(m.optional[owner], field)
}
