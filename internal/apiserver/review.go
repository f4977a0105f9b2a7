package apiserver

import (
	"net/http"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/authorization"
)

// readReview reads a review from the body.
func (c *call) readReview(into runtime.Object, kind string) error {
	o, err := c.createOptions()
	if err != nil {
		return err
	}
	return c.read(into, c.groupVersion().WithKind(kind), o)
}

func (c *call) reviewSelf() error {
	review := &authenticationv1.SelfSubjectReview{}
	if err := c.readReview(review, "SelfSubjectReview"); err != nil {
		return err
	}
	review.Status.UserInfo = c.user
	return c.answerVirtual(http.StatusCreated, review, "SelfSubjectReview", nil)
}

func (c *call) reviewToken() error {
	review := &authenticationv1.TokenReview{}
	if err := c.readReview(review, "TokenReview"); err != nil {
		return err
	}
	if review.Spec.Token == "" {
		return apierrors.NewBadRequest("token is required for TokenReview in authentication")
	}
	audiences := review.Spec.Audiences
	if len(audiences) == 0 {
		audiences = c.audiences()
	}
	user, err := c.identifyToken(review.Spec.Token, audiences)
	review.Status = authenticationv1.TokenReviewStatus{Authenticated: err == nil, User: user}
	switch {
	case err == nil:
		review.Status.Audiences = audiences
	default:
		review.Status.User = authenticationv1.UserInfo{}
		review.Status.Error = err.Error()
	}
	return c.answerVirtual(http.StatusCreated, review, "TokenReview", nil)
}

func (c *call) reviewAccess() error {
	review := &authorizationv1.SubjectAccessReview{}
	if err := c.readReview(review, "SubjectAccessReview"); err != nil {
		return err
	}
	if errs := validateAccess(review.Spec); len(errs) > 0 {
		return apierrors.NewInvalid(reviewKind("SubjectAccessReview"), "", errs)
	}
	review.Status = c.access(subjectOf(review.Spec), review.Spec.ResourceAttributes, review.Spec.NonResourceAttributes)
	return c.answerVirtual(http.StatusCreated, review, "SubjectAccessReview", nil)
}

func (c *call) reviewLocalAccess() error {
	review := &authorizationv1.LocalSubjectAccessReview{}
	if err := c.readReview(review, "LocalSubjectAccessReview"); err != nil {
		return err
	}
	errs := validateAccess(review.Spec)
	switch r := review.Spec.ResourceAttributes; {
	case review.Spec.NonResourceAttributes != nil:
		errs = append(errs, field.Invalid(field.NewPath("spec", "nonResourceAttributes"), review.Spec.NonResourceAttributes, "disallowed on this kind of request"))
	case r != nil && r.Namespace != c.namespace:
		errs = append(errs, field.Invalid(field.NewPath("spec", "resourceAttributes", "namespace"), r.Namespace, "must match metadata.namespace"))
	}
	if len(errs) > 0 {
		return apierrors.NewInvalid(reviewKind("LocalSubjectAccessReview"), "", errs)
	}
	review.Namespace = c.namespace
	review.Status = c.access(subjectOf(review.Spec), review.Spec.ResourceAttributes, nil)
	return c.answerVirtual(http.StatusCreated, review, "LocalSubjectAccessReview", nil)
}

func (c *call) reviewOwnAccess() error {
	review := &authorizationv1.SelfSubjectAccessReview{}
	if err := c.readReview(review, "SelfSubjectAccessReview"); err != nil {
		return err
	}
	if errs := validateAttributes(review.Spec.ResourceAttributes, review.Spec.NonResourceAttributes); len(errs) > 0 {
		return apierrors.NewInvalid(reviewKind("SelfSubjectAccessReview"), "", errs)
	}
	review.Status = c.access(c.user, review.Spec.ResourceAttributes, review.Spec.NonResourceAttributes)
	return c.answerVirtual(http.StatusCreated, review, "SelfSubjectAccessReview", nil)
}

func (c *call) reviewOwnRules() error {
	review := &authorizationv1.SelfSubjectRulesReview{}
	if err := c.readReview(review, "SelfSubjectRulesReview"); err != nil {
		return err
	}
	if review.Spec.Namespace == "" {
		return apierrors.NewBadRequest("no namespace on request")
	}
	review.Status = authorization.Everything()
	if c.Authorizer != nil && !authorization.IsSuperuser(c.user) {
		c.Do(func() { review.Status = c.Authorizer.Rules(c.user, review.Spec.Namespace) })
	}
	return c.answerVirtual(http.StatusCreated, review, "SelfSubjectRulesReview", nil)
}

func reviewKind(kind string) schema.GroupKind {
	return schema.GroupKind{Group: authorizationv1.GroupName, Kind: kind}
}

func validateAccess(spec authorizationv1.SubjectAccessReviewSpec) field.ErrorList {
	errs := validateAttributes(spec.ResourceAttributes, spec.NonResourceAttributes)
	if spec.User == "" && len(spec.Groups) == 0 {
		errs = append(errs, field.Invalid(field.NewPath("spec", "user"), spec.User, "at least one of user or group must be specified"))
	}
	return errs
}

func validateAttributes(r *authorizationv1.ResourceAttributes, n *authorizationv1.NonResourceAttributes) field.ErrorList {
	path := field.NewPath("spec", "resourceAttributes")
	switch {
	case r != nil && n != nil:
		return field.ErrorList{field.Invalid(field.NewPath("spec", "nonResourceAttributes"), n, "cannot be specified in combination with resourceAttributes")}
	case r == nil && n == nil:
		return field.ErrorList{field.Invalid(path, r, "exactly one of nonResourceAttributes or resourceAttributes must be specified")}
	}
	return nil
}

func subjectOf(spec authorizationv1.SubjectAccessReviewSpec) authenticationv1.UserInfo {
	u := authenticationv1.UserInfo{Username: spec.User, Groups: spec.Groups, UID: spec.UID}
	for key, values := range spec.Extra {
		if u.Extra == nil {
			u.Extra = map[string]authenticationv1.ExtraValue{}
		}
		u.Extra[key] = authenticationv1.ExtraValue(values)
	}
	return u
}

// access is the answer to the question whether a user may.
func (c *call) access(user authenticationv1.UserInfo, r *authorizationv1.ResourceAttributes, n *authorizationv1.NonResourceAttributes) authorizationv1.SubjectAccessReviewStatus {
	a := authorization.Attributes{User: user}
	if r != nil {
		a.Verb, a.Namespace, a.Name = r.Verb, r.Namespace, r.Name
		a.Group, a.Version, a.Resource, a.Subresource = r.Group, r.Version, r.Resource, r.Subresource
	} else {
		a.Verb, a.Path = n.Verb, n.Path
	}
	if c.Authorizer == nil || authorization.IsSuperuser(user) {
		return authorizationv1.SubjectAccessReviewStatus{Allowed: true}
	}
	var status authorizationv1.SubjectAccessReviewStatus
	c.Do(func() { status.Allowed, status.Reason = c.Authorizer.Authorize(a) })
	return status
}
