package customresource_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/internal/customresource"
	"github.com/kubejig/kubejig/internal/resources"
)

const widgets = `
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList, shortNames: [wd], categories: [all]}
  scope: Namespaced
  versions:
  - name: v1beta1
    served: true
    storage: false
    deprecated: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {size: {type: integer, default: 3}}}
  - name: v1
    served: true
    storage: true
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.size, statusReplicasPath: .status.size, labelSelectorPath: .status.selector}
    selectableFields: [{jsonPath: .spec.color}]
    additionalPrinterColumns:
    - {name: Size, type: integer, jsonPath: .spec.size}
    - {name: Color, type: string, jsonPath: .spec.color, priority: 1}
    - {name: Since, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [color]
            x-kubernetes-validations:
            - {rule: "self.size <= 10 || self.color == 'red'", message: only red widgets are big}
            - {rule: "self.color == oldSelf.color", message: color is immutable, fieldPath: .color}
            properties:
              color: {type: string, enum: [red, blue]}
              size: {type: integer, minimum: 1, default: 1}
              tags: {type: array, x-kubernetes-list-type: set, items: {type: string}}
              anything: {type: object, x-kubernetes-preserve-unknown-fields: true}
          status:
            type: object
            properties: {size: {type: integer}, selector: {type: string}}
`

func definition(t *testing.T, manifest string) *apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	crd := &apiextensionsv1.CustomResourceDefinition{}
	require.NoError(t, yaml.UnmarshalStrict([]byte(manifest), crd))
	crd.Status.AcceptedNames = crd.Spec.Names
	return crd
}

func newKind(t *testing.T) *resources.Kind {
	t.Helper()
	kind, err := customresource.NewKind(definition(t, widgets), nil)
	require.NoError(t, err)
	return kind
}

func widget(t *testing.T, version, body string) *unstructured.Unstructured {
	t.Helper()
	encoded, err := yaml.YAMLToJSON([]byte(body))
	require.NoError(t, err)
	u := &unstructured.Unstructured{}
	require.NoError(t, json.Unmarshal(encoded, &u.Object))
	u.SetAPIVersion("example.com/" + version)
	u.SetKind("Widget")
	return u
}

func messages(errs field.ErrorList) []string {
	var all []string
	for _, err := range errs {
		all = append(all, err.Error())
	}
	return all
}

