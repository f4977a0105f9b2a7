// Package definition validates CustomResourceDefinitions, with the rules and
// the messages of Kubernetes. Schemas, defaults and CEL are checked by the
// libraries of k8s.io/apiextensions-apiserver; what is above them is here,
// because Kubernetes' own package for it links a client of webhooks with all
// that it needs (gRPC, tracing), which each start of a program would pay for.
//
// Definitions are checked in the internal form of Kubernetes, since its
// messages show that form and its paths: a schema that all versions have in
// common is spec.validation, whatever the definition looks like.
//
// Everything here is a pure function of its arguments.
package definition

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apihelpers"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

type (
	v1Definition = *apiextensionsv1.CustomResourceDefinition
	definition   = *apiextensions.CustomResourceDefinition
)

// Validate checks a new definition. Of its metadata it checks what other kinds
// do not have: the name and the approval of protected groups.
func Validate(v1 v1Definition) field.ErrorList {
	d, err := internal(v1)
	if err != nil {
		return unreadable(err)
	}
	errs := validateName(d)
	errs = append(errs, validateSpec(&d.Spec, leniency{invalidCABundle: true})...)
	errs = append(errs, validateState(d)...)
	errs = append(errs, validateApproval(d, nil)...)
	return append(errs, validatePreservation(d, nil)...)
}

// ValidateUpdate checks a changed definition.
func ValidateUpdate(v1, v1Old v1Definition) field.ErrorList {
	d, old, err := internalPair(v1, v1Old)
	if err != nil {
		return unreadable(err)
	}
	errs := validateSpec(&d.Spec, leniencyFor(d, old))
	errs = append(errs, validateImmutable(&d.Spec, old)...)
	errs = append(errs, validateState(d)...)
	errs = append(errs, validateApproval(d, old)...)
	return append(errs, validatePreservation(d, old)...)
}

// ValidateStatusUpdate checks a definition of which the status has changed.
func ValidateStatusUpdate(v1 v1Definition) field.ErrorList {
	d, err := internal(v1)
	if err != nil {
		return unreadable(err)
	}
	return validateNames(&d.Status.AcceptedNames, acceptedNamesPath)
}

var (
	specPath           = field.NewPath("spec")
	acceptedNamesPath  = field.NewPath("status", "acceptedNames")
	storedVersionsPath = field.NewPath("status", "storedVersions")
)

// internal converts a definition. It fails if a default or an enumerated value
// in a schema is no JSON.
func internal(v1 v1Definition) (definition, error) {
	d := &apiextensions.CustomResourceDefinition{}
	return d, apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(v1.DeepCopy(), d, nil)
}

func internalPair(v1, v1Old v1Definition) (d, old definition, err error) {
	if d, err = internal(v1); err != nil {
		return nil, nil, err
	}
	old, err = internal(v1Old)
	return d, old, err
}

func unreadable(err error) field.ErrorList {
	return field.ErrorList{field.Invalid(specPath, field.OmitValueType{}, err.Error())}
}

// validateName checks the name and, as if it were one, generateName.
func validateName(d definition) field.ErrorList {
	errs := validateAsName("generateName", d.GenerateName, true, d)
	return append(errs, validateAsName("name", d.Name, false, d)...)
}

func validateAsName(which, name string, prefix bool, d definition) field.ErrorList {
	if name == "" {
		return nil
	}
	problems := apivalidation.NameIsDNSSubdomain(name, prefix)
	if name != d.Spec.Names.Plural+"."+d.Spec.Group {
		problems = append(problems, `must be spec.names.plural+"."+spec.group`)
	}
	var errs field.ErrorList
	for _, problem := range problems {
		errs = append(errs, field.Invalid(field.NewPath("metadata", which), name, problem))
	}
	return errs
}

