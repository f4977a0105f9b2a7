package apiserver

import (
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
)

// checkFields refuses a field selector with fields that the kind can't be
// selected by.
func (c *call) checkFields(selector fields.Selector) error {
	if selector == nil || selector.Empty() {
		return nil
	}
	known := c.kind.FieldSet(c.kind.Storage().New())
	if c.kind.Fields == nil && c.kind.Custom == nil {
		known["metadata.namespace"] = "" // also where there is none
	}
	for _, r := range selector.Requirements() {
		selects := c.version.Selects
		if _, ok := known[r.Field]; !ok || selects != nil && !selects(r.Field) {
			return apierrors.NewBadRequest(c.unknownField(r.Field))
		}
	}
	return nil
}

// unknownField says that the kind can't be selected by a field, in the words
// that Kubernetes has for the kind.
func (c *call) unknownField(name string) string {
	switch {
	case c.kind.UnknownField != "":
		return fmt.Sprintf(c.kind.UnknownField, name)
	case c.kind.Fields != nil || c.kind.Custom != nil:
		return "field label not supported: " + name
	}
	return fmt.Sprintf("%q is not a known field selector: only %q, %q", name, "metadata.name", "metadata.namespace")
}
