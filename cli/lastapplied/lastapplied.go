// Package lastapplied keeps in an object's annotation the configuration that
// it was last given, so that apply can tell what the user has taken away from
// what others have added.
package lastapplied

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"

	"github.com/kubejig/kubejig/cli/scheme"
)

// Annotation holds the configuration as JSON.
const Annotation = corev1.LastAppliedConfigAnnotation

// encoder writes typed and unstructured objects as they are sent.
func encoder() runtime.Encoder {
	return unstructured.NewJSONFallbackEncoder(scheme.Codecs().LegacyCodec(scheme.Scheme().PrioritizedVersionsAllGroups()...))
}

// Get is the configuration kept in obj, nil if there is none.
func Get(obj runtime.Object) ([]byte, error) {
	annotations, err := meta.NewAccessor().Annotations(obj)
	if err != nil {
		return nil, err
	}
	kept, ok := annotations[Annotation]
	if !ok {
		return nil, nil
	}
	return []byte(kept), nil
}

// Set keeps configuration in obj; an empty one changes nothing.
func Set(obj runtime.Object, configuration []byte) error {
	if len(configuration) == 0 {
		return nil
	}
	return change(obj, func(annotations map[string]string) { annotations[Annotation] = string(configuration) })
}

// Modified is the configuration that obj is, as JSON: with annotate, with
// itself kept in its annotation. obj is as before afterwards.
func Modified(obj runtime.Object, annotate bool) ([]byte, error) {
	accessor := meta.NewAccessor()
	original, err := accessor.Annotations(obj)
	if err != nil {
		return nil, err
	}
	kept := original[Annotation]
	defer func() {
		_ = change(obj, func(annotations map[string]string) { annotations[Annotation] = kept })
	}()
	if err := change(obj, func(annotations map[string]string) { delete(annotations, Annotation) }); err != nil {
		return nil, err
	}
	plain, err := runtime.Encode(encoder(), obj)
	if err != nil || !annotate {
		return plain, err
	}
	if err := change(obj, func(annotations map[string]string) { annotations[Annotation] = string(plain) }); err != nil {
		return nil, err
	}
	return runtime.Encode(encoder(), obj)
}

// Keep makes obj carry its own configuration.
func Keep(obj runtime.Object) error {
	configuration, err := Modified(obj, false)
	if err != nil {
		return err
	}
	return Set(obj, configuration)
}

// KeepOrUpdate keeps the configuration if asked to, and else only brings one
// that is already kept up to date.
func KeepOrUpdate(keep bool, obj runtime.Object) error {
	if !keep {
		if kept, err := Get(obj); err != nil || len(kept) == 0 {
			return err
		}
	}
	return Keep(obj)
}

func change(obj runtime.Object, by func(map[string]string)) error {
	accessor := meta.NewAccessor()
	annotations, err := accessor.Annotations(obj)
	if err != nil {
		return err
	}
	if annotations == nil {
		annotations = map[string]string{}
	}
	by(annotations)
	return accessor.SetAnnotations(obj, annotations)
}

// Patch is the patch that keeps obj as its own configuration, and
// that configuration.
func Patch(obj runtime.Object) (patch, configuration []byte, err error) {
	if configuration, err = runtime.Encode(unstructured.UnstructuredJSONScheme, obj); err != nil {
		return nil, nil, err
	}
	after := obj.DeepCopyObject()
	if err := Set(after, configuration); err != nil {
		return nil, nil, err
	}
	changed, err := json.Marshal(after)
	if err != nil {
		return nil, nil, err
	}
	patch, err = jsonmergepatch.CreateThreeWayJSONMergePatch(configuration, changed, configuration)
	return patch, configuration, err
}
