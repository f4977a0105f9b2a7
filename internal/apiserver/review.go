package apiserver

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/authorization"
	"github.com/kubejig/kubejig/internal/ownership"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
	"github.com/kubejig/kubejig/internal/tokens"
)

// readReview reads a review from the body.
func (c *call) readReview(into store.Object, kind string) error {
	o, err := c.createOptions()
	if err != nil {
		return err
	}
	gvk := c.groupVersion().WithKind(kind)
	if err := c.read(into, gvk, o); err != nil {
		return err
	}
	into.SetManagedFields(c.unstoredOwners(into, gvk, o))
	return nil
}

// unstoredOwners are the managed fields of an object that is answered but not
// stored: its sender has what it says now.
func (c *call) unstoredOwners(obj store.Object, gvk schema.GroupVersionKind, o writeOptions) []metav1.ManagedFieldsEntry {
	return ownership.Created(unstoredKind(obj, gvk), obj, ownership.Write{
		Manager: o.manager, Operation: string(metav1.ManagedFieldsOperationUpdate),
		APIVersion: gvk.GroupVersion().String(), Subresource: c.subresource, Time: c.now,
	}).Entries()
}

// unstoredKind is the kind of an object that is not stored.
func unstoredKind(obj store.Object, gvk schema.GroupVersionKind) *resources.Kind {
	empty := func() store.Object { return reflect.New(reflect.TypeOf(obj).Elem()).Interface().(store.Object) }
	return &resources.Kind{Name: gvk.Kind, Versions: []resources.Version{{GroupVersion: gvk.GroupVersion(), New: empty}}}
}

func (c *call) reviewSelf() error {
	review := &authenticationv1.SelfSubjectReview{}
	if err := c.readReview(review, "SelfSubjectReview"); err != nil {
		return err
	}
	review.CreationTimestamp = metav1.NewTime(c.now.Truncate(time.Second))
	review.Status.UserInfo = c.user
	return c.show(http.StatusCreated, review, "SelfSubjectReview")
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
	bearer, err := c.identifyToken(review.Spec.Token, audiences)
	if err != nil {
		review.Status = authenticationv1.TokenReviewStatus{Error: tokenComplaint(err)}
	} else {
		review.Status = authenticationv1.TokenReviewStatus{Authenticated: true, User: bearer.user, Audiences: bearer.audiences}
	}
	return c.show(http.StatusCreated, review, "TokenReview")
}

// tokenComplaint is what the authenticators of tokens say: the one of static
// tokens first, then, of tokens that it has issued, that of service accounts.
func tokenComplaint(err error) string {
	const unknown = "invalid bearer token"
	if errors.Is(err, errUnknown) || errors.Is(err, tokens.ErrForeign) {
		return unknown
	}
	return fmt.Sprintf("[%s, %v]", unknown, err)
}

func (c *call) reviewAccess() error {
	review := &authorizationv1.SubjectAccessReview{}
	if err := c.readReview(review, "SubjectAccessReview"); err != nil {
		return err
	}
	errs := validateAccess(review.Spec)
	errs = append(errs, validateReviewMetadata(review.ObjectMeta, "", "must be empty")...)
	if len(errs) > 0 {
		return apierrors.NewInvalid(reviewKind, "", errs)
	}
	review.Status = c.access(subjectOf(review.Spec), review.Spec.ResourceAttributes, review.Spec.NonResourceAttributes)
	return c.show(http.StatusCreated, review, "SubjectAccessReview")
}

func (c *call) reviewLocalAccess() error {
	review := &authorizationv1.LocalSubjectAccessReview{}
	if err := c.readReview(review, "LocalSubjectAccessReview"); err != nil {
		return err
	}
	review.Namespace = c.namespace
	errs := validateAccess(review.Spec)
	errs = append(errs, validateReviewMetadata(review.ObjectMeta, c.namespace, "must be empty except for namespace")...)
	switch r := review.Spec.ResourceAttributes; {
	case review.Spec.NonResourceAttributes != nil:
		errs = append(errs, field.Invalid(field.NewPath("spec", "nonResourceAttributes"), shownPath(*review.Spec.NonResourceAttributes), "disallowed on this kind of request"))
	case r != nil && r.Namespace != c.namespace:
		errs = append(errs, field.Invalid(field.NewPath("spec", "resourceAttributes", "namespace"), r.Namespace, "must match metadata.namespace"))
	}
	if len(errs) > 0 {
		return apierrors.NewInvalid(reviewKind, "", errs)
	}
	review.Status = c.access(subjectOf(review.Spec), review.Spec.ResourceAttributes, nil)
	return c.show(http.StatusCreated, review, "LocalSubjectAccessReview")
}

