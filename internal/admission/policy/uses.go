package policy

import (
	"fmt"

	"k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/internal/store"
)

// Use is a policy as a binding uses it for a request, with one of its
// parameters; or why it can't.
type Use struct {
	// Binding is nil where the policy itself can't be used.
	Binding store.Object
	Target  Target
	// Param is nil for none.
	Param runtime.Object
	Err   error
}

// Uses are the uses of a policy for a request, those of a binding after the
// other.
func (c Matcher) Uses(r *Request, match *v1.MatchResources, kind *v1.ParamKind, bindings []store.Object) (uses []Use) {
	target, matches, err := c.Matches(r, match)
	if matches {
		_, err = c.ParamKind(kind)
	}
	if err != nil {
		return []Use{{Err: fmt.Errorf("failed to configure policy: %w", err)}}
	}
	if !matches {
		return nil
	}
	for _, b := range bindings {
		params, err := c.bound(r, kind, b)
		if err != nil {
			uses = append(uses, Use{Binding: b, Err: fmt.Errorf("failed to configure binding: %w", err)})
		}
		for _, param := range params {
			uses = append(uses, Use{Binding: b, Target: target, Param: param})
		}
	}
	return uses
}

// bound are the parameters with which a binding uses a policy for a request; none
// if it doesn't.
func (c Matcher) bound(r *Request, kind *v1.ParamKind, binding store.Object) ([]runtime.Object, error) {
	if m := matchOf(binding); m != nil {
		if _, matches, err := c.Matches(r, m); !matches || err != nil {
			return nil, err
		}
	}
	return c.Params(r, kind, referenceOf(binding).ref)
}

func matchOf(binding store.Object) *v1.MatchResources {
	switch binding := binding.(type) {
	case *v1.ValidatingAdmissionPolicyBinding:
		return binding.Spec.MatchResources
	case *v1.MutatingAdmissionPolicyBinding:
		return binding.Spec.MatchResources
	}
	return nil
}
