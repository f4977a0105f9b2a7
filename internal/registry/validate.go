package registry

import (
	"cmp"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// validateCreate checks a new object: its metadata, what its kind asks for and
// what the version does in which it was written.
func validateCreate(q Request, obj store.Object) field.ErrorList {
	errs := sorted(apivalidation.ValidateObjectMetaAccessor(obj, q.Kind.Namespaced, validName(q), field.NewPath("metadata")))
	if !q.Kind.ForeignFinalizers {
		errs = append(errs, resources.ValidateFinalizers(obj)...)
	}
	if q.Kind.Validate != nil {
		errs = append(errs, q.Kind.Validate(obj)...)
	}
	errs = append(errs, validateVersion(q, obj, nil)...)
	if isExtension(q) {
		return errs
	}
	return ordered(errs)
}

// isExtension reports whether a request is for a custom resource or for a
// definition of one: Kubernetes checks those apart from its own kinds.
func isExtension(q Request) bool {
	return q.Kind.Custom != nil || q.Kind.GroupKind().Group == apiextensionsv1.GroupName
}

// validateUpdate checks a changed object: its metadata, what its kind asks for
// and what the version does in which it was written. Kubernetes' own kinds check
// the metadata once more, and each complaint is kept once; extensions do that
// too, and keep all of them.
func validateUpdate(q Request, obj, old store.Object) field.ErrorList {
	metadata := field.NewPath("metadata")
	errs := sorted(apivalidation.ValidateObjectMetaAccessor(obj, q.Kind.Namespaced, validPathSegment, metadata))
	changed := sorted(apivalidation.ValidateObjectMetaAccessorUpdate(obj, old, metadata))
	errs = append(errs, changed...)
	if isExtension(q) {
		errs = append(errs, ordered(changed)...)
		return append(errs, validateChange(q, obj, old)...)
	}
	part := q.part()
	if !q.Kind.ForeignFinalizers && (part == nil || !part.ForeignFinalizers) {
		errs = append(errs, resources.ValidateFinalizers(obj)...)
	}
	if part == nil && q.Kind.RevalidatesName || part != nil && part.RevalidatesName {
		errs = append(errs, sorted(apivalidation.ValidateObjectMetaAccessor(obj, q.Kind.Namespaced, validName(q), metadata))...)
	}
	return ordered(append(errs, validateChange(q, obj, old)...))
}

// validateChange checks a changed object but for its metadata.
func validateChange(q Request, obj, old store.Object) (errs field.ErrorList) {
	if part := q.part(); part != nil {
		if part.Validate != nil {
			errs = part.Validate(obj, old)
		}
		return errs
	}
	if q.Kind.ValidateUpdate != nil {
		errs = q.Kind.ValidateUpdate(obj, old)
	}
	return append(errs, validateVersion(q, obj, old)...)
}

// validName is what checks names of the request's kind.
func validName(q Request) apivalidation.ValidateNameFunc {
	if q.Kind.ValidateName != nil {
		return q.Kind.ValidateName
	}
	return apivalidation.NameIsDNSSubdomain
}

// validPathSegment checks what must hold of any name.
func validPathSegment(name string, prefix bool) []string {
	if prefix {
		return content.IsPathSegmentPrefix(name)
	}
	return content.IsPathSegmentName(name)
}

// ordered drops the errors that say what another one has said, and puts those
// last that Kubernetes finds declaratively, which kinds mark as beta.
func ordered(errs field.ErrorList) field.ErrorList {
	if len(errs) < 2 {
		return errs
	}
	var first, last field.ErrorList
	seen := sets.New[string]()
	for _, e := range errs {
		switch message := e.Error(); {
		case seen.Has(message):
		case e.IsBeta():
			seen.Insert(message)
			last = append(last, e)
		default:
			seen.Insert(message)
			first = append(first, e)
		}
	}
	return append(first, last...)
}

// validateVersion checks what only requests in their version must fulfil; those
// in no version are in the one that is stored.
func validateVersion(q Request, obj, old store.Object) field.ErrorList {
	gv, err := schema.ParseGroupVersion(cmp.Or(q.APIVersion, q.Kind.Storage().String()))
	if err != nil {
		return nil
	}
	if v := q.Kind.Version(gv); v != nil && v.Validate != nil {
		return v.Validate(obj, old)
	}
	return nil
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
