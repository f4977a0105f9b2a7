package validatingadmissionpolicy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/cel-go/common/types"
	"k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel"

	"github.com/kubejig/kubejig/internal/admission/policy"
	"github.com/kubejig/kubejig/internal/expression"
)

// denial is why a policy does not let a request pass.
type denial struct {
	message string
	reason  metav1.StatusReason
}

// verdict is what a policy says about a request.
type verdict struct {
	// denials are what the binding's validation actions are taken for.
	denials []denial
	// broken are expressions of audit annotations that fail, for which requests
	// are refused whatever the actions.
	broken []denial
}

// fail notes that something could not be evaluated.
func (c *compiled) fail(to []denial, format string, args ...any) []denial {
	if c.failure == v1.Ignore {
		return to
	}
	return append(to, denial{message: fmt.Sprintf(format, args...)})
}

// evaluate asks the policy about a request.
func (c *compiled) evaluate(in policy.Inputs) (v verdict) {
	failed := func(err error) verdict { return verdict{denials: c.fail(nil, "%v", err)} }
	if c.err != nil {
		return failed(c.err)
	}
	if hold, err := policy.Hold(c.conditions, c.variables, in.Conditions, c.failure); err != nil {
		return failed(err)
	} else if !hold {
		return verdict{}
	}
	results, left, err := c.variables.Evaluate(c.validations, in.Rules, celconfig.RuntimeCELCostBudget)
	if err != nil {
		return failed(err)
	}
	plain := in.Rules.WithoutAuthorizer()
	messages, _, err := c.variables.Evaluate(c.messages, plain, left)
	overspent := errors.Is(err, cel.ErrOutOfBudget)
	for i, r := range results {
		switch {
		case r.Err != nil:
			v.denials = c.fail(v.denials, "%v", r.Err)
		case overspent:
			v.denials = c.fail(v.denials, "failed messageExpression: %s", err)
		case r.Value != types.True:
			v.denials = append(v.denials, denialOf(&c.spec.Validations[i], messages[i]))
		}
	}
	annotations, _, err := c.variables.Evaluate(c.annotations, plain, celconfig.RuntimeCELCostBudget)
	if err != nil {
		return failed(err)
	}
	for _, r := range annotations {
		if r.Err != nil {
			v.broken = c.fail(v.broken, "%v", r.Err)
		}
	}
	return v
}

// denialOf is what a validation that does not hold says: what its message
// expression makes, else its message, else its expression.
func denialOf(v *v1.Validation, made expression.Result) denial {
	d := denial{reason: metav1.StatusReasonInvalid}
	if v.Reason != nil {
		d.reason = *v.Reason
	}
	if text, ok := made.Value.(types.String); ok {
		d.message = strings.TrimSpace(string(text))
	}
	if len(d.message) > celconfig.MaxEvaluatedMessageExpressionSizeBytes || strings.Contains(d.message, "\n") {
		d.message = ""
	}
	if d.message == "" {
		d.message = strings.TrimSpace(v.Message)
	}
	if d.message == "" {
		d.message = "failed expression: " + strings.TrimSpace(v.Expression)
	}
	return d
}
