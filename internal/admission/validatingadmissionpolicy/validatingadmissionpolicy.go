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
	for _, use := range q.matcher.Uses(q.request, p.Spec.MatchConstraints, p.Spec.ParamKind, bound) {
		binding, _ := use.Binding.(*v1.ValidatingAdmissionPolicyBinding)
		in, err := q.inputsFor(use)
		if err != nil {
			q.misconfigured(p, binding, err)
			continue
		}
		c := item.Derived(store.Compiled, func() any { return compile(&p.Spec) }).(*compiled)
		q.act(p, binding, c.evaluate(in))
	}
}

// inputsFor are what expressions see of the request in a use of their policy.
func (q *asking) inputsFor(use policy.Use) (in policy.Inputs, err error) {
	if use.Err != nil {
		return in, use.Err
	}
	in, known := q.inputs[use.Target]
	if !known {
		if in, err = q.matcher.Inputs(q.request, use.Target, q.Authorizer); err != nil {
			return in, fmt.Errorf("failed to configure binding: %w", err)
		}
		q.inputs[use.Target] = in
	}
	if in, err = in.WithParams(use.Param); err != nil {
		return in, fmt.Errorf("failed to configure binding: %w", err)
	}
	return in, nil
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
	q.refuse(p, binding, denial{message: err.Error()})
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
