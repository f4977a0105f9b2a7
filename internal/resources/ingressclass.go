package resources

import (
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

// maxIngressController is the longest name of a controller, in bytes.
const maxIngressController = 250

func ingressClass() *Kind {
	type class = *networkingv1.IngressClass
	return define(Definition[class]{
		Name: "IngressClass", Resource: "ingressclasses", ClusterScoped: true,
		RevalidatesName: true,
		Version:         networkingv1.SchemeGroupVersion,
		Default: func(c class) {
			if p := c.Spec.Parameters; p != nil {
				setDefault(&p.Scope, networkingv1.IngressClassParametersReferenceScopeCluster)
			}
		},
		Spec:     func(c class) any { return c.Spec },
		Validate: validateIngressClass,
		ValidateUpdate: func(c, old class) field.ErrorList {
			return append(
				apivalidation.ValidateImmutableField(c.Spec.Controller, old.Spec.Controller, field.NewPath("spec", "controller")),
				validateIngressClass(c)...)
		},
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Controller", "Controller that is responsible for handling this class"),
			Column("Parameters", "A reference to a resource with additional parameters"),
			AgeColumn(),
		},
		Row: func(c class, now time.Time) []any {
			return []any{c.Name, c.Spec.Controller, ingressParameters(c.Spec.Parameters), Age(c.CreationTimestamp, now)}
		},
	})
}

func ingressParameters(p *networkingv1.IngressClassParametersReference) string {
	if p == nil {
		return "<none>"
	}
	kind := p.Kind
	if p.APIGroup != nil {
		kind += "." + *p.APIGroup
	}
	return kind + "/" + p.Name
}

func validateIngressClass(c *networkingv1.IngressClass) field.ErrorList {
	path := field.NewPath("spec", "controller")
	var errs field.ErrorList
	if name := c.Spec.Controller; name == "" {
		errs = append(errs, field.Required(path, ""))
	} else {
		if len(name) > maxIngressController {
			errs = append(errs, field.TooLong(path, "", maxIngressController))
		}
		errs = append(errs, validation.IsDomainPrefixedPath(path, name)...)
	}
	if c.Spec.Parameters != nil {
		errs = append(errs, validateIngressParameters(c.Spec.Parameters, field.NewPath("spec", "parameters"))...)
	}
	return errs
}

func validateIngressParameters(p *networkingv1.IngressClassParametersReference, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if p.APIGroup != nil {
		errs = append(errs, validateAs(path.Child("apiGroup"), *p.APIGroup, validation.IsDNS1123Subdomain)...)
	}
	errs = append(errs, validatePathSegment(path.Child("kind"), p.Kind)...)
	errs = append(errs, validatePathSegment(path.Child("name"), p.Name)...)

	namespace := path.Child("namespace")
	switch scope := ptr.Deref(p.Scope, ""); {
	case p.Scope == nil:
		return append(errs, field.Required(path.Child("scope"), ""))
	case scope == networkingv1.IngressClassParametersReferenceScopeCluster:
		if p.Namespace != nil {
			errs = append(errs, field.Forbidden(namespace, "`parameters.scope` is set to 'Cluster'"))
		}
	case scope != networkingv1.IngressClassParametersReferenceScopeNamespace:
		return append(errs, validateOneOf(path.Child("scope"), scope,
			networkingv1.IngressClassParametersReferenceScopeCluster,
			networkingv1.IngressClassParametersReferenceScopeNamespace)...)
	case p.Namespace == nil:
		errs = append(errs, field.Required(namespace, "`parameters.scope` is set to 'Namespace'"))
	default:
		errs = append(errs, validateAsName(namespace, *p.Namespace, apivalidation.ValidateNamespaceName)...)
	}
	return errs
}
