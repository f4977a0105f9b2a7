package resources

import (
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// What the kinds of admissionregistration.k8s.io have in common: rules that
// say which requests are meant, conditions and parameters.

func defaultRule(r *admissionv1.Rule) { setDefault(&r.Scope, admissionv1.AllScopes) }

func defaultMatchResources(m *admissionv1.MatchResources) {
	if m == nil {
		return
	}
	setDefault(&m.MatchPolicy, admissionv1.Equivalent)
	setDefault(&m.NamespaceSelector, metav1.LabelSelector{})
	setDefault(&m.ObjectSelector, metav1.LabelSelector{})
	for i := range m.ResourceRules {
		defaultRule(&m.ResourceRules[i].Rule)
	}
	for i := range m.ExcludeResourceRules {
		defaultRule(&m.ExcludeResourceRules[i].Rule)
	}
}

func validateRules(rules []admissionv1.RuleWithOperations, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i := range rules {
		errs = append(errs, validateRule(&rules[i], path.Index(i))...)
	}
	return errs
}

func validateRule(r *admissionv1.RuleWithOperations, path *field.Path) field.ErrorList {
	operations := path.Child("operations")
	errs := validateNotEmpty(operations, r.Operations)
	if len(r.Operations) > 1 && slices.Contains(r.Operations, admissionv1.OperationAll) {
		errs = append(errs, field.Invalid(operations, r.Operations, "if '*' is present, must not specify other operations"))
	}
	for i, operation := range r.Operations {
		errs = append(errs, validateOneOf(operations.Index(i), operation, admissionv1.OperationAll,
			admissionv1.Connect, admissionv1.Create, admissionv1.Delete, admissionv1.Update)...)
	}
	errs = append(errs, validateNotEmpty(path.Child("apiGroups"), r.APIGroups)...)
	errs = append(errs, validateWildcard(path.Child("apiGroups"), r.APIGroups, "API groups")...)
	errs = append(errs, validateNotEmpty(path.Child("apiVersions"), r.APIVersions)...)
	errs = append(errs, validateWildcard(path.Child("apiVersions"), r.APIVersions, "API versions")...)
	for i, v := range r.APIVersions {
		errs = append(errs, validatePresent(path.Child("apiVersions").Index(i), v)...)
	}
	errs = append(errs, validateRuleResources(r.Resources, path.Child("resources"))...)
	if r.Scope != nil {
		errs = append(errs, validateOneOf(path.Child("scope"), *r.Scope, admissionv1.AllScopes, admissionv1.ClusterScope, admissionv1.NamespacedScope)...)
	}
	return errs
}

func validateNotEmpty[T any](path *field.Path, list []T) field.ErrorList {
	if len(list) == 0 {
		return field.ErrorList{field.Required(path, "")}
	}
	return nil
}

// validateRuleResources checks a list of resources ("pods"), subresources
// ("pods/log") and wildcards of either ("*", "pods/*", "*/scale", "*/*"), which
// must not say a thing twice.
func validateRuleResources(list []string, path *field.Path) field.ErrorList {
	errs := validateNotEmpty(path, list)
	allOf, everywhere := map[string]bool{}, map[string]bool{}
	plain := false
	for i, entry := range list {
		if entry == "" {
			errs = append(errs, field.Required(path.Index(i), ""))
			continue
		}
		resource, sub, isSub := strings.Cut(entry, "/")
		if !isSub {
			plain = entry != "*"
			continue
		}
		if allOf[resource] {
			errs = append(errs, field.Invalid(path.Index(i), entry, fmt.Sprintf("if '%s/*' is present, must not specify %s", resource, entry)))
		}
		if everywhere[sub] {
			errs = append(errs, field.Invalid(path.Index(i), entry, fmt.Sprintf("if '*/%s' is present, must not specify %s", sub, entry)))
		}
		allOf[resource] = allOf[resource] || sub == "*"
		everywhere[sub] = everywhere[sub] || resource == "*"
	}
	if len(list) > 1 && slices.Contains(list, "*/*") {
		errs = append(errs, field.Invalid(path, list, "if '*/*' is present, must not specify other resources"))
	}
	if plain && slices.Contains(list, "*") {
		errs = append(errs, field.Invalid(path, list, "if '*' is present, must not specify other resources without subresources"))
	}
	return errs
}

// validateMatchResources checks what a policy or its binding applies to; nil
// is everything.
func validateMatchResources(m *admissionv1.MatchResources, path *field.Path) field.ErrorList {
	if m == nil {
		return nil
	}
	var errs field.ErrorList
	if m.MatchPolicy == nil {
		errs = append(errs, field.Required(path.Child("matchPolicy"), ""))
	} else {
		errs = append(errs, validateMatchPolicy(m.MatchPolicy, path)...)
	}
	for _, s := range []struct {
		name     string
		selector *metav1.LabelSelector
	}{{"namespaceSelector", m.NamespaceSelector}, {"objectSelector", m.ObjectSelector}} {
		if s.selector == nil {
			errs = append(errs, field.Required(path.Child(s.name), ""))
		}
		errs = append(errs, validateSelector(s.selector, path.Child(s.name))...)
	}
	errs = append(errs, validateNamedRules(m.ResourceRules, path.Child("resourceRules"))...)
	return append(errs, validateNamedRules(m.ExcludeResourceRules, path.Child("excludeResourceRules"))...)
}

// validateMutated wants the operations to be such that have an object to mutate.
func validateMutated(m *admissionv1.MatchResources, path *field.Path) field.ErrorList {
	if m == nil {
		return nil
	}
	var errs field.ErrorList
	for _, rule := range m.ResourceRules {
		for _, operation := range rule.Operations {
			errs = append(errs, validateOneOf(path.Child("resourceRules", "operations"), operation,
				admissionv1.OperationAll, admissionv1.Connect, admissionv1.Create, admissionv1.Update)...)
		}
	}
	return errs
}

func validateMatchPolicy(p *admissionv1.MatchPolicyType, path *field.Path) field.ErrorList {
	if p == nil {
		return nil
	}
	return validateOneOf(path.Child("matchPolicy"), *p, admissionv1.Equivalent, admissionv1.Exact)
}

func validateFailurePolicy(p *admissionv1.FailurePolicyType, path *field.Path) field.ErrorList {
	if p == nil {
		return nil
	}
	return validateOneOf(path.Child("failurePolicy"), *p, admissionv1.Fail, admissionv1.Ignore)
}

func validateNamedRules(rules []admissionv1.NamedRuleWithOperations, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i := range rules {
		names := path.Index(i).Child("resourceNames")
		for j, name := range rules[i].ResourceNames {
			errs = append(errs, validateAs(names.Index(j), name, content.IsPathSegmentName)...)
			if slices.Contains(rules[i].ResourceNames[:j], name) {
				errs = append(errs, field.Duplicate(names.Index(j), name))
			}
		}
		errs = append(errs, validateRule(&rules[i].RuleWithOperations, path.Index(i))...)
	}
	return errs
}

// validateParamKind checks the kind of a policy's parameters.
func validateParamKind(k *admissionv1.ParamKind, path *field.Path) field.ErrorList {
	errs := validateParamVersion(k.APIVersion, path.Child("apiVersion"))
	if k.Kind == "" {
		return append(errs, field.Required(path.Child("kind"), ""))
	}
	if msgs := validation.IsDNS1035Label(strings.ToLower(k.Kind)); len(msgs) > 0 {
		errs = append(errs, field.Invalid(path.Child("kind"), k.Kind, "may have mixed case, but should otherwise match: "+strings.Join(msgs, ",")))
	}
	return errs
}

func validateParamVersion(apiVersion string, path *field.Path) field.ErrorList {
	if apiVersion == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	group, version, grouped := strings.Cut(apiVersion, "/")
	if !grouped {
		group, version = "", apiVersion
	}
	if strings.Contains(version, "/") {
		return field.ErrorList{field.Invalid(path, apiVersion, "unexpected GroupVersion string: "+apiVersion)}
	}
	var errs field.ErrorList
	if msgs := validation.IsDNS1123Subdomain(group); group != "" && len(msgs) > 0 {
		errs = append(errs, field.Invalid(path, group, strings.Join(msgs, ",")))
	}
	if version == "" {
		return append(errs, field.Invalid(path, apiVersion, "version must be specified"))
	}
	if msgs := validation.IsDNS1035Label(version); len(msgs) > 0 {
		errs = append(errs, field.Invalid(path, version, strings.Join(msgs, ",")))
	}
	return errs
}

// staticSuffix ends the names of configurations that an API server reads from
// its own files.
const staticSuffix = ".static.k8s.io"

// unreserved is a check of new configurations that refuses names, too, which only
// those in files may have.
func unreserved[T metav1.Object](validate func(T) field.ErrorList) func(T) field.ErrorList {
	return func(configuration T) field.ErrorList {
		errs := validate(configuration)
		if name := configuration.GetName(); strings.HasSuffix(name, staticSuffix) {
			errs = append(errs, field.Invalid(field.NewPath("metadata", "name"), name, fmt.Sprintf(
				"names ending with %q are reserved for static manifest-based configurations and cannot be managed via the API", staticSuffix)))
		}
		return errs
	}
}

// validatePolicyBinding checks what bindings of both kinds of policies have.
func validatePolicyBinding(policy string, ref *admissionv1.ParamRef, match *admissionv1.MatchResources) field.ErrorList {
	path := field.NewPath("spec")
	var errs field.ErrorList
	if policy == "" {
		errs = append(errs, field.Required(path.Child("policyName"), "").MarkBeta())
	} else {
		errs = append(errs, validateAsName(path.Child("policyName"), policy, apivalidation.NameIsDNSSubdomain)...)
	}
	if ref != nil {
		errs = append(errs, validateParamRef(ref, path.Child("paramRef"))...)
	}
	return append(errs, validateMatchResources(match, path.Child("matchResources"))...)
}

func validateParamRef(r *admissionv1.ParamRef, path *field.Path) field.ErrorList {
	const exclusive = "name and selector are mutually exclusive"
	var errs field.ErrorList
	if r.Name != "" {
		errs = append(errs, validateAs(path.Child("name"), r.Name, content.IsPathSegmentName)...)
		if r.Selector != nil {
			errs = append(errs, field.Forbidden(path.Child("name"), exclusive))
		}
	}
	if r.Selector != nil {
		errs = append(errs, validateSelector(r.Selector, path.Child("selector"))...)
		if r.Name != "" {
			errs = append(errs, field.Forbidden(path.Child("selector"), exclusive))
		}
	}
	if r.Name == "" && r.Selector == nil {
		errs = append(errs, field.Required(path, "one of name or selector must be specified"))
	}
	action := path.Child("parameterNotFoundAction")
	if r.ParameterNotFoundAction == nil || *r.ParameterNotFoundAction == "" {
		return append(errs, field.Required(action, ""))
	}
	return append(errs, validateOneOf(action, *r.ParameterNotFoundAction, admissionv1.DenyAction, admissionv1.AllowAction)...)
}

// paramKindCell and paramRefCell show parameters in tables.
func paramKindCell(k *admissionv1.ParamKind) string {
	if k == nil {
		return "<unset>"
	}
	return k.APIVersion + "/" + k.Kind
}

func paramRefCell(r *admissionv1.ParamRef) string {
	switch {
	case r == nil, r.Name == "" && r.Selector == nil:
		return "<unset>"
	case r.Name == "":
		return r.Selector.String()
	}
	// Whether parameters are in a namespace can't be told from here.
	return orElse(r.Namespace, "*") + "/" + r.Name
}
