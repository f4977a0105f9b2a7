package mutatingadmissionpolicy

import (
	"errors"

	"k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	celconfig "k8s.io/apiserver/pkg/apis/cel"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/admission/policy"
	"github.com/kubejig/kubejig/internal/expression"
)

// name is what an invocation is known by when policies are asked again.
type name struct{ policy, binding, namespace, param string }

func (i invocation) name() name {
	n := name{policy: i.policy, binding: i.binding}
	if param, ok := i.param.(metav1.Object); ok {
		n.namespace, n.param = param.GetNamespace(), param.GetName()
	}
	return n
}

// invoke lets the policies change the object, one after the other. Once one has,
// all mutators are asked a second time: of the policies those that are to be
// asked again and had their turn. The error is what the request fails with,
// whatever the policies make of failures.
func (q *asking) invoke() error {
	again := q.request.Reinvoked
	before, _ := q.request.Notes[q.Name()].(map[name]bool)
	noted := map[name]bool{}
	for _, i := range q.invocations {
		in, hold, err := q.inputs(i)
		if err != nil {
			q.failed(i, err)
		}
		if !hold || again && !before[i.name()] {
			continue
		}
		if err := q.mutate(i, in); err != nil {
			return err
		}
		noted[i.name()] = i.spec.ReinvocationPolicy == v1.IfNeededReinvocationPolicy
	}
	if !again {
		q.request.Note(q.Name(), noted)
	}
	return nil
}

// failed notes what is wrong with an invocation.
func (q *asking) failed(i invocation, err error) {
	q.misconfigured(i.spec, problem{policy: i.policy, binding: i.binding, reason: metav1.StatusReasonInvalid, err: err})
}

// inputs are what the expressions of an invocation see now, and whether its
// conditions hold.
func (q *asking) inputs(i invocation) (in policy.Inputs, hold bool, err error) {
	if i.err != nil {
		return in, false, i.err
	}
	if in, err = q.matcher.Inputs(q.request, i.target, q.Authorizer); err != nil {
		return in, false, err
	}
	if in, err = in.WithParams(i.param); err != nil {
		return in, false, err
	}
	hold, err = policy.Hold(i.conditions, i.variables, in.Conditions, i.failure)
	return in, hold, err
}

// mutate carries out the mutations of a policy, in order. The error is one of
// the server.
func (q *asking) mutate(i invocation, in policy.Inputs) error {
	if q.request.Object == nil || q.request.Operation == admission.Connect {
		return nil // there is nothing to change
	}
	for n := range i.mutations {
		err := q.mutateOnce(i, n, in.Rules)
		var status apierrors.APIStatus
		if errors.As(err, &status) {
			return err
		}
		if err != nil {
			q.failed(i, err)
			continue
		}
		q.request.Reinvoke = true
		if in.Rules.Object, err = q.seen(i); err != nil {
			return apierrors.NewInternalError(err)
		}
	}
	return nil
}

// mutateOnce carries out the mutation of a number.
func (q *asking) mutateOnce(i invocation, n int, in expression.Input) error {
	results, _, err := i.variables.Evaluate(i.mutations[n:n+1], in, celconfig.RuntimeCELCostBudget)
	if err != nil {
		return err
	}
	if results[0].Err != nil {
		return results[0].Err
	}
	obj, err := q.request.Written(i.target)
	if err != nil {
		return apierrors.NewInternalError(err)
	}
	if i.spec.Mutations[n].PatchType == v1.PatchTypeJSONPatch {
		return q.patch(i, obj, results[0].Value)
	}
	return q.apply(i, obj, results[0].Value)
}