// validateImmutable checks what may not change: what the definition's name is
// made of, and when objects may exist, what they are stored under.
func validateImmutable(s spec, stored definition) field.ErrorList {
	var errs field.ErrorList
	old := &stored.Spec
	if apiextensions.IsCRDConditionTrue(stored, apiextensions.Established) {
		errs = append(errs, apivalidation.ValidateImmutableField(s.Scope, old.Scope, specPath.Child("scope"))...)
		errs = append(errs, apivalidation.ValidateImmutableField(s.Names.Kind, old.Names.Kind, specPath.Child("names", "kind"))...)
	}
	errs = append(errs, apivalidation.ValidateImmutableField(s.Group, old.Group, specPath.Child("group"))...)
	return append(errs, apivalidation.ValidateImmutableField(s.Names.Plural, old.Names.Plural, specPath.Child("names", "plural"))...)
}

// validateState checks a status that comes with a spec.
func validateState(d definition) field.ErrorList {
	errs := validateNames(&d.Status.AcceptedNames, acceptedNamesPath)
	return append(errs, validateStoredVersions(d.Status.StoredVersions, d.Spec.Versions)...)
}

// validateStoredVersions checks that the versions in which objects may be
// stored can still be read.
func validateStoredVersions(stored []string, versions []apiextensions.CustomResourceDefinitionVersion) field.ErrorList {
	if len(stored) == 0 {
		return field.ErrorList{field.Invalid(storedVersionsPath, stored, "must have at least one stored version")}
	}
	missing := map[string]int{}
	for i, name := range stored {
		missing[name] = i
	}
	var errs field.ErrorList
	for _, v := range versions {
		if _, ok := missing[v.Name]; v.Storage && !ok {
			errs = append(errs, field.Invalid(storedVersionsPath, stored, "must have the storage version "+v.Name))
		}
		delete(missing, v.Name)
	}
	for i, name := range stored {
		if last, ok := missing[name]; ok && last == i {
			errs = append(errs, field.Invalid(storedVersionsPath.Index(i), name, fmt.Sprintf("missing from spec.versions; %[1]s was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in %[1]s and removes %[1]s from status.storedVersions", name)))
		}
	}
	return errs
}

// validateApproval checks that a definition in a group of Kubernetes says who
// approved it. A state that has not changed is not held against it.
func validateApproval(d, old definition) field.ErrorList {
	if !apihelpers.IsProtectedCommunityGroup(d.Spec.Group) {
		return nil
	}
	state, reason := apihelpers.GetAPIApprovalState(d.Annotations)
	if old != nil {
		if before, _ := apihelpers.GetAPIApprovalState(old.Annotations); before == state {
			return nil
		}
	}
	path := field.NewPath("metadata", "annotations").Key(apiextensionsv1.KubeAPIApprovedAnnotation)
	switch state {
	case apihelpers.APIApproved, apihelpers.APIApprovalBypassed:
		return nil
	case apihelpers.APIApprovalMissing:
		return field.ErrorList{field.Required(path, reason)}
	}
	return field.ErrorList{field.Invalid(path, d.Annotations[apiextensionsv1.KubeAPIApprovedAnnotation], reason)}
}

// validatePreservation refuses to begin with the preservation of all unknown
// fields.
func validatePreservation(d, old definition) field.ErrorList {
	if !preserves(&d.Spec) || old != nil && preserves(&old.Spec) {
		return nil
	}
	return field.ErrorList{field.Invalid(specPath.Child("preserveUnknownFields"), true, "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead")}
}

// preserves reports whether a definition's objects keep all unknown fields.
func preserves(s spec) bool {
	return ptr.Deref(s.PreserveUnknownFields, false)
}

// inOrder sorts what a library has found while going through maps.
func inOrder(errs field.ErrorList) field.ErrorList {
	slices.SortStableFunc(errs, func(a, b *field.Error) int {
		return cmp.Or(strings.Compare(a.Field, b.Field), strings.Compare(a.ErrorBody(), b.ErrorBody()))
	})
	return errs
}
