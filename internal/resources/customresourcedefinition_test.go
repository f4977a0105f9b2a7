package resources

import (
	"testing"

	"github.com/stretchr/testify/require"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const widgets = `
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {plural: widgets, kind: Widget}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties: {spec: {type: object, properties: {size: {type: integer}}}}
`

func TestCustomResourceDefinitionValidation(t *testing.T) {
	runValidation(t, customResourceDefinition(), []validationCase{
		{name: "names are filled in", manifest: widgets},
		{name: "a name that does not match", manifest: `
metadata: {name: gadgets.example.com, generateName: gadgets}
spec:
  group: example.com
  names: {plural: widgets, kind: Widget}
  scope: Global
  versions: [{name: v1, served: true, storage: true}]
`, want: []string{
			`metadata.generateName: Invalid value: "gadgets": must be spec.names.plural+"."+spec.group`,
			`metadata.name: Invalid value: "gadgets.example.com": must be spec.names.plural+"."+spec.group`,
			`spec.scope: Unsupported value: "Global": supported values: "Cluster", "Namespaced"`,
			`spec.versions[0].schema.openAPIV3Schema: Required value`,
		}},
		{name: "no storage version", manifest: `
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {plural: widgets, kind: Widget}
  scope: Cluster
  versions: [{name: v1, served: true, storage: false, schema: {openAPIV3Schema: {type: object}}}]
`, want: []string{
			`spec.versions: Invalid value: [{"Name":"v1","Served":true,"Storage":false,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must have exactly one version marked as storage version`,
			`status.storedVersions: Invalid value: null: must have at least one stored version`,
		}},
		{name: "a schema that is not structural", manifest: `
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {plural: widgets, kind: Widget}
  scope: Cluster
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {properties: {size: {}}}}}}}]
`, want: []string{
			`spec.validation.openAPIV3Schema.properties[spec].properties[size].type: Required value: must not be empty for specified object fields`,
			`spec.validation.openAPIV3Schema.properties[spec].type: Required value: must not be empty for specified object fields`,
		}},
	})
}

func TestCustomResourceDefinitionStoredVersions(t *testing.T) {
	kind := customResourceDefinition()
	d := fromManifest(t, kind, widgets).(*apiextensionsv1.CustomResourceDefinition)
	kind.PrepareForCreate(d)
	require.Equal(t, []string{"v1"}, d.Status.StoredVersions)
	require.Equal(t, "widget", d.Spec.Names.Singular)
	require.Equal(t, "WidgetList", d.Spec.Names.ListKind)

	next := d.DeepCopy()
	next.Spec.Versions = append(next.Spec.Versions, *next.Spec.Versions[0].DeepCopy())
	next.Spec.Versions[0].Storage, next.Spec.Versions[1].Name = false, "v2"
	kind.PrepareForUpdate(next, d)
	require.Equal(t, []string{"v1", "v2"}, next.Status.StoredVersions)
	require.EqualValues(t, 2, next.Generation)
	require.Empty(t, messagesOf(kind.ValidateUpdate(next, d)))
}

func TestCustomResourceDefinitionWarnings(t *testing.T) {
	d := fromManifest(t, customResourceDefinition(), widgets).(*apiextensionsv1.CustomResourceDefinition)
	require.Empty(t, customResourceDefinition().Warnings(d, nil))
	d.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["color"] = apiextensionsv1.JSONSchemaProps{Type: "string", Format: "rgb"}
	require.Equal(t, []string{`unrecognized format "rgb"`}, customResourceDefinition().Warnings(d, nil))
	require.Empty(t, customResourceDefinition().Warnings(d, d))
}

func TestCustomResourceDefinitionRow(t *testing.T) {
	require.Equal(t, []any{"widgets.example.com", "Namespaced", "v1(storage)", "0001-01-01T00:00:00Z", "example.com", "Widget", "", false},
		cellsOf(t, customResourceDefinition(), widgets))
}

func TestCustomResourceDefinitionWaitsForItsObjects(t *testing.T) {
	kind := customResourceDefinition()
	d := fromManifest(t, kind, widgets).(*apiextensionsv1.CustomResourceDefinition)
	require.True(t, kind.Terminate(d, metav1.Time{}))
	require.Equal(t, []string{apiextensionsv1.CustomResourceCleanupFinalizer}, d.Finalizers)
	d.Finalizers = nil
	require.False(t, kind.Terminate(d, metav1.Time{}), "the finalizer is not put back")
}
