package ownership

import (
	"fmt"
	"reflect"
	"slices"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kube-openapi/pkg/schemaconv"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/merge"
	smd "sigs.k8s.io/structured-merge-diff/v6/schema"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
	"sigs.k8s.io/structured-merge-diff/v6/value"

	"github.com/kubejig/kubejig/internal/openapi"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// model takes the objects of a kind apart and puts them together.
type model struct {
	kind  *resources.Kind
	types map[schema.GroupVersion]func() (typed.ParseableType, error)
	// plan compares objects of the storage version, for kinds with Go types.
	plan func() *plan
}

// modelOf returns the model of a kind, which it makes on first use.
func modelOf(k *resources.Kind) *model {
	return k.Memo(modelKey{}, func() any { return newModel(k) }).(*model)
}

type modelKey struct{}

func newModel(k *resources.Kind) *model {
	m := &model{kind: k, types: map[schema.GroupVersion]func() (typed.ParseableType, error){}}
	m.plan = sync.OnceValue(func() *plan { return planOf(reflect.TypeOf(k.Storage().New())) })
	for _, v := range k.Versions {
		m.types[v.GroupVersion] = sync.OnceValues(func() (typed.ParseableType, error) {
			if k.Custom != nil {
				return customType(k, v.GroupVersion)
			}
			return typeOf(reflect.TypeOf(v.New())), nil
		})
	}
	return m
}

// customType makes the schema of a version of a custom resource.
func customType(k *resources.Kind, gv schema.GroupVersion) (typed.ParseableType, error) {
	schema := k.Custom.Schema(gv.Version)
	if schema == nil {
		return typed.DeducedParseableType, nil
	}
	declared, err := openapi.CustomSchema(gv.WithKind(k.Name), schema)
	if err != nil {
		return typed.ParseableType{}, err
	}
	const name = "object"
	converted, err := schemaconv.ToSchemaFromOpenAPI(map[string]*spec.Schema{name: declared}, k.Custom.Definition.Spec.PreserveUnknownFields)
	if err != nil {
		return typed.ParseableType{}, fmt.Errorf("schema of %s: %w", k.Name, err)
	}
	s := &smd.Schema{Types: append(converted.Types, metadataTypes()...)}
	return typed.ParseableType{Schema: s, TypeRef: namedType(name)}, nil
}

// metadataTypes are the types of metadata, under the name by which schemas of
// custom resources refer to it.
func metadataTypes() []smd.TypeDef {
	b := newSchemaBuilder()
	t := reflect.TypeFor[metav1.ObjectMeta]()
	b.ref(t, "")
	types := b.types[len(untypedTypes()):]
	i := slices.IndexFunc(types, func(d smd.TypeDef) bool { return d.Name == typeName(t) })
	return append(types, smd.TypeDef{Name: "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", Atom: types[i].Atom})
}

// errNoVersion is the error of a version that is not served any more.
type errNoVersion struct{ version fieldpath.APIVersion }

func (e errNoVersion) Error() string { return fmt.Sprintf("version %s is not served", e.version) }

// version is the served or stored version of a name such as "apps/v1".
func (m *model) version(name fieldpath.APIVersion) (*resources.Version, error) {
	for i := range m.kind.Versions {
		if v := &m.kind.Versions[i]; v.GroupVersion.String() == string(name) {
			return v, nil
		}
	}
	return nil, errNoVersion{name}
}

// take takes an object of the storage version apart, in another version; nil
// is an empty object.
func (m *model) take(obj store.Object, version fieldpath.APIVersion) (*typed.TypedValue, error) {
	v, err := m.version(version)
	if err != nil {
		return nil, err
	}
	switch {
	case obj == nil:
		obj = v.New()
	case v.FromStorage != nil:
		if obj, err = v.FromStorage(obj); err != nil {
			return nil, err
		}
	}
	return m.typed(obj, v, typed.AllowDuplicates)
}

func (m *model) typed(obj runtime.Object, v *resources.Version, options ...typed.ValidationOptions) (*typed.TypedValue, error) {
	t, err := m.types[v.GroupVersion]()
	if err != nil {
		return nil, err
	}
	return typedOf(t, obj, options...)
}

// typedOf takes an object of a type apart.
func typedOf(t typed.ParseableType, obj runtime.Object, options ...typed.ValidationOptions) (*typed.TypedValue, error) {
	if u, ok := obj.(*unstructured.Unstructured); ok {
		wanted, err := t.FromUnstructured(u.Object, options...)
		if err != nil {
			return typed.AsTyped(ordered{value.NewValueInterface(u.Object)}, t.Schema, t.TypeRef, options...)
		}
		return wanted, nil
	}
	return t.FromStructured(obj, options...)
}

// put puts an object of a version together, in the storage version.
func (m *model) put(value *typed.TypedValue, version fieldpath.APIVersion) (store.Object, error) {
	v, err := m.version(version)
	if err != nil {
		return nil, err
	}
	content, ok := value.AsValue().Unstructured().(map[string]any)
	if !ok {
		return nil, fmt.Errorf("a merged %s is no object", m.kind.Name)
	}
	obj := v.New()
	if u, ok := obj.(*unstructured.Unstructured); ok {
		u.Object = content
		u.SetGroupVersionKind(v.WithKind(m.kind.Name))
	} else if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, obj); err != nil {
		return nil, err
	}
	if v.Default != nil {
		v.Default(obj)
	}
	if v.ToStorage != nil {
		if obj, err = v.ToStorage(obj); err != nil {
			return nil, err
		}
	}
	if _, ok := obj.(*unstructured.Unstructured); !ok {
		obj.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
	}
	return obj, nil
}

// Convert turns an object of one version into another. It implements
// [merge.Converter].
func (m *model) Convert(object *typed.TypedValue, version fieldpath.APIVersion) (*typed.TypedValue, error) {
	wanted, err := m.schemaOf(version)
	if err != nil || wanted == object.Schema() {
		return object, err
	}
	for i := range m.kind.Versions {
		from := fieldpath.APIVersion(m.kind.Versions[i].GroupVersion.String())
		if s, err := m.schemaOf(from); err == nil && s == object.Schema() {
			obj, err := m.put(object, from)
			if err != nil {
				return nil, err
			}
			return m.take(obj, version)
		}
	}
	return nil, errNoVersion{version}
}

// schemaOf is the schema of a version, which tells versions apart.
func (m *model) schemaOf(version fieldpath.APIVersion) (*smd.Schema, error) {
	v, err := m.version(version)
	if err != nil {
		return nil, err
	}
	t, err := m.types[v.GroupVersion]()
	return t.Schema, err
}

// IsMissingVersionError implements [merge.Converter].
func (m *model) IsMissingVersionError(err error) bool {
	_, ok := err.(errNoVersion)
	return ok
}

var _ merge.Converter = (*model)(nil)
