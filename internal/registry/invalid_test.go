package registry

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestInvalidSaysWhatKubernetesSays(t *testing.T) {
	gk := schema.GroupKind{Group: "apps", Kind: "Deployment"}
	wrong := func(i int) *field.Error { return field.Invalid(field.NewPath("spec", "x"), i, "must be odd") }
	for _, errs := range []field.ErrorList{nil, {wrong(2)}, {wrong(2), wrong(2)}, {wrong(2), wrong(4), wrong(2)}} {
		t.Run(fmt.Sprint(len(errs)), func(t *testing.T) {
			require.Equal(t, apierrors.NewInvalid(gk, "web", errs), invalid(gk, "web", errs))
		})
	}
}
