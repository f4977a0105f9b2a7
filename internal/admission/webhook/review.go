package webhook

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	admissionv1beta1 "k8s.io/api/admission/v1beta1"
	"k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/internal/admission/policy"
)

// call is what a webhook is asked about the request. The error is that it can't
// be.
func (q *asking) call(h *hook, t policy.Target) (Call, error) {
	if q.request.DryRun {
		switch {
		case h.sideEffects == nil:
			return Call{}, h.failed(errors.New("Webhook SideEffects is nil"))
		case *h.sideEffects != v1.SideEffectClassNone && *h.sideEffects != v1.SideEffectClassNoneOnDryRun:
			return Call{}, apierrors.NewBadRequest(fmt.Sprintf("admission webhook %q does not support dry run", h.name))
		}
	}
	version := ""
	for _, v := range h.reviewVersions {
		if v == admissionv1.SchemeGroupVersion.Version || v == admissionv1beta1.SchemeGroupVersion.Version {
			version = cmp.Or(version, v)
		}
	}
	if version == "" {
		return Call{}, h.failed(errors.New("could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)"))
	}
	asked := q.request.Describe(t)
	asked.UID = q.Client.Registry.NewUID()
	written, err := q.request.Written(t)
	if err != nil {
		return Call{}, apierrors.NewInternalError(err)
	}
	before, err := q.request.Before(t)
	if err != nil {
		return Call{}, apierrors.NewInternalError(err)
	}
	asked.Object, asked.OldObject = runtime.RawExtension{Object: written}, runtime.RawExtension{Object: before}
	return Call{Config: h.config, Timeout: h.timeout, Version: version, Review: &admissionv1.AdmissionReview{Request: asked}}, nil
}

// errFailed is that a webhook could not be asked, or gave no answer.
type errFailed struct {
	webhook string
	err     error
}

func (e *errFailed) Error() string {
	return fmt.Sprintf("failed calling webhook %q: %v", e.webhook, e.err)
}

func (e *errFailed) Unwrap() error { return e.err }

func (h *hook) failed(err error) error { return &errFailed{h.name, err} }

// verdict is what the request is refused with after a webhook failed or refused
// it; nil where it isn't.
func (h *hook) verdict(err error) error {
	var failed *errFailed
	if !errors.As(err, &failed) {
		return err
	}
	if h.failure == v1.Ignore {
		return nil
	}
	return apierrors.NewInternalError(err)
}

// response is what a webhook answered to a call. The error is that it failed, or
// refuses the request.
func (q *asking) response(h *hook, c Call, a Answer, mutating bool) (*admissionv1.AdmissionResponse, error) {
	if a.Err != nil {
		return nil, h.failed(fmt.Errorf("failed to call webhook: %w", a.Err))
	}
	r := a.Review.Response
	if err := check(c, a.Review, mutating); err != nil {
		return nil, h.failed(fmt.Errorf("received invalid webhook response: %w", err))
	}
	q.request.Warnings = append(q.request.Warnings, r.Warnings...)
	if !r.Allowed {
		return nil, denied(h.name, r.Result)
	}
	return r, nil
}

// check finds what is wrong with an answer. Those of v1beta1 may be anything.
func check(c Call, review *admissionv1.AdmissionReview, mutating bool) error {
	r := review.Response
	if r == nil {
		return errors.New("webhook response was absent")
	}
	if c.Version != admissionv1.SchemeGroupVersion.Version {
		return nil
	}
	want := admissionv1.SchemeGroupVersion.WithKind("AdmissionReview")
	switch got := review.GroupVersionKind(); {
	case r.UID != c.Review.Request.UID:
		return fmt.Errorf("expected response.uid=%q, got %q", c.Review.Request.UID, r.UID)
	case got != want:
		return fmt.Errorf("expected webhook response of %v, got %v", want, got)
	case !mutating && len(r.Patch) > 0:
		return errors.New("validating webhook may not return response.patch")
	case !mutating && r.PatchType != nil:
		return errors.New("validating webhook may not return response.patchType")
	case len(r.Patch) > 0 && r.PatchType == nil:
		return errors.New("webhook returned response.patch but not response.patchType")
	case len(r.Patch) == 0 && r.PatchType != nil:
		return errors.New("webhook returned response.patchType but not response.patch")
	case r.PatchType != nil && *r.PatchType == "":
		return fmt.Errorf("webhook returned invalid response.patchType of %q", *r.PatchType)
	}
	return nil
}

// denied is the answer to a request that a webhook refuses, with its own words
// and status as far as these are a failure's.
func denied(name string, result *metav1.Status) error {
	status := metav1.Status{}
	if result != nil {
		status = *result
	}
	status.Code = max(status.Code, http.StatusBadRequest)
	status.Status = metav1.StatusFailure
	by := fmt.Sprintf("admission webhook %q denied the request", name)
	if why := cmp.Or(status.Message, string(status.Reason)); why != "" {
		status.Message = by + ": " + why
	} else {
		status.Message = by + " without explanation"
	}
	return &apierrors.StatusError{ErrStatus: status}
}
