package resources

import (
	"bytes"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func controllerRevision() *Kind {
	return define(Definition[*appsv1.ControllerRevision]{
		Name: "ControllerRevision", Resource: "controllerrevisions",
		RevalidatesName: true,
		Version:         appsv1.SchemeGroupVersion,
		Validate:        validateControllerRevision,
		ValidateUpdate:  validateControllerRevisionUpdate,
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Controller", "Controller of the object"),
			Column("Revision", appsv1.ControllerRevision{}.SwaggerDoc()["revision"]),
			AgeColumn(),
		},
		Row: func(r *appsv1.ControllerRevision, now time.Time) []any {
			return []any{r.Name, controllerCell(r), r.Revision, Age(r.CreationTimestamp, now)}
		},
	})
}

// controllerCell is the owner as kind.group/name.
func controllerCell(r *appsv1.ControllerRevision) string {
	owner := metav1.GetControllerOf(r)
	if owner == nil {
		return "<none>"
	}
	gk := schema.FromAPIVersionAndKind(owner.APIVersion, owner.Kind).GroupKind()
	return strings.ToLower(gk.String()) + "/" + owner.Name
}

func validateControllerRevision(r *appsv1.ControllerRevision) field.ErrorList {
	errs := validateRevisionNumber(r)
	path := field.NewPath("data")
	switch raw := bytes.TrimSpace(r.Data.Raw); {
	case r.Data.Object != nil || bytes.HasPrefix(raw, []byte("{")):
	case raw == nil || string(raw) == "null":
		errs = append(errs, field.Required(path, "data is mandatory"))
	default:
		errs = append(errs, field.Required(path, "data must be a valid JSON object"))
	}
	return errs
}

func validateRevisionNumber(r *appsv1.ControllerRevision) field.ErrorList {
	return apivalidation.ValidateNonnegativeField(r.Revision, field.NewPath("revision"))
}

func validateControllerRevisionUpdate(r, old *appsv1.ControllerRevision) field.ErrorList {
	return append(validateRevisionNumber(r), apivalidation.ValidateImmutableField(r.Data, old.Data, field.NewPath("data"))...)
}
