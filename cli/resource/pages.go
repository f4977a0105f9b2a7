package resource

import (
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// FollowContinue lists page after page, until one says that it is the last.
func FollowContinue(options *metav1.ListOptions, list func(metav1.ListOptions) (runtime.Object, error)) error {
	for {
		page, err := list(*options)
		if err != nil {
			return err
		}
		next, _ := meta.NewAccessor().Continue(page)
		if next == "" {
			return nil
		}
		options.Continue = next
	}
}

// EnhanceListError says in err what was to be listed, if the server does not
// know that or how it was chosen. It remains an error of the API.
func EnhanceListError(err error, options metav1.ListOptions, subject string) error {
	if !apierrors.IsBadRequest(err) && !apierrors.IsNotFound(err) {
		return err
	}
	what := fmt.Sprintf("Unable to list %q", subject)
	if options.LabelSelector != "" || options.FieldSelector != "" {
		what = fmt.Sprintf("Unable to find %q that match label selector %q, field selector %q", subject, options.LabelSelector, options.FieldSelector)
	}
	if status, ok := err.(*apierrors.StatusError); ok {
		status.ErrStatus.Message = what + ": " + status.ErrStatus.Message
		return status
	}
	return fmt.Errorf("%s: %v", what, err)
}
