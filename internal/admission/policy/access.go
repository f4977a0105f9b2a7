package policy

import (
	"errors"
	"fmt"

	"k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/authorization"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/store"
)

// AccessCheck refuses policies and bindings to users who may not read the
// parameters that these refer to: expressions could tell them.
type AccessCheck struct {
	Client     *client.Client
	Authorizer authorization.Authorizer
}

var _ admission.Validator = AccessCheck{}

// Name implements [admission.Plugin].
func (AccessCheck) Name() string { return "PolicyParamAccess" }

// Validate implements [admission.Validator]. A policy that keeps its kind is not
// checked again; bindings always are.
func (c AccessCheck) Validate(a *admission.Attributes) error {
	if a.Kind.GroupKind().Group != v1.GroupName || !exempt[a.Kind.Name] || a.Object == nil || a.Subresource != "" ||
		authorization.IsSuperuser(a.User) {
		return nil
	}
	path, err := "paramKind", error(nil)
	switch refers := referenceOf(a.Object); {
	case refers.ref != nil:
		path, err = "paramRef", c.checkRef(a, refers)
	case refers.kind != nil && (a.Old == nil || !ptr.Equal(refers.kind, referenceOf(a.Old).kind)):
		err = c.checkKind(a, refers.kind)
	}
	if err == nil {
		return nil
	}
	return apierrors.NewInvalid(a.Kind.GroupKind(), a.Object.GetName(), field.ErrorList{field.Forbidden(field.NewPath("spec", path), err.Error())})
}

// reference is what a policy or a binding refers to.
type reference struct {
	kind *v1.ParamKind // of a policy
	ref  *v1.ParamRef  // of a binding
	// policies are the resource of the policy that a binding names.
	policies, policy string
}

func referenceOf(obj store.Object) reference {
	switch obj := obj.(type) {
	case *v1.ValidatingAdmissionPolicy:
		return reference{kind: obj.Spec.ParamKind}
	case *v1.MutatingAdmissionPolicy:
		return reference{kind: obj.Spec.ParamKind}
	case *v1.ValidatingAdmissionPolicyBinding:
		return reference{ref: obj.Spec.ParamRef, policies: "validatingadmissionpolicies", policy: obj.Spec.PolicyName}
	case *v1.MutatingAdmissionPolicyBinding:
		return reference{ref: obj.Spec.ParamRef, policies: "mutatingadmissionpolicies", policy: obj.Spec.PolicyName}
	}
	return reference{}
}

// checkKind asks for all objects of a policy's kind.
func (c AccessCheck) checkKind(a *admission.Attributes, kind *v1.ParamKind) error {
	asked, _ := c.resource(kind)
	asked.User, asked.Verb, asked.Name, asked.Namespace = a.User, "get", "*", "*"
	if allowed, _ := c.Authorizer.Authorize(asked); allowed {
		return nil
	}
	return fmt.Errorf(`user %v must have "get" permission on all objects of the referenced paramKind (kind=%s, apiVersion=%s)`,
		userOf(a.User), kind.Kind, kind.APIVersion)
}

// checkRef asks for the objects that a binding names or selects, of the kind
// that its policy has, or of all where that is not known.
func (c AccessCheck) checkRef(a *admission.Attributes, r reference) error {
	asked := authorization.Attributes{Group: "*", Version: "*", Resource: "*"}
	var kind *v1.ParamKind
	var unresolved error
	policy := c.Client.Registry.Store.Get(Resource(r.policies), "", r.policy)
	if policy != nil {
		if kind = referenceOf(policy.Object).kind; kind != nil {
			asked, unresolved = c.resource(kind)
		}
	}
	asked.User, asked.Verb, asked.Name, asked.Namespace = a.User, "get", r.ref.Name, r.ref.Namespace
	if r.ref.Name == "" {
		asked.Verb = "list"
	}
	if allowed, _ := c.Authorizer.Authorize(asked); allowed {
		return nil
	}
	const beyond = `to determine minimum required permissions and user %v does not have "%v" permission for all groups, versions and resources`
	switch user := userOf(a.User); {
	case policy == nil:
		return fmt.Errorf("unable to get policy %s "+beyond, r.policy, user, asked.Verb)
	case unresolved != nil:
		return fmt.Errorf("unable to resolve paramKind &{%s %s} "+beyond, kind.APIVersion, kind.Kind, user, asked.Verb)
	default:
		return fmt.Errorf(`user %v does not have "%v" permission on the object referenced by paramRef`, user, asked.Verb)
	}
}

// resource is what to ask for about a kind: all of its version where it is not
// served, which is the error.
func (c AccessCheck) resource(kind *v1.ParamKind) (authorization.Attributes, error) {
	gv, err := schema.ParseGroupVersion(kind.APIVersion)
	if err != nil {
		return authorization.Attributes{Group: "*", Version: "*", Resource: "*"}, err
	}
	asked := authorization.Attributes{Group: gv.Group, Version: gv.Version, Resource: "*"}
	k := c.Client.Registry.Kinds().ByKind(gv.WithKind(kind.Kind).GroupKind())
	if k == nil || k.Version(gv) == nil {
		return asked, errors.New("no such kind is served")
	}
	asked.Resource = k.Resource
	return asked, nil
}
