package customresource

import (
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// What is said of the fields of one object is sorted; all else stays where it
// was found.
func TestInOrder(t *testing.T) {
	invalid := func(path, detail string) *field.Error {
		e := field.Invalid(nil, "", detail)
		e.Field = path
		return e
	}
	found := field.ErrorList{
		invalid("spec", "is odd"),
		invalid("spec.b.list[10]", "is odd"),
		invalid("spec.b.list[9]", "is odd"),
		invalid("spec.a.z", "is odd"),
		invalid("spec.a.y", "is odd"),
		invalid("<nil>", `"spec.a" must validate all the schemas (allOf)`),
		invalid("<nil>", "Checked value must be of type integer with format int32 in spec.a.x"),
		field.Required(field.NewPath("spec", "a2"), ""),
		invalid("spec.a", "is odd"),
	}
	var order []string
	for _, err := range inOrder(found) {
		order = append(order, err.Field+" "+err.Detail)
	}
	require.Equal(t, []string{
		"spec is odd",
		"spec.a.y is odd",
		"spec.a.z is odd",
		`<nil> "spec.a" must validate all the schemas (allOf)`,
		"<nil> Checked value must be of type integer with format int32 in spec.a.x",
		"spec.b.list[10] is odd",
		"spec.b.list[9] is odd",
		"spec.a2 ",
		"spec.a is odd",
	}, order)
}
