// Package webhook asks admission webhooks about requests:
// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
//
// It decides whom to ask and what to make of answers; the calls themselves are
// handed in. Other requests may be carried out while one lasts: nothing that was
// read before it need be so afterwards. Webhooks are asked by the names of their
// configurations, and within these in their order. There is no audit log for
// their audit annotations.
package webhook

import (
	"fmt"
	"time"

	celgo "github.com/google/cel-go/cel"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/admission/policy"
	"github.com/kubejig/kubejig/internal/authorization"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/expression"
	"github.com/kubejig/kubejig/internal/store"
)

// Call is what a webhook is asked.
type Call struct {
	Config v1.WebhookClientConfig
	// Timeout is in real time.
	Timeout time.Duration
	// Version of the review that is sent and must come back: "v1" or "v1beta1".
	Version string
	Review  *admissionv1.AdmissionReview
}

// Answer is what comes of a call: a review, or the reason why there is none.
type Answer struct {
	Review *admissionv1.AdmissionReview
	Err    error
}

// Ask makes calls, all at once, and returns their answers in the same order.
type Ask func([]Call) []Answer

// Plugin is what both plugins stand on.
type Plugin struct {
	Client *client.Client
	// Authorizer is what the expressions of match conditions ask.
	Authorizer authorization.Authorizer
	Ask        Ask
}

// hook is a webhook of either type.
type hook struct {
	// id tells it from all others.
	id, name       string
	config         v1.WebhookClientConfig
	matches        v1.MatchResources
	failure        v1.FailurePolicyType
	sideEffects    *v1.SideEffectClass
	timeout        time.Duration
	reviewVersions []string
	conditions     []*expression.Expression
	// reinvoked is set for a mutating one that is asked again if others change
	// the object after it.
	reinvoked bool
}

// defaultTimeout is that of a webhook that names none.
const defaultTimeout = 10

// hooks are the webhooks of all configurations of a resource. of returns those of
// one.
func hooks(s *store.Store, configurations schema.GroupResource, of func(store.Object) []hook) (all []hook) {
	if s.Len(configurations) == 0 {
		return nil
	}
	s.Scan(configurations, "", func(item *store.Item) bool {
		all = append(all, item.Derived(store.Compiled, func() any { return of(item.Object) }).([]hook)...)
		return true
	})
	return all
}

// newHooks are the webhooks of a configuration, of either type: a validating one
// only lacks what mutating ones say beside.
func newHooks(configuration string, webhooks []v1.MutatingWebhook) []hook {
	hooks := make([]hook, len(webhooks))
	for i, w := range webhooks {
		hooks[i] = hook{
			id: fmt.Sprintf("%s/%s/%d", configuration, w.Name, i), name: w.Name,
			config: w.ClientConfig, sideEffects: w.SideEffects, reviewVersions: w.AdmissionReviewVersions,
			matches:    v1.MatchResources{NamespaceSelector: w.NamespaceSelector, ObjectSelector: w.ObjectSelector, MatchPolicy: w.MatchPolicy},
			failure:    ptr.Deref(w.FailurePolicy, v1.Fail),
			timeout:    time.Duration(ptr.Deref(w.TimeoutSeconds, defaultTimeout)) * time.Second,
			conditions: compile(w.MatchConditions),
			reinvoked:  ptr.Deref(w.ReinvocationPolicy, v1.NeverReinvocationPolicy) == v1.IfNeededReinvocationPolicy,
		}
		for _, rule := range w.Rules {
			hooks[i].matches.ResourceRules = append(hooks[i].matches.ResourceRules, v1.NamedRuleWithOperations{RuleWithOperations: rule})
		}
	}
	return hooks
}

func compile(conditions []v1.MatchCondition) []*expression.Expression {
	compiled := make([]*expression.Expression, len(conditions))
	compiler := expression.NewCompiler()
	for i, c := range conditions {
		compiled[i] = compiler.Compile(c.Expression, expression.Declared{Authorizer: true}, celgo.BoolType)
	}
	return compiled
}

// asking is one request on its way through the webhooks.
type asking struct {
	Plugin
	matcher policy.Matcher
	request *policy.Request
}

// about reports whether a webhook is to be asked about the request, and as what.
func (q *asking) about(h *hook) (t policy.Target, about bool, err error) {
	if len(h.matches.ResourceRules) == 0 {
		return t, false, nil
	}
	t, about, err = q.matcher.Matches(q.request, &h.matches)
	if err != nil || !about || len(h.conditions) == 0 {
		return t, about, err
	}
	in, err := q.matcher.Inputs(q.request, t, q.Authorizer)
	if err != nil {
		return t, false, apierrors.NewInternalError(err)
	}
	about, err = policy.Hold(h.conditions, nil, in.Conditions, h.failure)
	if err != nil {
		err = apierrors.NewForbidden(q.request.Asked.Resource.GroupResource(), q.request.Name, err)
	}
	return t, about, err
}
