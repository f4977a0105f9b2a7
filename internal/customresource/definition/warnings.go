package definition

import (
	"fmt"
	"slices"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apiserver/pkg/cel/environment"
	kubespec "k8s.io/kube-openapi/pkg/validation/spec"
)

// Warnings are about what schemas say but the server can't hold objects to,
// unless the old definition had it too; old is nil for a new one.
func Warnings(d, old v1Definition) []string {
	warnings := schemaWarnings(d)
	if old == nil {
		return warnings
	}
	before := schemaWarnings(old)
	return slices.DeleteFunc(warnings, func(w string) bool { return slices.Contains(before, w) })
}

func schemaWarnings(v1 v1Definition) []string {
	d, err := internal(v1)
	if err != nil {
		return nil // the validation has refused it
	}
	var formats, lists []string
	for root := range roots(&d.Spec) {
		for node := range nodes(root) {
			formats = append(formats, formatWarnings(node)...)
			lists = append(lists, listWarnings(node)...)
		}
	}
	slices.Sort(formats)
	slices.Sort(lists)
	return append(formats, slices.Compact(lists)...)
}

func formatWarnings(s schema) []string {
	if s.Format == "" {
		return nil
	}
	var warnings []string
	declared := &kubespec.Schema{SchemaProps: kubespec.SchemaProps{Format: s.Format, Type: []string{s.Type}}}
	for _, format := range validation.GetUnrecognizedFormats(declared, environment.DefaultCompatibilityVersion()) {
		warnings = append(warnings, fmt.Sprintf("unrecognized format %q", format))
	}
	return warnings
}

func listWarnings(s schema) []string {
	if s.XListType == nil || *s.XListType != "set" || s.Items == nil || s.Items.Schema == nil {
		return nil
	}
	switch kind := s.Items.Schema.Type; kind {
	case "object", "array":
		return []string{fmt.Sprintf("x-kubernetes-list-type: set for items of type %q is not supported by server-side apply or CEL validation rules", kind)}
	}
	return nil
}
