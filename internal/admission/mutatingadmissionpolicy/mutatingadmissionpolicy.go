// Package mutatingadmissionpolicy lets the cluster's policies change what is
// written: https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
//
// Policies and their bindings are asked by name, where those of Kubernetes come
// in any order.
package mutatingadmissionpolicy

import (
	"cmp"
	"errors"
	"fmt"

	"k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/admission/policy"
	"github.com/kubejig/kubejig/internal/authorization"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/store"
)

// Plugin is the MutatingAdmissionPolicy admission plugin.
type Plugin struct {
	Client *client.Client
	// Authorizer is what expressions ask as authorizer.
	Authorizer authorization.Authorizer
}

var _ admission.Mutator = Plugin{}

// Name is the plugin's name.
func (Plugin) Name() string { return "MutatingAdmissionPolicy" }

var (
	policies = policy.Resource("mutatingadmissionpolicies")
	bindings = policy.Resource("mutatingadmissionpolicybindings")
)

// Admit lets each policy that is bound and about the request change its object.
// All are asked; the first that fails is what the request is refused with.
func (p Plugin) Admit(a *admission.Attributes) error {
	objects := p.Client.Registry.Store
	if objects.Len(bindings) == 0 {
		return nil
	}
	r := policy.NewRequest(a)
	if r == nil {
		return nil
	}
	asking := &asking{Plugin: p, matcher: policy.Matcher{Client: p.Client}, request: r}
	policy.EachBound(objects, policies, bindings, policyOf, asking.collect)
	if err := asking.invoke(); err != nil {
		return err
	}
	return asking.refusal()
}

func policyOf(obj store.Object) string {
	return obj.(*v1.MutatingAdmissionPolicyBinding).Spec.PolicyName
}

// asking is one request on its way through the policies.
type asking struct {
	Plugin
	matcher     policy.Matcher
	request     *policy.Request
	invocations []invocation
	problems    []problem
}

// invocation is a policy as a binding uses it with one of its parameters.
type invocation struct {
	*compiled
	policy, binding string
	target          policy.Target
	param           runtime.Object
}

// problem is why a policy refuses a request.
type problem struct {
	policy, binding string
	reason          metav1.StatusReason
	err             error
}

// Error is what clients read.
func (p problem) Error() string {
	if p.binding == "" {
		return fmt.Sprintf("policy %q denied request: %v", p.policy, p.err)
	}
	return fmt.Sprintf("policy '%s' with binding '%s' denied request: %v", p.policy, p.binding, p.err)
}

// collect notes how a policy is to be invoked, before any changes the object.
func (q *asking) collect(item *store.Item, bound []store.Object) {
	p := item.Object.(*v1.MutatingAdmissionPolicy)
	for _, use := range q.matcher.Uses(q.request, p.Spec.MatchConstraints, p.Spec.ParamKind, bound) {
		binding := ""
		if use.Binding != nil {
			binding = use.Binding.GetName()
		}
		if use.Err != nil {
			q.misconfigured(&p.Spec, problem{policy: p.Name, binding: binding, err: use.Err})
			continue
		}
		c := item.Derived(store.Compiled, func() any { return compile(&p.Spec) }).(*compiled)
		q.invocations = append(q.invocations, invocation{compiled: c, policy: p.Name, binding: binding, target: use.Target, param: use.Param})
	}
}

// misconfigured notes a problem, unless the policy's are to be ignored.
func (q *asking) misconfigured(spec *v1.MutatingAdmissionPolicySpec, p problem) {
	if spec.FailurePolicy == nil || *spec.FailurePolicy != v1.Ignore {
		q.problems = append(q.problems, p)
	}
}

// refusal is the answer to a request with which there are problems.
func (q *asking) refusal() error {
	if len(q.problems) == 0 {
		return nil
	}
	err := apierrors.NewForbidden(q.request.Asked.Resource.GroupResource(), cmp.Or(q.request.Name, "Unknown"), errors.New("denied"))
	err.ErrStatus.Message = q.problems[0].Error()
	err.ErrStatus.Reason = cmp.Or(q.problems[0].reason, err.ErrStatus.Reason)
	for _, p := range q.problems {
		err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{Message: p.Error()})
	}
	return err
}
