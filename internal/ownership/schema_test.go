package ownership

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/applyconfigurations"
	"sigs.k8s.io/randfill"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/typed"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/scheme"
	"github.com/kubejig/kubejig/internal/store"
)

// The schema that reflection and the table make takes every kind apart just as
// client-go's does.
func TestSchemaAgreesWithClientGo(t *testing.T) {
	reference := applyconfigurations.NewTypeConverter(scheme.Scheme())
	for _, k := range resources.Builtin().All() {
		if k.GVK().Group == "apiextensions.k8s.io" {
			continue // client-go has no schema for it
		}
		for _, v := range k.Versions {
			t.Run(v.WithKind(k.Name).String(), func(t *testing.T) {
				for seed := range int64(5) {
					obj := filled(v.New(), seed)
					obj.GetObjectKind().SetGroupVersionKind(v.WithKind(k.Name))
					theirs, err := reference.ObjectToTyped(obj, typed.AllowDuplicates)
					require.NoError(t, err)
					ours, err := typeOf(reflect.TypeOf(obj)).FromStructured(obj, typed.AllowDuplicates)
					require.NoError(t, err)
					require.Equal(t, fieldSet(t, theirs), fieldSet(t, ours))
				}
			})
		}
	}
}

func fieldSet(t *testing.T, value *typed.TypedValue) string {
	set, err := value.ToFieldSet()
	require.NoError(t, err)
	return set.String()
}

// filled is an object with random contents.
func filled(obj store.Object, seed int64) store.Object {
	filler := randfill.NewWithSeed(seed).NilChance(0.4).NumElements(0, 3).MaxDepth(14).Funcs(
		func(q *resource.Quantity, c randfill.Continue) {
			*q = *resource.NewQuantity(c.Int63n(1000), resource.DecimalSI)
		},
		func(v *intstr.IntOrString, c randfill.Continue) { *v = intstr.FromInt32(c.Int31n(100)) },
		func(r *runtime.RawExtension, _ randfill.Continue) { r.Raw = []byte(`{"a":{"b":1}}`) },
		func(j *apiextensionsv1.JSON, _ randfill.Continue) { j.Raw = []byte(`"x"`) },
		func(m *[]metav1.ManagedFieldsEntry, _ randfill.Continue) { *m = nil },
		func(r *corev1.ResourceList, _ randfill.Continue) {
			*r = corev1.ResourceList{"cpu": resource.MustParse("1")}
		},
	)
	filler.Fill(obj)
	return obj
}

// Comparing by plan finds just the differences that structured merge finds.
func TestPlansAgreeWithStructuredMerge(t *testing.T) {
	for _, k := range resources.Builtin().All() {
		t.Run(k.GVK().String(), func(t *testing.T) {
			m := modelOf(k)
			version := fieldpath.APIVersion(k.GVK().GroupVersion().String())
			for seed := range int64(12) {
				l, r := filled(k.Storage().New(), seed), filled(k.Storage().New(), seed/2*2)
				if seed%4 == 3 {
					r = l.DeepCopyObject().(store.Object)
				}
				if seed%4 == 2 {
					l = nil
				}
				before, err := m.take(l, version)
				if err != nil {
					continue // an element without its keys
				}
				after, err := m.take(r, version)
				if err != nil {
					continue
				}
				theirs, err := before.Compare(after)
				require.NoError(t, err)
				ours, ok := m.compare(l, r)
				if !ok {
					continue // duplicates
				}
				require.Equal(t, theirs.Removed.String(), ours[removed].String())
				require.Equal(t, theirs.Modified.String(), ours[modified].String())
				require.Equal(t, theirs.Added.String(), ours[added].String())
			}
		})
	}
}
