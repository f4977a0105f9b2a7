package resources

import (
	"fmt"
	"slices"
	"strings"
	"time"

	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap"

	"github.com/kubejig/kubejig/internal/internalform"
)

// flowVerbs are the verbs that flow schemas may name, as messages list them.
var flowVerbs = []string{"create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"}

func flowSchema() *Kind {
	type flow = *flowcontrolv1.FlowSchema
	return define(Definition[flow]{
		Name: "FlowSchema", Resource: "flowschemas", ClusterScoped: true,
		RevalidatesName: true,
		Version:         flowcontrolv1.SchemeGroupVersion,
		Default:         func(f flow) { setIfZero(&f.Spec.MatchingPrecedence, 1000) },
		Spec:            func(f flow) any { return f.Spec },
		Validate:        validateFlowSchema,
		ValidateUpdate:  func(f, _ flow) field.ErrorList { return validateFlowSchema(f) },
		Status: &Status[flow]{
			Copy:   func(to, from flow) { to.Status = *from.Status.DeepCopy() },
			Keep:   keepAllMetadata[flow],
			Resets: [][]string{{"metadata"}},
			Validate: func(f, _ flow) field.ErrorList {
				return validateFlowConditions(flowConditionTypes(f.Status.Conditions))
			},
		},
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("PriorityLevel", flowcontrolv1.PriorityLevelConfigurationReference{}.SwaggerDoc()["name"]),
			Column("MatchingPrecedence", flowcontrolv1.FlowSchemaSpec{}.SwaggerDoc()["matchingPrecedence"]),
			Column("DistinguisherMethod", flowcontrolv1.FlowSchemaSpec{}.SwaggerDoc()["distinguisherMethod"]),
			AgeColumn(),
			Column("MissingPL", "references a broken or non-existent PriorityLevelConfiguration"),
		},
		Row: flowSchemaRow,
	})
}

func flowSchemaRow(f *flowcontrolv1.FlowSchema, now time.Time) []any {
	method, missing := "<none>", "?"
	if f.Spec.DistinguisherMethod != nil {
		method = string(f.Spec.DistinguisherMethod.Type)
	}
	for _, c := range f.Status.Conditions {
		if c.Type == flowcontrolv1.FlowSchemaConditionDangling {
			missing = string(c.Status)
			break
		}
	}
	return []any{
		f.Name, f.Spec.PriorityLevelConfiguration.Name, int64(f.Spec.MatchingPrecedence), method,
		Age(f.CreationTimestamp, now), missing,
	}
}

func flowConditionTypes(conditions []flowcontrolv1.FlowSchemaCondition) []string {
	types := make([]string, len(conditions))
	for i, c := range conditions {
		types[i] = string(c.Type)
	}
	return types
}

// validateFlowConditions checks the types of conditions.
func validateFlowConditions(types []string) field.ErrorList {
	var errs field.ErrorList
	for i, t := range types {
		path := field.NewPath("status", "conditions").Index(i).Child("type")
		if slices.Contains(types[:i], t) {
			errs = append(errs, field.Duplicate(path, t))
		}
		errs = append(errs, validatePresent(path, t)...)
	}
	return errs
}

func validateFlowSchema(f *flowcontrolv1.FlowSchema) field.ErrorList {
	errs := validateFlowSchemaSpec(f.Name, &f.Spec, field.NewPath("spec"))
	for _, mandatory := range bootstrap.MandatoryFlowSchemas {
		if mandatory.Name == f.Name && !equality.Semantic.DeepEqual(mandatory.Spec, f.Spec) {
			errs = append(errs, field.Invalid(field.NewPath("spec"), internalform.Of(f.Spec), fmt.Sprintf("spec of '%s' must equal the fixed value", f.Name)))
		}
	}
	return append(errs, validateFlowConditions(flowConditionTypes(f.Status.Conditions))...)
}

