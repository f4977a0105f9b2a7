package registry

import (
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// invalid answers for an object whose fields are wrong, in the words of
// [apierrors.NewInvalid]. That one takes time by the square of the errors, of
// which a large object may have tens of thousands while the cluster waits.
func invalid(gk schema.GroupKind, name string, errs field.ErrorList) error {
	err := apierrors.NewInvalid(gk, name, nil)
	for _, e := range errs {
		err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{
			Type: metav1.CauseType(e.Type), Message: e.ErrorBody(), Field: e.Field,
		})
	}
	if len(errs) > 0 {
		err.ErrStatus.Message += ": " + enumerated(errs)
	}
	return err
}

// enumerated is a list of errors as messages have it, each of them once.
func enumerated(errs field.ErrorList) string {
	var messages []string
	seen := sets.New[string]()
	for _, e := range errs {
		if message := e.Error(); !seen.Has(message) {
			seen.Insert(message)
			messages = append(messages, message)
		}
	}
	if len(messages) == 1 {
		return messages[0]
	}
	return "[" + strings.Join(messages, ", ") + "]"
}
