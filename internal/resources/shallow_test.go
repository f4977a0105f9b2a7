package resources

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestTypedLeavesTheOriginalAlone(t *testing.T) {
	gvk := schema.GroupVersionKind{Group: "example.com", Version: "v2", Kind: "Widget"}
	for name, obj := range map[string]runtime.Object{
		"built in": &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "a"}},
		"custom": &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "example.com/v1", "kind": "Widget", "metadata": map[string]any{"name": "a"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			before := obj.DeepCopyObject()
			typed := Typed(obj, gvk)
			typed.(metav1.Object).SetResourceVersion("7")
			require.Equal(t, gvk, typed.GetObjectKind().GroupVersionKind())
			require.Equal(t, before, obj)
			require.Same(t, typed, Typed(typed, gvk), "what says its kind already is not copied")
		})
	}
}