func TestKindHasWhatItsDefinitionDeclares(t *testing.T) {
	kind := newKind(t)
	require.Equal(t, schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Widget"}, kind.GVK())
	require.Equal(t, []string{"wd"}, kind.ShortNames)
	require.Equal(t, []string{"all"}, kind.Categories)
	require.True(t, kind.Namespaced)
	require.Len(t, kind.Versions, 2)
	require.Equal(t, "example.com/v1beta1 Widget is deprecated; use example.com/v1 Widget", kind.Versions[1].Deprecated)
	require.Contains(t, kind.Subresources, "status")
	require.Contains(t, kind.Subresources, "scale")
	require.Equal(t, "WidgetList", kind.Storage().NewList().GetObjectKind().GroupVersionKind().Kind)
}

func TestUnknownFieldsArePruned(t *testing.T) {
	u := widget(t, "v1", `{metadata: {name: a, nick: b}, spec: {color: red, weight: 3, anything: {goes: true}}, extra: 1}`)
	unknown, err := newKind(t).Storage().Prune(u)
	require.NoError(t, err)
	require.Equal(t, []string{"metadata.nick", "extra", "spec.weight"}, unknown)
	require.Equal(t, map[string]any{
		"apiVersion": "example.com/v1", "kind": "Widget",
		"metadata": map[string]any{"name": "a"},
		"spec":     map[string]any{"color": "red", "anything": map[string]any{"goes": true}},
	}, u.Object)

	_, err = newKind(t).Storage().Prune(widget(t, "v1", `{metadata: {labels: {a: 1}}}`))
	require.ErrorContains(t, err, "cannot unmarshal number into Go struct field ObjectMeta.labels of type string")
}

func TestValidation(t *testing.T) {
	kind := newKind(t)
	for _, c := range []struct {
		name, manifest string
		want           []string
	}{
		{"valid", `spec: {color: red, size: 12}`, nil},
		{"nothing", `{}`, []string{
			"spec: Required value",
			"<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
		}},
		{"wrong metadata", "metadata: {ownerReferences: [{}]}\nspec: {color: blue, size: 11}", []string{
			"<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
		}},
		{"types", `spec: {color: green, size: big}`, []string{
			`spec.color: Unsupported value: "green": supported values: "red", "blue"`,
			`spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"`,
			`.spec.size: Invalid value: 0: .spec.size accessor error: big is of the type string, expected int64`,
			"<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
		}},
		{"bounds and rules", `spec: {color: blue, size: 0}`, []string{
			"spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1",
		}},
		{"a rule", `spec: {color: blue, size: 11}`, []string{"spec: Invalid value: only red widgets are big"}},
		{"a set", `spec: {color: red, tags: [a, a]}`, []string{`spec.tags[1]: Duplicate value: "a"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := widget(t, "v1", c.manifest)
			u.SetName("one")
			kind.Storage().Default(u)
			require.Equal(t, c.want, messages(kind.Storage().Validate(u, nil)))
		})
	}
}

func TestUpdate(t *testing.T) {
	kind := newKind(t)
	old := widget(t, "v1", `{metadata: {generation: 1}, spec: {color: red, size: 1}, status: {size: 1}}`)

	obj := widget(t, "v1", `{metadata: {generation: 1, labels: {a: b}}, spec: {color: red, size: 1}}`)
	kind.PrepareForUpdate(obj, old)
	require.EqualValues(t, 1, obj.GetGeneration(), "labels do not count")
	require.Equal(t, old.Object["status"], obj.Object["status"], "the status has its own path")

	obj = widget(t, "v1", `{metadata: {name: one, generation: 1}, spec: {color: blue, size: 1}}`)
	kind.PrepareForUpdate(obj, old)
	require.EqualValues(t, 2, obj.GetGeneration())
	require.Equal(t, []string{"spec.color: Invalid value: color is immutable"}, messages(kind.Storage().Validate(obj, old)))

	broken := widget(t, "v1", `{metadata: {name: one}, spec: {color: green, size: 1}}`)
	require.Empty(t, kind.Storage().Validate(broken.DeepCopy(), broken), "what was invalid before may stay")
}

func TestStatus(t *testing.T) {
	kind := newKind(t)
	created := widget(t, "v1", `{spec: {color: red}, status: {size: 1}}`)
	kind.PrepareForCreate(created)
	require.NotContains(t, created.Object, "status")
	require.EqualValues(t, 1, created.GetGeneration())

	update := kind.Subresources["status"].Update
	obj := widget(t, "v1", `{metadata: {labels: {a: b}}, spec: {color: blue}, status: {size: x}}`)
	update.Prepare(obj, created)
	require.Equal(t, created.Object["spec"], obj.Object["spec"])
	require.Empty(t, obj.GetLabels())
	require.Equal(t, []string{
		`status.size: Invalid value: "string": size in body must be of type integer: "string"`,
		`.status.size: Invalid value: 0: .status.size accessor error: x is of the type string, expected int64`,
		"<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
	}, messages(update.Validate(obj, created)))
}

func TestScale(t *testing.T) {
	scale := newKind(t).Subresources["scale"].Scale
	u := widget(t, "v1", `{spec: {color: red, size: 3}, status: {size: 2, selector: a=b}}`)
	got, err := scale.Get(u)
	require.NoError(t, err)
	require.EqualValues(t, 3, got.Spec.Replicas)
	require.EqualValues(t, 2, got.Status.Replicas)
	require.Equal(t, "a=b", got.Status.Selector)

	require.NoError(t, scale.Set(u, 5))
	require.Equal(t, int64(5), u.Object["spec"].(map[string]any)["size"])

	_, err = scale.Get(widget(t, "v1", `spec: {color: red}`))
	require.ErrorContains(t, err, `the spec replicas field ".spec.size" does not exist`)
}

func TestVersions(t *testing.T) {
	kind := newKind(t)
	beta := kind.Version(schema.GroupVersion{Group: "example.com", Version: "v1beta1"})

	stored, err := beta.ToStorage(widget(t, "v1beta1", `{spec: {size: 4}}`))
	require.NoError(t, err)
	require.Equal(t, "example.com/v1", stored.(*unstructured.Unstructured).GetAPIVersion())

	shown, err := beta.FromStorage(widget(t, "v1", `{spec: {color: red}}`))
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"apiVersion": "example.com/v1beta1", "kind": "Widget", "spec": map[string]any{"size": int64(3)},
	}, shown.(*unstructured.Unstructured).Object, "color is not in v1beta1, and size has another default")
}

func TestTable(t *testing.T) {
	kind := newKind(t)
	u := widget(t, "v1", `{metadata: {name: a, creationTimestamp: "1970-01-01T00:00:00Z"}, spec: {color: red, size: 3}}`)
	require.Equal(t, []any{"a", int64(3), "red", "2m"}, kind.Row(u, time.Unix(120, 0)))
	require.EqualValues(t, 1, kind.Columns[2].Priority)
	require.Equal(t, []any{"b", nil, nil, nil}, kind.Row(widget(t, "v1", `{metadata: {name: b}}`), time.Unix(120, 0)))
}

func TestSelectableFields(t *testing.T) {
	kind := newKind(t)
	require.Equal(t, fields.Set{"metadata.name": "a", "metadata.namespace": "x", "spec.color": "red"},
		kind.FieldSet(widget(t, "v1", `{metadata: {name: a, namespace: x}, spec: {color: red}}`)))
	require.Equal(t, "", kind.FieldSet(widget(t, "v1", `{}`))["spec.color"])
}

func TestFinalizerWarnings(t *testing.T) {
	kind := newKind(t)
	u := widget(t, "v1", `{metadata: {finalizers: [mine, example.com, example.com/x]}}`)
	require.Equal(t, []string{
		`metadata.finalizers: "example.com": prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers`,
		`metadata.finalizers: "mine": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
	}, kind.Warnings(u, nil))
	require.Empty(t, kind.Warnings(u, u))
}
