package resources

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/cel/environment"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// crd is what the file's functions are about.
type crd = *apiextensionsv1.CustomResourceDefinition

// customResourceDefinition is the kind of which other kinds are made; see
// package customresource. Its rules are those of Kubernetes' own package.
func customResourceDefinition() *Kind {
	return define(Definition[crd]{
		Name: "CustomResourceDefinition", Resource: "customresourcedefinitions",
		ShortNames: []string{"crd", "crds"}, Categories: []string{"api-extensions"}, ClusterScoped: true,
		Version:          apiextensionsv1.SchemeGroupVersion,
		Default:          apiextensionsv1.SetObjectDefaults_CustomResourceDefinition,
		Spec:             func(d crd) any { return d.Spec },
		PrepareForCreate: noteStoredVersion,
		PrepareForUpdate: func(d, _ crd) { noteStoredVersion(d) },
		// The validation below has the rule, which knows more than the name.
		ValidateName: func(string, bool) []string { return nil },
		Validate: func(d crd) field.ErrorList {
			return checkDefinitions(func(all ...internalCRD) field.ErrorList {
				return crdvalidation.ValidateCustomResourceDefinition(context.Background(), all[0])
			}, d)
		},
		ValidateUpdate: func(d, old crd) field.ErrorList {
			return checkDefinitions(func(all ...internalCRD) field.ErrorList {
				return crdvalidation.ValidateCustomResourceDefinitionUpdate(context.Background(), all[0], all[1])
			}, d, old)
		},
		Warnings:                  definitionWarnings,
		Terminate:                 beginTermination,
		RefuseUnconditionalUpdate: true,
		Status: &Status[crd]{
			Copy: func(to, from crd) { to.Status = *from.Status.DeepCopy() },
			Validate: func(d, old crd) field.ErrorList {
				return checkDefinitions(func(all ...internalCRD) field.ErrorList {
					return crdvalidation.ValidateUpdateCustomResourceDefinitionStatus(context.Background(), all[0], all[1])
				}, d, old)
			},
		},
	})
}

// noteStoredVersion adds the storage version to those in which objects may be
// stored.
func noteStoredVersion(d crd) {
	for _, v := range d.Spec.Versions {
		if v.Storage && !slices.Contains(d.Status.StoredVersions, v.Name) {
			d.Status.StoredVersions = append(d.Status.StoredVersions, v.Name)
		}
	}
}

// beginTermination makes a deleted definition wait until its objects are gone.
func beginTermination(d crd) bool {
	for _, c := range d.Status.Conditions {
		if c.Type == apiextensionsv1.Terminating {
			return false // its finalizers say how long it stays
		}
	}
	if !slices.Contains(d.Finalizers, apiextensionsv1.CustomResourceCleanupFinalizer) {
		d.Finalizers = append(d.Finalizers, apiextensionsv1.CustomResourceCleanupFinalizer)
	}
	d.Status.Conditions = append(d.Status.Conditions, apiextensionsv1.CustomResourceDefinitionCondition{
		Type:    apiextensionsv1.Terminating,
		Status:  apiextensionsv1.ConditionTrue,
		Reason:  "InstanceDeletionPending",
		Message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
	})
	return true
}

// internalCRD is the form of definitions that Kubernetes' validation takes.
type internalCRD = *apiextensions.CustomResourceDefinition

// checkDefinitions validates definitions in their internal form. The errors
// are put in an order that is the same in every run, since schemas' properties
// have none.
func checkDefinitions(validate func(...internalCRD) field.ErrorList, definitions ...crd) field.ErrorList {
	var all []internalCRD
	for _, d := range definitions {
		internal, err := internalDefinition(d)
		if err != nil {
			return field.ErrorList{field.Invalid(field.NewPath("spec"), field.OmitValueType{}, err.Error())}
		}
		all = append(all, internal)
	}
	errs := validate(all...)
	slices.SortStableFunc(errs, func(a, b *field.Error) int {
		return cmp.Or(strings.Compare(a.Field, b.Field), strings.Compare(a.ErrorBody(), b.ErrorBody()))
	})
	return errs
}

// internalDefinition converts a definition, with no more metadata than its
// validation needs: the rest has been checked before. It fails if a default or
// an enumerated value in a schema is no JSON.
func internalDefinition(d crd) (internalCRD, error) {
	internal := &apiextensions.CustomResourceDefinition{}
	if err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(d.DeepCopy(), internal, nil); err != nil {
		return nil, err
	}
	internal.ObjectMeta = metav1.ObjectMeta{
		Name: d.Name, UID: d.UID, ResourceVersion: "1", CreationTimestamp: d.CreationTimestamp,
	}
	if approval, ok := d.Annotations[apiextensionsv1.KubeAPIApprovedAnnotation]; ok {
		internal.Annotations = map[string]string{apiextensionsv1.KubeAPIApprovedAnnotation: approval}
	}
	return internal, nil
}

func definitionWarnings(d, old crd) []string {
	warnings := schemaWarnings(d)
	if old == nil {
		return warnings
	}
	before := schemaWarnings(old)
	return slices.DeleteFunc(warnings, func(w string) bool { return slices.Contains(before, w) })
}

// schemaWarnings are about what schemas may say but the server can't check.
func schemaWarnings(d crd) []string {
	internal, err := internalDefinition(d)
	if err != nil {
		return nil // the validation has refused it
	}
	schemas := []*apiextensions.CustomResourceValidation{internal.Spec.Validation}
	for _, v := range internal.Spec.Versions {
		schemas = append(schemas, v.Schema)
	}
	var formats, lists []string
	for _, schema := range schemas {
		if schema == nil || schema.OpenAPIV3Schema == nil {
			continue
		}
		crdvalidation.SchemaHas(schema.OpenAPIV3Schema, func(s *apiextensions.JSONSchemaProps) bool {
			formats = append(formats, formatWarnings(s)...)
			lists = append(lists, listWarnings(s)...)
			return false
		})
	}
	slices.Sort(formats)
	slices.Sort(lists)
	return append(formats, slices.Compact(lists)...)
}

func formatWarnings(s *apiextensions.JSONSchemaProps) []string {
	if s.Format == "" {
		return nil
	}
	var warnings []string
	schema := &spec.Schema{SchemaProps: spec.SchemaProps{Format: s.Format, Type: []string{s.Type}}}
	for _, format := range validation.GetUnrecognizedFormats(schema, environment.DefaultCompatibilityVersion()) {
		warnings = append(warnings, fmt.Sprintf("unrecognized format %q", format))
	}
	return warnings
}

func listWarnings(s *apiextensions.JSONSchemaProps) []string {
	if s.XListType == nil || *s.XListType != "set" || s.Items == nil || s.Items.Schema == nil {
		return nil
	}
	switch kind := s.Items.Schema.Type; kind {
	case "object", "array":
		return []string{fmt.Sprintf("x-kubernetes-list-type: set for items of type %q is not supported by server-side apply or CEL validation rules", kind)}
	}
	return nil
}