func (c *call) reviewOwnAccess() error {
	review := &authorizationv1.SelfSubjectAccessReview{}
	if err := c.readReview(review, "SelfSubjectAccessReview"); err != nil {
		return err
	}
	errs := validateEither(review.Spec.ResourceAttributes, review.Spec.NonResourceAttributes)
	if r := review.Spec.ResourceAttributes; r != nil {
		errs = append(errs, validateSelectors(r)...)
	}
	errs = append(errs, validateReviewMetadata(review.ObjectMeta, "", "must be empty")...)
	if len(errs) > 0 {
		return apierrors.NewInvalid(reviewKind, "", errs)
	}
	review.Status = c.access(c.user, review.Spec.ResourceAttributes, review.Spec.NonResourceAttributes)
	return c.show(http.StatusCreated, review, "SelfSubjectAccessReview")
}

func (c *call) reviewOwnRules() error {
	review := &authorizationv1.SelfSubjectRulesReview{}
	if err := c.readReview(review, "SelfSubjectRulesReview"); err != nil {
		return err
	}
	if review.Spec.Namespace == "" {
		return apierrors.NewBadRequest("no namespace on request")
	}
	answer := &authorizationv1.SelfSubjectRulesReview{Status: authorization.Everything()}
	if c.Authorizer != nil {
		c.Do(func() { answer.Status = c.Authorizer.Rules(c.user, review.Spec.Namespace) })
	}
	return c.show(http.StatusCreated, answer, "SelfSubjectRulesReview")
}

// reviewKind is what messages call reviews of access: their kind is left out.
var reviewKind = schema.GroupKind{Group: authorizationv1.GroupName}

// validateReviewMetadata refuses metadata that says more than a namespace and, as
// all does, who manages it: reviews are kept nowhere.
func validateReviewMetadata(meta metav1.ObjectMeta, namespace, rule string) field.ErrorList {
	said := meta
	said.ManagedFields = nil
	if reflect.DeepEqual(said, metav1.ObjectMeta{Namespace: namespace}) {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("metadata"), meta, rule)}
}

// shownPath is a path of a review as messages show it, by the names of Go's
// fields.
type shownPath struct {
	Path string `json:"Path"`
	Verb string `json:"Verb"`
}

func validateAccess(spec authorizationv1.SubjectAccessReviewSpec) field.ErrorList {
	errs := validateEither(spec.ResourceAttributes, spec.NonResourceAttributes)
	if spec.User == "" && len(spec.Groups) == 0 {
		errs = append(errs, field.Invalid(field.NewPath("spec", "user"), spec.User, "at least one of user or group must be specified"))
	}
	if r := spec.ResourceAttributes; r != nil {
		errs = append(errs, validateSelectors(r)...)
	}
	return errs
}

func validateEither(r *authorizationv1.ResourceAttributes, n *authorizationv1.NonResourceAttributes) field.ErrorList {
	const one = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
	switch {
	case r != nil && n != nil:
		return field.ErrorList{field.Invalid(field.NewPath("spec"), shownPath(*n), one)}
	case r == nil && n == nil:
		return field.ErrorList{field.Invalid(field.NewPath("spec"), n, one)}
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
	var status authorizationv1.SubjectAccessReviewStatus
	if r != nil {
		a.Verb, a.Namespace, a.Name = r.Verb, r.Namespace, r.Name
		a.Group, a.Version, a.Resource, a.Subresource = r.Group, r.Version, r.Resource, r.Subresource
		selector, problem := fieldSelectorIn(r.FieldSelector)
		a.FieldSelector = selector
		status.EvaluationError = joined(problem, labelSelectorProblem(r.LabelSelector))
	} else {
		a.Verb, a.Path = n.Verb, n.Path
	}
	if c.Authorizer == nil || authorization.IsSuperuser(user) {
		status.Allowed = true
		return status
	}
	c.Do(func() { status.Allowed, status.Reason = c.Authorizer.Authorize(a) })
	return status
}
