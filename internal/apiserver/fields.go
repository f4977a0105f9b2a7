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
	known["metadata.namespace"] = ""
	for _, r := range selector.Requirements() {
		if _, ok := known[r.Field]; ok {
			continue
		}
		if c.kind.Fields == nil {
			return apierrors.NewBadRequest(fmt.Sprintf("%q is not a known field selector: only %q, %q", r.Field, "metadata.name", "metadata.namespace"))
		}
		return apierrors.NewBadRequest("field label not supported: " + r.Field)
	}
	return nil
}
