// Package selectors selects objects by label and by field, in the syntax of
// kubectl's --selector and --field-selector.
//
// Parsing and meaning are those of k8s.io/apimachinery (packages labels and
// fields), error texts included. On top of them it gives three things:
//
//   - Match works on any object: a typed or unstructured Kubernetes object, a
//     map of labels, a function from field to value, or any Go value with JSON
//     field names.
//   - Explain says in words why an object is not selected.
//   - Index keeps a set of objects so that a selective list costs what it
//     returns, not what is stored.
//
// A Selector is an immutable value and safe for use by many goroutines.
//
// The package stands alone: it imports nothing else of this module.
package selectors
