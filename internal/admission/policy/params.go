package policy

import (
	"errors"
	"fmt"

	"k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// ParamKind finds the kind of a policy's parameters; nil of nil.
func (c Matcher) ParamKind(p *v1.ParamKind) (*resources.Kind, error) {
	if p == nil {
		return nil, nil
	}
	gvk := schema.FromAPIVersionAndKind(p.APIVersion, p.Kind)
	k := c.Client.Registry.Kinds().ByKind(gvk.GroupKind())
	if k == nil || k.Version(gvk.GroupVersion()) == nil {
		return nil, fmt.Errorf("failed to find resource referenced by paramKind: '%v'", gvk)
	}
	return k, nil
}

// Params are the parameters that a binding gives to a policy whose parameters
// are of a kind, in order; one that is nil where there is nothing to refer to.
func (c Matcher) Params(r *Request, kind *v1.ParamKind, ref *v1.ParamRef) ([]runtime.Object, error) {
	k, err := c.ParamKind(kind)
	if err != nil {
		return nil, err
	}
	if k == nil || ref == nil {
		return []runtime.Object{nil}, nil
	}
	namespace, err := paramNamespace(r, k, ref)
	if err != nil {
		return nil, err
	}
	found, err := c.referred(k, namespace, ref)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 && ref.ParameterNotFoundAction != nil && *ref.ParameterNotFoundAction == v1.DenyAction {
		return nil, errors.New("no params found for policy binding with `Deny` parameterNotFoundAction")
	}
	params := make([]runtime.Object, len(found))
	for i, obj := range found {
		if params[i], err = versioned(k, obj, schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind)); err != nil {
			return nil, err
		}
	}
	return params, nil
}

// paramNamespace is where the parameters are: in the request's namespace unless
// the binding names one.
func paramNamespace(r *Request, k *resources.Kind, ref *v1.ParamRef) (string, error) {
	switch {
	case !k.Namespaced && ref.Namespace != "":
		return "", errors.New("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
	case !k.Namespaced:
		return "", nil
	case ref.Namespace != "":
		return ref.Namespace, nil
	case r.Namespace == "":
		return "", errors.New("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources")
	}
	return r.Namespace, nil
}

// referred are the objects that are named or selected.
func (c Matcher) referred(k *resources.Kind, namespace string, ref *v1.ParamRef) (found []store.Object, err error) {
	objects := c.Client.Registry.Store
	if ref.Name != "" {
		if item := objects.Get(k.GroupResource(), namespace, ref.Name); item != nil {
			found = append(found, item.Object)
		}
		return found, nil
	}
	selector, err := metav1.LabelSelectorAsSelector(ref.Selector)
	if err != nil {
		return nil, err
	}
	objects.Scan(k.GroupResource(), namespace, func(item *store.Item) bool {
		if selector.Matches(labels.Set(item.Object.GetLabels())) {
			found = append(found, item.Object)
		}
		return true
	})
	return found, nil
}
