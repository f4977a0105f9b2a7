package resources

import (
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/customresource/definition"
)

// crd is what the file's functions are about.
type crd = *apiextensionsv1.CustomResourceDefinition

// customResourceDefinition is the kind of which other kinds are made; see
// package customresource. What makes one valid is in package definition there.
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
		ValidateName:              func(string, bool) []string { return nil },
		Validate:                  definition.Validate,
		ValidateUpdate:            definition.ValidateUpdate,
		Warnings:                  definition.Warnings,
		Terminate:                 beginTermination,
		RefuseUnconditionalUpdate: true,
		ForeignFinalizers:         true,
		Status: &Status[crd]{
			Copy:     func(to, from crd) { to.Status = *from.Status.DeepCopy() },
			Validate: func(d, _ crd) field.ErrorList { return definition.ValidateStatusUpdate(d) },
		},
	})
}

// noteStoredVersion adds the storage version, the first one that says to be it,
// to those in which objects may be stored.
func noteStoredVersion(d crd) {
	at := slices.IndexFunc(d.Spec.Versions, func(v apiextensionsv1.CustomResourceDefinitionVersion) bool { return v.Storage })
	if at >= 0 && !slices.Contains(d.Status.StoredVersions, d.Spec.Versions[at].Name) {
		d.Status.StoredVersions = append(d.Status.StoredVersions, d.Spec.Versions[at].Name)
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
