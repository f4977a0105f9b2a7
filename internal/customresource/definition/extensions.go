package definition

import (
	"slices"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	listTypeWord    = "x-kubernetes-list-type"
	listMapKeysWord = "x-kubernetes-list-map-keys"
	mapTypeWord     = "x-kubernetes-map-type"
)

// validateExtensions checks what a node says in Kubernetes' own words, except
// for its rules.
func validateExtensions(s schema, path *field.Path, l leniency) field.ErrorList {
	var errs field.ErrorList
	if keep := s.XPreserveUnknownFields; keep != nil && !*keep {
		errs = append(errs, field.Invalid(path.Child("x-kubernetes-preserve-unknown-fields"), false, "must be true or undefined"))
	}
	if s.XMapType != nil {
		errs = append(errs, validateTypeFor(s, path, "object", mapTypeWord)...)
		errs = append(errs, validateWord(path.Child(mapTypeWord), *s.XMapType, "atomic", "granular")...)
	}
	errs = append(errs, validateList(s, path, l)...)
	if !l.looseMapKeys {
		errs = append(errs, validateItemIdentity(s, path)...)
	}
	return errs
}

// validateTypeFor checks the type that a node with some word must have.
func validateTypeFor(s schema, path *field.Path, want, word string) field.ErrorList {
	message := "must be " + want + " if " + word + " is specified"
	switch s.Type {
	case want:
		return nil
	case "":
		return field.ErrorList{field.Required(path.Child("type"), message)}
	}
	return field.ErrorList{field.Invalid(path.Child("type"), s.Type, message)}
}

func validateWord(path *field.Path, value string, known ...string) field.ErrorList {
	if slices.Contains(known, value) {
		return nil
	}
	return field.ErrorList{field.NotSupported(path, value, known)}
}

// validateList checks how the items of a list are told apart.
func validateList(s schema, path *field.Path, l leniency) field.ErrorList {
	var errs field.ErrorList
	if s.XListType != nil {
		errs = validateTypeFor(s, path, "array", listTypeWord)
		if len(errs) == 0 && !l.compositeSets {
			errs = validateSetItems(s, path)
		}
		errs = append(errs, validateWord(path.Child(listTypeWord), *s.XListType, "atomic", "set", "map")...)
	}
	const onlyMaps = "must be map if x-kubernetes-list-map-keys is non-empty"
	switch {
	case len(s.XListMapKeys) == 0:
	case s.XListType == nil:
		errs = append(errs, field.Required(path.Child(listTypeWord), onlyMaps))
	case *s.XListType != "map":
		errs = append(errs, field.Invalid(path.Child(listTypeWord), *s.XListType, onlyMaps))
	}
	if s.XListType != nil && *s.XListType == "map" {
		errs = append(errs, validateListMap(s, path)...)
	}
	return errs
}

// validateSetItems checks that the items of a set are compared as a whole.
// The value it reports is the item's list type in both cases, as Kubernetes
// does it.
func validateSetItems(s schema, path *field.Path) field.ErrorList {
	if s.XListType == nil || *s.XListType != "set" || s.Items == nil || s.Items.Schema == nil {
		return nil
	}
	item := s.Items.Schema
	word := ""
	switch {
	case item.Type == "array" && item.XListType != nil && *item.XListType != "atomic":
		word = listTypeWord
	case item.Type == "object" && (item.XMapType == nil || *item.XMapType != "atomic"):
		word = mapTypeWord
	default:
		return nil
	}
	return field.ErrorList{field.Invalid(path.Child("items", word), item.XListType, "must be atomic as item of a list with x-kubernetes-list-type=set")}
}

// validateListMap checks a list whose items are told apart by keys.
func validateListMap(s schema, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(s.XListMapKeys) == 0 {
		errs = append(errs, field.Required(path.Child(listMapKeysWord), "must not be empty if x-kubernetes-list-type is map"))
	}
	items := path.Child("items")
	switch {
	case s.Items == nil:
		return append(errs, field.Required(items, "must have a schema if x-kubernetes-list-type is map"))
	case s.Items.Schema == nil:
		return append(errs, field.Invalid(items, s.Items, "must only have a single schema if x-kubernetes-list-type is map"))
	case s.Items.Schema.Type != "object":
		return append(errs, field.Invalid(items.Child("type"), s.Items.Schema.Type, "must be object if parent array's x-kubernetes-list-type is map"))
	}
	return append(errs, validateListMapKeys(s.XListMapKeys, s.Items.Schema, path)...)
}

func validateListMapKeys(keys []string, item schema, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, key := range keys {
		property, ok := item.Properties[key]
		if !ok {
			errs = append(errs, field.Invalid(path.Child(listMapKeysWord), keys, "entries must all be names of item properties"))
		} else if property.Type == "array" || property.Type == "object" {
			// The value that Kubernetes reports is the item's type.
			errs = append(errs, field.Invalid(path.Child("items", "properties").Key(key).Child("type"), item.Type, "must be a scalar type if parent array's x-kubernetes-list-type is map"))
		}
		if slices.Contains(keys[:i], key) {
			errs = append(errs, field.Invalid(path.Child(listMapKeysWord), keys, "must not contain duplicate entries"))
		}
	}
	return errs
}

// validateItemIdentity checks that each item of a set or map has what it is
// told apart by.
func validateItemIdentity(s schema, path *field.Path) field.ErrorList {
	if s.Items == nil || s.Items.Schema == nil || s.XListType == nil || *s.XListType != "set" && *s.XListType != "map" {
		return nil
	}
	var errs field.ErrorList
	item := s.Items.Schema
	if item.Nullable {
		errs = append(errs, field.Forbidden(path.Child("items", "nullable"), "cannot be nullable when x-kubernetes-list-type is "+*s.XListType))
	}
	if *s.XListType == "set" {
		return errs
	}
	for _, key := range s.XListMapKeys {
		if property, ok := item.Properties[key]; ok {
			errs = append(errs, validateKeyProperty(item, key, property, path.Child("items", "properties").Key(key))...)
		}
	}
	return errs
}

func validateKeyProperty(item schema, key string, property apiextensions.JSONSchemaProps, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if property.Default == nil && !slices.Contains(item.Required, key) {
		errs = append(errs, field.Required(path.Child("default"), "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"))
	}
	if property.Nullable {
		errs = append(errs, field.Forbidden(path.Child("nullable"), "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"))
	}
	return errs
}
