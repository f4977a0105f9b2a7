package resources

import (
	"cmp"
	"maps"
	"slices"
)

// setIfZero sets a field that has its zero value.
func setIfZero[T comparable](target *T, value T) {
	var zero T
	if *target == zero {
		*target = value
	}
}

// setDefault sets an optional field that is absent.
func setDefault[T any](target **T, value T) {
	if *target == nil {
		*target = &value
	}
}

// dropEmpty does to a list what storing does: of an empty one nothing is left.
func dropEmpty[T any](list *[]T) {
	if len(*list) == 0 {
		*list = nil
	}
}

// sortedKeys makes iteration over m reproducible.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
