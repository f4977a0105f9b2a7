package resources

import (
	"slices"
	"strings"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/customresource/definition"
)

// crd is what the file's functions are about.
type crd = *apiextensionsv1.CustomResourceDefinition

// customResourceDefinition is the kind of which other kinds are made; see
// package customresource. What makes one valid is in package definition there.
func customResourceDefinition() *Kind {
	k := define(Definition[crd]{
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
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Scope", "Cluster/Namespaced"),
			Column("Versions", "Served versions"),
			CreatedColumn(),
			Wide(Column("Group", "API group")),
			Wide(Column("Kind", "CustomResource kind")),
			Wide(Column("ShortNames", "Short names")),
			Wide(Boolean(Column("Established", "Established status"))),
		},
		Row: func(d crd, _ time.Time) []any {
			return []any{
				d.Name, string(d.Spec.Scope), strings.Join(servedVersions(d), ","), created(d),
				d.Spec.Group, d.Spec.Names.Kind, strings.Join(d.Spec.Names.ShortNames, ","), isEstablished(d),
			}
		},
	})
	k.Subresources["status"].Tabled = false
	return k
}

// servedVersions are the names of the versions that are served, in order of the
// alphabet.
func servedVersions(d crd) []string {
	var names []string
	for _, v := range d.Spec.Versions {
		switch {
		case v.Served && v.Storage:
			names = append(names, v.Name+"(storage)")
		case v.Served:
			names = append(names, v.Name)
		}
	}
	slices.Sort(names)
	return names
}

func isEstablished(d crd) bool {
	return slices.ContainsFunc(d.Status.Conditions, func(c apiextensionsv1.CustomResourceDefinitionCondition) bool {
		return c.Type == apiextensionsv1.Established && c.Status == apiextensionsv1.ConditionTrue
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
func beginTermination(d crd, now metav1.Time) bool {
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

		LastTransitionTime: now,
	})
	return true
}
