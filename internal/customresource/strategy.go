package customresource

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

type object = *unstructured.Unstructured

// strategy is what happens to objects when they are written.
func (v *customVersion) strategy() resources.Strategy {
	return resources.Strategy{
		PrepareForCreate: func(obj store.Object) []string {
			v.prepareForCreate(obj.(object))
			return nil
		},
		PrepareForUpdate: func(obj, old store.Object) { v.prepareForUpdate(obj.(object), old.(object)) },
		Warnings:         finalizerWarnings,

		RefuseUnconditionalUpdate: true,
		ForeignFinalizers:         true,
	}
}

func (v *customVersion) prepareForCreate(obj object) {
	if v.hasStatus() {
		delete(obj.Object, "status")
	}
	obj.SetGeneration(1)
}

func (v *customVersion) prepareForUpdate(obj, old object) {
	if v.hasStatus() {
		setField(obj, old, "status")
	}
	if !equality.Semantic.DeepEqual(withoutMetadata(obj), withoutMetadata(old)) {
		obj.SetGeneration(old.GetGeneration() + 1)
	}
}

// prepareStatus keeps of an object all but its status, and the record of who
// set it.
func prepareStatus(obj, old object) {
	kept := old.DeepCopy()
	setField(kept, obj, "status")
	kept.SetManagedFields(obj.GetManagedFields())
	obj.Object = kept.Object
}

// setField gives an object a field of another, or takes it away.
func setField(to, from object, name string) {
	value, ok := from.Object[name]
	if !ok {
		delete(to.Object, name)
		return
	}
	to.Object[name] = runtime.DeepCopyJSONValue(value)
}

func withoutMetadata(obj object) map[string]any {
	rest := make(map[string]any, len(obj.Object))
	for name, value := range obj.Object {
		if name != "metadata" {
			rest[name] = value
		}
	}
	return rest
}

// standardFinalizers need no domain.
var standardFinalizers = []string{metav1.FinalizerOrphanDependents, metav1.FinalizerDeleteDependents, "kubernetes"}

// finalizerWarnings are about new finalizers that may clash with others.
func finalizerWarnings(obj, old store.Object) []string {
	var before []string
	if old != nil {
		before = old.GetFinalizers()
	}
	names := slices.Clone(obj.GetFinalizers())
	slices.Sort(names)
	var warnings []string
	for _, name := range slices.Compact(names) {
		if !slices.Contains(before, name) {
			warnings = append(warnings, finalizerWarning(name)...)
		}
	}
	return warnings
}

func finalizerWarning(name string) []string {
	var warnings []string
	for _, msg := range utilvalidation.IsQualifiedName(name) {
		warnings = append(warnings, fmt.Sprintf("metadata.finalizers: %q: %s", name, msg))
	}
	if strings.Contains(name, "/") || slices.Contains(standardFinalizers, name) {
		return warnings
	}
	path := ""
	if strings.Contains(name, ".") {
		path = "including a path (/) "
	}
	return append(warnings, fmt.Sprintf("metadata.finalizers: %q: prefer a domain-qualified finalizer name %sto avoid accidental conflicts with other finalizer writers", name, path))
}