func validateFlowSchemaSpec(name string, s *flowcontrolv1.FlowSchemaSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	precedence := path.Child("matchingPrecedence")
	if s.MatchingPrecedence <= 0 {
		errs = append(errs, field.Invalid(precedence, s.MatchingPrecedence, "must be a positive value"))
	}
	if s.MatchingPrecedence > flowcontrolv1.FlowSchemaMaxMatchingPrecedence {
		errs = append(errs, field.Invalid(precedence, s.MatchingPrecedence, fmt.Sprintf("must not be greater than %v", flowcontrolv1.FlowSchemaMaxMatchingPrecedence)))
	}
	if s.MatchingPrecedence == 1 && name != flowcontrolv1.FlowSchemaNameExempt {
		errs = append(errs, field.Invalid(precedence, s.MatchingPrecedence, "only the schema named 'exempt' may have matchingPrecedence 1"))
	}
	if m := s.DistinguisherMethod; m != nil && m.Type != flowcontrolv1.FlowDistinguisherMethodByNamespaceType && m.Type != flowcontrolv1.FlowDistinguisherMethodByUserType {
		errs = append(errs, field.NotSupported(path.Child("distinguisherMethod", "type"), internalform.Of(m),
			[]flowcontrolv1.FlowDistinguisherMethodType{flowcontrolv1.FlowDistinguisherMethodByNamespaceType, flowcontrolv1.FlowDistinguisherMethodByUserType}))
	}
	level := path.Child("priorityLevelConfiguration", "name")
	if s.PriorityLevelConfiguration.Name == "" {
		errs = append(errs, field.Required(level, "must reference a priority level"))
	} else {
		errs = append(errs, validateAsName(level, s.PriorityLevelConfiguration.Name, apivalidation.NameIsDNSSubdomain)...)
	}
	for i := range s.Rules {
		errs = append(errs, validateFlowRule(&s.Rules[i], path.Child("rules").Index(i))...)
	}
	return errs
}

func validateFlowRule(r *flowcontrolv1.PolicyRulesWithSubjects, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(r.Subjects) == 0 {
		errs = append(errs, field.Required(path.Child("subjects"), "subjects must contain at least one value"))
	}
	for i := range r.Subjects {
		errs = append(errs, validateFlowSubject(&r.Subjects[i], path.Child("subjects").Index(i))...)
	}
	if len(r.ResourceRules) == 0 && len(r.NonResourceRules) == 0 {
		errs = append(errs, field.Required(path, "at least one of resourceRules and nonResourceRules has to be non-empty"))
	}
	for i := range r.ResourceRules {
		errs = append(errs, validateFlowResources(&r.ResourceRules[i], path.Child("resourceRules").Index(i))...)
	}
	for i := range r.NonResourceRules {
		errs = append(errs, validateFlowPaths(&r.NonResourceRules[i], path.Child("nonResourceRules").Index(i))...)
	}
	return errs
}

// validateFlowSubject wants the part that the subject's kind names, and no
// other.
func validateFlowSubject(s *flowcontrolv1.Subject, path *field.Path) field.ErrorList {
	const account, user, group = flowcontrolv1.SubjectKindServiceAccount, flowcontrolv1.SubjectKindUser, flowcontrolv1.SubjectKindGroup
	if errs := validateOneOf(path.Child("kind"), s.Kind, group, account, user); len(errs) > 0 {
		return errs
	}
	var errs, others field.ErrorList
	for _, part := range []struct {
		kind     flowcontrolv1.SubjectKind
		name     string
		set      bool
		validate func(*field.Path) field.ErrorList
	}{
		{account, "serviceAccount", s.ServiceAccount != nil, func(p *field.Path) field.ErrorList { return validateFlowServiceAccount(s.ServiceAccount, p) }},
		{user, "user", s.User != nil, func(p *field.Path) field.ErrorList { return validatePresent(p.Child("name"), s.User.Name) }},
		{group, "group", s.Group != nil, func(p *field.Path) field.ErrorList { return validatePresent(p.Child("name"), s.Group.Name) }},
	} {
		p := path.Child(part.name)
		switch {
		case part.kind != s.Kind && part.set:
			others = append(others, field.Forbidden(p, fmt.Sprintf("%s is forbidden when subject kind is not '%s'", part.name, part.kind)))
		case part.kind == s.Kind && !part.set:
			errs = append(errs, field.Required(p, fmt.Sprintf("%s is required when subject kind is '%s'", part.name, part.kind)))
		case part.kind == s.Kind:
			errs = append(errs, part.validate(p)...)
		}
	}
	return append(errs, others...)
}

