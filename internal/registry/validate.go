package registry

import (
	"cmp"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/store"
)

// validateCreate checks a new object: its metadata, what its kind asks for and
// what the version does in which it was written.
func validateCreate(q Request, obj store.Object) field.ErrorList {
	validateName := apivalidation.NameIsDNSSubdomain
	if q.Kind.ValidateName != nil {
		validateName = q.Kind.ValidateName
	}
	metadata := field.NewPath("metadata")
	errs := sorted(apivalidation.ValidateObjectMetaAccessor(obj, q.Kind.Namespaced, validateName, metadata))
	errs = append(errs, validateFinalizers(q, obj)...)
	if q.Kind.Validate != nil {
		errs = append(errs, q.Kind.Validate(obj)...)
	}
	return append(errs, validateVersion(q, obj, nil)...)
}

func validateUpdate(q Request, obj, old store.Object) field.ErrorList {
	errs := sorted(apivalidation.ValidateObjectMetaAccessorUpdate(obj, old, field.NewPath("metadata")))
	errs = append(errs, validateFinalizers(q, obj)...)
	validate := q.Kind.ValidateUpdate
	if part := q.part(); part != nil {
		validate = part.Validate
	}
	if validate != nil {
		errs = append(errs, validate(obj, old)...)
	}
	return append(errs, validateVersion(q, obj, old)...)
}

// validateVersion checks what only requests in their version must fulfil.
func validateVersion(q Request, obj, old store.Object) field.ErrorList {
	gv, err := schema.ParseGroupVersion(q.APIVersion)
	if err != nil || q.APIVersion == "" {
		return nil
	}
	if v := q.Kind.Version(gv); v != nil && v.Validate != nil {
		return v.Validate(obj, old)
	}
	return nil
}

// plainFinalizers are those that need no domain.
var plainFinalizers = []string{"kubernetes", metav1.FinalizerOrphanDependents, metav1.FinalizerDeleteDependents}

// validateFinalizers checks that finalizers say whose they are, in objects of
// Kubernetes' own kinds.
func validateFinalizers(q Request, obj store.Object) field.ErrorList {
	if q.Kind.Custom != nil || q.Kind.GroupKind().Group == apiextensionsv1.GroupName {
		return nil
	}
	var errs field.ErrorList
	for i, name := range obj.GetFinalizers() {
		if !strings.Contains(name, "/") && !slices.Contains(plainFinalizers, name) {
			errs = append(errs, field.Invalid(field.NewPath("metadata", "finalizers").Index(i), name, "name is neither a standard finalizer name nor is it fully qualified"))
		}
	}
	return errs
}

// sorted puts the errors of each field in order: those of map entries come in
// none.
func sorted(errs field.ErrorList) field.ErrorList {
	if len(errs) < 2 {
		return errs
	}
	rank := map[string]int{}
	for _, e := range errs {
		if _, seen := rank[e.Field]; !seen {
			rank[e.Field] = len(rank)
		}
	}
	slices.SortStableFunc(errs, func(a, b *field.Error) int {
		return cmp.Or(cmp.Compare(rank[a.Field], rank[b.Field]), strings.Compare(a.Error(), b.Error()))
	})
	return errs
}
