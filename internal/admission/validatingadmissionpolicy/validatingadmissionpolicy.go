// Package validatingadmissionpolicy asks the cluster's policies about requests:
// https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
//
// Policies and their bindings are asked by name, where those of Kubernetes come
// in any order. There is no audit log: audit annotations and the action Audit
// show nowhere, but what fails in them refuses requests as it does there.
package validatingadmissionpolicy

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"

	"k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/admission/policy"
	"github.com/kubejig/kubejig/internal/authorization"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/store"
)

// Plugin is the ValidatingAdmissionPolicy admission plugin.
type Plugin struct {
	Client *client.Client
	// Authorizer is what expressions ask as authorizer.
	Authorizer authorization.Authorizer
}

var _ admission.Validator = Plugin{}

// Name is the plugin's name.
func (Plugin) Name() string { return "ValidatingAdmissionPolicy" }

var (
	policies = policy.Resource("validatingadmissionpolicies")
	bindings = policy.Resource("validatingadmissionpolicybindings")
)

// Validate asks each policy that is bound and about the request. All are asked,
// for their warnings; the first that denies it counts.
func (p Plugin) Validate(a *admission.Attributes) error {
	objects := p.Client.Registry.Store
	if objects.Len(bindings) == 0 {
		return nil
	}
	r := policy.NewRequest(a)
	if r == nil {
		return nil
	}
	asking := &asking{Plugin: p, matcher: policy.Matcher{Client: p.Client}, request: r, inputs: map[policy.Target]policy.Inputs{}}
	policy.EachBound(objects, policies, bindings, policyOf, asking.ask)
	return asking.refusal
}

func policyOf(obj store.Object) string {
	return obj.(*v1.ValidatingAdmissionPolicyBinding).Spec.PolicyName
}

// asking is one request on its way through the policies.
type asking struct {
	Plugin
	matcher policy.Matcher
	request *policy.Request
	// inputs are what expressions see, for the targets needed so far.
	inputs  map[policy.Target]policy.Inputs
	refusal error
}

// ask asks a policy, once for each of its bindings and each of their parameters.
func (q *asking) ask(item *store.Item, bound []store.Object) {
	p := item.Object.(*v1.ValidatingAdmissionPolicy)
	target, matches, err := q.matcher.Matches(q.request, p.Spec.MatchConstraints)
	if matches {
		_, err = q.matcher.ParamKind(p.Spec.ParamKind)
	}
	if err != nil {
		q.misconfigured(p, nil, err)
	}
	if !matches || err != nil {
		return
	}
	c := item.Derived(store.Compiled, func() any { return compile(&p.Spec) }).(*compiled)
	for _, obj := range bound {
		binding := obj.(*v1.ValidatingAdmissionPolicyBinding)
		if err := q.askBound(p, binding, c, target); err != nil {
			q.misconfigured(p, binding, err)
		}
	}
}

// askBound asks a policy as one binding uses it. The error is that they can't be
// used so.
func (q *asking) askBound(p *v1.ValidatingAdmissionPolicy, binding *v1.ValidatingAdmissionPolicyBinding, c *compiled, target policy.Target) error {
	if m := binding.Spec.MatchResources; m != nil {
		if _, matches, err := q.matcher.Matches(q.request, m); !matches {
			return err
		}
	}
	params, err := q.matcher.Params(q.request, p.Spec.ParamKind, binding.Spec.ParamRef)
	if err != nil || len(params) == 0 {
		return err
	}
	in, known := q.inputs[target]
	if !known {
		if in, err = q.matcher.Inputs(q.request, target, q.Authorizer); err != nil {
			return err
		}
		q.inputs[target] = in
	}
	for _, param := range params {
		with, err := in.WithParams(param)
		if err != nil {
			return err
		}
		q.act(p, binding, c.evaluate(with))
	}
	return nil
}

// act does what a binding says is to be done about denials.
func (q *asking) act(p *v1.ValidatingAdmissionPolicy, binding *v1.ValidatingAdmissionPolicyBinding, v verdict) {
	for _, d := range v.denials {
		for _, action := range binding.Spec.ValidationActions {
			switch action {
			case v1.Deny:
				q.refuse(p, binding, d)
			case v1.Warn:
				q.request.Warnings = append(q.request.Warnings, fmt.Sprintf(
					"Validation failed for ValidatingAdmissionPolicy '%s' with binding '%s': %s", p.Name, binding.Name, d.message))
			}
		}
	}
	for _, d := range v.broken {
		q.refuse(p, binding, d)
	}
}

// misconfigured refuses the request for a policy or a binding (nil: the policy)
// that can't be used, unless failures are to be ignored.
func (q *asking) misconfigured(p *v1.ValidatingAdmissionPolicy, binding *v1.ValidatingAdmissionPolicyBinding, err error) {
	if f := p.Spec.FailurePolicy; f != nil && *f == v1.Ignore {
		return
	}
	what := "policy"
	if binding != nil {
		what = "binding"
	}
	q.refuse(p, binding, denial{message: fmt.Sprintf("failed to configure %s: %v", what, err)})
}

// refuse notes why the request is refused, unless it is already.
func (q *asking) refuse(p *v1.ValidatingAdmissionPolicy, binding *v1.ValidatingAdmissionPolicyBinding, d denial) {
	if q.refusal != nil {
		return
	}
	who := fmt.Sprintf("ValidatingAdmissionPolicy '%s'", p.Name)
	if binding != nil {
		who += fmt.Sprintf(" with binding '%s'", binding.Name)
	}
	message := who + " denied request: " + d.message
	err := apierrors.NewForbidden(q.request.Asked.Resource.GroupResource(), cmp.Or(q.request.Name, "Unknown"), errors.New(message))
	err.ErrStatus.Reason = cmp.Or(d.reason, metav1.StatusReasonInvalid)
	err.ErrStatus.Code = codeOf(err.ErrStatus.Reason)
	err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{Message: message})
	q.refusal = err
}

// codeOf is the HTTP status of a reason that a validation may give.
func codeOf(reason metav1.StatusReason) int32 {
	switch reason {
	case metav1.StatusReasonForbidden:
		return http.StatusForbidden
	case metav1.StatusReasonRequestEntityTooLarge:
		return http.StatusRequestEntityTooLarge
	}
	return http.StatusUnprocessableEntity
}