func validateFlowServiceAccount(s *flowcontrolv1.ServiceAccountSubject, path *field.Path) field.ErrorList {
	errs := validatePresent(path.Child("name"), s.Name)
	if s.Name != "" && s.Name != flowcontrolv1.NameAll {
		errs = append(errs, validateAsName(path.Child("name"), s.Name, apivalidation.ValidateServiceAccountName)...)
	}
	if s.Namespace == "" {
		return append(errs, field.Required(path.Child("namespace"), "must specify namespace for service account"))
	}
	return append(errs, validateAsName(path.Child("namespace"), s.Namespace, apivalidation.ValidateNamespaceName)...)
}

// validateWildcard wants a list to be the wildcard alone, or not to have it.
func validateWildcard(path *field.Path, list []string, others string) field.ErrorList {
	if len(list) > 1 && slices.Contains(list, "*") {
		return field.ErrorList{field.Invalid(path, list, "if '*' is present, must not specify other "+others)}
	}
	return nil
}

func validateFlowVerbs(verbs []string, path *field.Path) field.ErrorList {
	if len(verbs) == 0 {
		return field.ErrorList{field.Required(path, "verbs must contain at least one value")}
	}
	if slices.Contains(verbs, "*") {
		return validateWildcard(path, verbs, "verbs")
	}
	if slices.ContainsFunc(verbs, func(v string) bool { return !slices.Contains(flowVerbs, v) }) {
		return field.ErrorList{field.NotSupported(path, verbs, flowVerbs)}
	}
	return nil
}

func validateFlowResources(r *flowcontrolv1.ResourcePolicyRule, path *field.Path) field.ErrorList {
	errs := validateFlowVerbs(r.Verbs, path.Child("verbs"))
	if len(r.APIGroups) == 0 {
		errs = append(errs, field.Required(path.Child("apiGroups"), "resource rules must supply at least one api group"))
	}
	errs = append(errs, validateWildcard(path.Child("apiGroups"), r.APIGroups, "api groups")...)
	if len(r.Resources) == 0 {
		errs = append(errs, field.Required(path.Child("resources"), "resource rules must supply at least one resource"))
	}
	errs = append(errs, validateWildcard(path.Child("resources"), r.Resources, "resources")...)

	namespaces := path.Child("namespaces")
	if len(r.Namespaces) == 0 && !r.ClusterScope {
		return append(errs, field.Required(namespaces, "resource rules that are not cluster scoped must supply at least one namespace"))
	}
	if slices.Contains(r.Namespaces, flowcontrolv1.NamespaceEvery) {
		return append(errs, validateWildcard(namespaces, r.Namespaces, "namespaces")...)
	}
	for i, namespace := range r.Namespaces {
		for _, msg := range apivalidation.ValidateNamespaceName(namespace, false) {
			errs = append(errs, field.Invalid(namespaces.Index(i), namespace, "each member of this list must be '*' or a DNS-1123 label; "+msg))
		}
	}
	return errs
}

func validateFlowPaths(r *flowcontrolv1.NonResourcePolicyRule, path *field.Path) field.ErrorList {
	errs := validateFlowVerbs(r.Verbs, path.Child("verbs"))
	urls := path.Child("nonResourceURLs")
	switch {
	case len(r.NonResourceURLs) == 0:
		errs = append(errs, field.Required(urls, "nonResourceURLs must contain at least one value"))
	case slices.Contains(r.NonResourceURLs, "*"):
		errs = append(errs, validateWildcard(urls, r.NonResourceURLs, "non-resource URLs")...)
	default:
		for i, url := range r.NonResourceURLs {
			if problem := nonResourceURLProblem(url); problem != "" {
				errs = append(errs, field.Invalid(urls.Index(i), url, problem))
			}
		}
	}
	return errs
}

// nonResourceURLProblem says what is wrong with a path, "" for nothing.
func nonResourceURLProblem(url string) string {
	wildcards := strings.Count(url, "*")
	switch {
	case url == "":
		return "must not be empty"
	case url == "/":
		return ""
	case !strings.HasPrefix(url, "/"):
		return "must start with slash"
	case strings.Contains(url, " "):
		return "must not contain white-space"
	case strings.Contains(url, "//"):
		return "must not contain double slash"
	case wildcards > 1, wildcards == 1 && !strings.HasSuffix(url, "/*"):
		return "wildcard can only do suffix matching"
	}
	return ""
}
