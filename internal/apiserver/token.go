package apiserver

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/store"
	"github.com/kubejig/kubejig/internal/tokens"
)

const (
	defaultTokenSeconds = 3600
	minTokenSeconds     = 600
	maxTokenSeconds     = 1 << 32
	// renewedSeconds is the life that kubelets ask for. Tokens of it last for
	// a year, and say when they ought to have been renewed.
	renewedSeconds  = 3607
	extendedSeconds = 365 * 24 * 3600
)

var tokenRequestKind = schema.GroupKind{Group: authenticationv1.GroupName, Kind: "TokenRequest"}

// createToken issues a token of a service account.
func (c *call) createToken() error {
	o, err := c.createOptions()
	if err != nil {
		return err
	}
	request := &authenticationv1.TokenRequest{}
	if err := c.read(request, c.sub.GVK, o); err != nil {
		return err
	}
	if c.Authentication.ServiceAccounts == nil {
		return apierrors.NewServiceUnavailable("this API server issues no tokens")
	}
	if request.Name != "" && request.Name != c.name {
		return apierrors.NewInvalid(tokenRequestKind, c.name, field.ErrorList{
			field.Invalid(field.NewPath("metadata", "name"), request.Name, "must match the service account name if specified"),
		})
	}
	attrs := &admission.Attributes{
		Operation: admission.Create, Kind: c.kind, Subresource: c.subresource, APIVersion: c.version.GroupVersion.String(),
		Namespace: c.namespace, Name: c.name, Object: request, User: c.user,
	}
	setTokenDefaults(request)
	owners := c.unstoredOwners(request.DeepCopy(), c.sub.GVK, o)
	if err := c.askToken(attrs, admission.Chain.Admit); err != nil {
		return err
	}
	if len(request.Spec.Audiences) == 0 {
		request.Spec.Audiences = c.audiences()
	}
	if errs := validateToken(request.Spec); len(errs) > 0 {
		return apierrors.NewInvalid(tokenRequestKind, "", errs)
	}
	item, err := c.item()
	if err != nil {
		return err
	}
	request.Namespace, request.Name, request.CreationTimestamp = c.namespace, c.name, metav1.NewTime(c.now.Truncate(time.Second))
	if err := c.askToken(attrs, admission.Chain.Validate); err != nil {
		return err
	}
	if err := c.issue(request, item.Object.(*corev1.ServiceAccount)); err != nil {
		return err
	}
	request.ManagedFields = owners
	c.Do(func() { request.UID = c.Registry.NewUID() })
	return c.showAs(http.StatusCreated, shown{request, c.sub.GVK})
}

// askToken asks admission whether a token may be issued.
func (c *call) askToken(attrs *admission.Attributes, ask func(admission.Chain, *admission.Attributes) error) (err error) {
	attrs.Warnings = nil
	c.Do(func() { err = ask(c.Registry.Admission, attrs) })
	c.warn(attrs.Warnings...)
	return err
}

func setTokenDefaults(r *authenticationv1.TokenRequest) {
	if r.Spec.ExpirationSeconds == nil {
		seconds := int64(defaultTokenSeconds)
		r.Spec.ExpirationSeconds = &seconds
	}
}

func validateToken(spec authenticationv1.TokenRequestSpec) field.ErrorList {
	path := field.NewPath("spec", "expirationSeconds")
	switch seconds := *spec.ExpirationSeconds; {
	case seconds < minTokenSeconds:
		return field.ErrorList{field.Invalid(path, seconds, "may not specify a duration less than 10 minutes")}
	case seconds > maxTokenSeconds:
		return field.ErrorList{field.Invalid(path, seconds, "may not specify a duration larger than 2^32 seconds")}
	}
	return nil
}

// issue makes the token that a request asks for.
func (c *call) issue(r *authenticationv1.TokenRequest, account *corev1.ServiceAccount) error {
	now := c.now.Unix()
	claims := tokens.Claims{
		Audience: r.Spec.Audiences, IssuedAt: now, NotBefore: now, Expires: now + *r.Spec.ExpirationSeconds,
		Bound: tokens.Bound{
			Namespace:      account.Namespace,
			ServiceAccount: tokens.Reference{Name: account.Name, UID: string(account.UID)},
		},
	}
	if err := c.bindToken(&claims.Bound, r.Spec.BoundObjectRef, account); err != nil {
		return err
	}
	expires := claims.Expires
	if *r.Spec.ExpirationSeconds == renewedSeconds && claims.Bound.Pod != nil && slices.Equal(r.Spec.Audiences, c.audiences()) {
		claims.Bound.WarnAfter = now + renewedSeconds
		claims.Expires = now + extendedSeconds
	}
	c.Do(func() { claims.ID = string(c.Registry.NewUID()) })
	token, err := c.Authentication.ServiceAccounts.Issue(claims)
	if err != nil {
		return apierrors.NewInternalError(err)
	}
	r.Status = authenticationv1.TokenRequestStatus{Token: token, ExpirationTimestamp: metav1.NewTime(time.Unix(expires, 0).UTC())}
	return nil
}

// bindToken ties a token to the life of an object.
func (c *call) bindToken(b *tokens.Bound, ref *authenticationv1.BoundObjectReference, account *corev1.ServiceAccount) error {
	if ref == nil {
		return nil
	}
	resource, namespace := "", c.namespace
	switch schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind) {
	case coreKind("Pod"):
		resource = "pods"
	case coreKind("Secret"):
		resource = "secrets"
	case coreKind("Node"):
		resource, namespace = "nodes", ""
	default:
		return apierrors.NewBadRequest(fmt.Sprintf("cannot bind token to object of type %s", schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind)))
	}
	var item *store.Item
	c.Do(func() { item = c.Registry.Store.Get(corev1.Resource(resource), namespace, ref.Name) })
	if item == nil {
		return apierrors.NewNotFound(corev1.Resource(resource), ref.Name)
	}
	if ref.UID != "" && ref.UID != item.Object.GetUID() {
		return apierrors.NewConflict(corev1.Resource(resource), ref.Name, fmt.Errorf(
			"the UID in the bound object reference (%s) does not match the UID in record. The object might have been deleted and then recreated", ref.UID))
	}
	return c.bindTo(b, item.Object, account)
}

func coreKind(kind string) schema.GroupVersionKind { return corev1.SchemeGroupVersion.WithKind(kind) }

func (c *call) bindTo(b *tokens.Bound, obj store.Object, account *corev1.ServiceAccount) error {
	own := &tokens.Reference{Name: obj.GetName(), UID: string(obj.GetUID())}
	switch obj := obj.(type) {
	case *corev1.Pod:
		if obj.Spec.ServiceAccountName != account.Name {
			return apierrors.NewBadRequest(fmt.Sprintf("cannot bind token for serviceaccount %q to pod running with different serviceaccount name.", account.Name))
		}
		b.Pod = own
		b.Node = c.nodeOf(obj)
	case *corev1.Secret:
		b.Secret = own
	case *corev1.Node:
		b.Node = own
	}
	return nil
}

// nodeOf is the node on which a pod is, for its tokens.
func (c *call) nodeOf(pod *corev1.Pod) *tokens.Reference {
	if pod.Spec.NodeName == "" {
		return nil
	}
	var uid types.UID
	c.Do(func() {
		if node := c.Registry.Store.Get(corev1.Resource("nodes"), "", pod.Spec.NodeName); node != nil {
			uid = node.Object.GetUID()
		}
	})
	return &tokens.Reference{Name: pod.Spec.NodeName, UID: string(uid)}
}
