package definition

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	upstream "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
)

func TestAStatusHasNamesThatAreValid(t *testing.T) {
	d, _ := read(t, example(t, "extras"))
	require.Empty(t, ValidateStatusUpdate(d))
	d.Status.AcceptedNames = apiextensionsv1.CustomResourceDefinitionNames{Plural: "A", Kind: "b c", ListKind: "b c", ShortNames: []string{"-"}}

	form, err := internal(d)
	require.NoError(t, err)
	form.ResourceVersion = "1"
	theirs := upstream.ValidateUpdateCustomResourceDefinitionStatus(context.Background(), form, form)
	require.Equal(t, inWords(theirs), inWords(ValidateStatusUpdate(d)))
}

func TestADefaultIsJSON(t *testing.T) {
	d, _ := read(t, example(t, "extras"))
	broken := d.DeepCopy()
	broken.Spec.Versions[0].Schema.OpenAPIV3Schema.Default = &apiextensionsv1.JSON{Raw: []byte("{")}
	for _, errs := range [][]string{inWords(Validate(broken)), inWords(ValidateUpdate(broken, d)), inWords(ValidateStatusUpdate(broken))} {
		require.Len(t, errs, 1)
		require.Contains(t, errs[0], "spec: Invalid value: ")
	}
}

func TestErrorsComeInTheOrderOfTheDefinition(t *testing.T) {
	d, _ := read(t, brokenDefinition{Of: "extras", Change: map[string]any{
		"metadata": map[string]any{"name": "x", "annotations": nil},
		"spec":     map[string]any{"scope": "Everywhere", "versions": []any{}},
		"status":   map[string]any{"storedVersions": []any{"v3"}},
	}}.content(t))
	var fields []string
	for _, err := range Validate(d) {
		fields = append(fields, err.Field)
	}
	require.Equal(t, []string{"metadata.name", "spec.scope", "spec.versions", "status.storedVersions[0]",
		"metadata.annotations[api-approved.kubernetes.io]"}, fields)
}

func TestWarnings(t *testing.T) {
	d, _ := read(t, brokenDefinition{Of: "extras", Schema: map[string]any{
		"type": "object",
		"properties": map[string]any{
			"color": map[string]any{"type": "string", "format": "rgb"},
			"day":   map[string]any{"type": "string", "format": "date"},
			"parts": map[string]any{"type": "array", "x-kubernetes-list-type": "set", "items": map[string]any{"type": "object"}},
		},
	}}.content(t))
	require.Equal(t, []string{
		`unrecognized format "rgb"`,
		`x-kubernetes-list-type: set for items of type "object" is not supported by server-side apply or CEL validation rules`,
	}, Warnings(d, nil))
	require.Empty(t, Warnings(d, d))
}
