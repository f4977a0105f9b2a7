package resources

import (
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/webhookclient"
)

// Limits of a webhook's timeout, in seconds.
const minWebhookTimeout, maxWebhookTimeout = 1, 30

// reviewVersions are the versions of AdmissionReview that the server sends.
var reviewVersions = []string{"v1", "v1beta1"}

// webhook is what validating and mutating webhooks have in common; it points
// into either.
type webhook struct {
	name              string
	client            *admissionv1.WebhookClientConfig
	rules             []admissionv1.RuleWithOperations
	failurePolicy     **admissionv1.FailurePolicyType
	matchPolicy       **admissionv1.MatchPolicyType
	namespaceSelector **metav1.LabelSelector
	objectSelector    **metav1.LabelSelector
	sideEffects       *admissionv1.SideEffectClass
	timeout           **int32
	reviewVersions    []string
	conditions        []admissionv1.MatchCondition
}

func (w *webhook) setDefaults() {
	setDefault(w.failurePolicy, admissionv1.Fail)
	setDefault(w.matchPolicy, admissionv1.Equivalent)
	setDefault(w.namespaceSelector, metav1.LabelSelector{})
	setDefault(w.objectSelector, metav1.LabelSelector{})
	setDefault(w.timeout, 10)
	for i := range w.rules {
		defaultRule(&w.rules[i].Rule)
	}
	if s := w.client.Service; s != nil {
		setDefault(&s.Port, 443)
	}
}

func validateWebhooks(hooks []webhook) field.ErrorList {
	var errs field.ErrorList
	names := map[string]bool{}
	for i := range hooks {
		path := field.NewPath("webhooks").Index(i)
		errs = append(errs, hooks[i].validate(path)...)
		if name := hooks[i].name; name != "" {
			if names[name] {
				errs = append(errs, field.Duplicate(path.Child("name"), name))
			}
			names[name] = true
		}
	}
	return errs
}

func (w *webhook) validate(path *field.Path) field.ErrorList {
	errs := validation.IsFullyQualifiedName(path.Child("name"), w.name)
	errs = append(errs, validateRules(w.rules, path.Child("rules"))...)
	errs = append(errs, validateFailurePolicy(*w.failurePolicy, path)...)
	errs = append(errs, validateMatchPolicy(*w.matchPolicy, path)...)
	errs = append(errs, w.validateSideEffects(path.Child("sideEffects"))...)
	if seconds := *w.timeout; seconds != nil && (*seconds < minWebhookTimeout || *seconds > maxWebhookTimeout) {
		errs = append(errs, field.Invalid(path.Child("timeoutSeconds"), *seconds, "the timeout value must be between 1 and 30 seconds"))
	}
	errs = append(errs, validateSelector(*w.namespaceSelector, path.Child("namespaceSelector"))...)
	errs = append(errs, validateSelector(*w.objectSelector, path.Child("objectSelector"))...)
	errs = append(errs, w.validateClient(path.Child("clientConfig"))...)
	errs = append(errs, validateMatchConditions(w.conditions, nil, path.Child("matchConditions"))...)
	return append(errs, w.validateReviewVersions(path.Child("admissionReviewVersions"))...)
}

func (w *webhook) validateSideEffects(path *field.Path) field.ErrorList {
	if w.sideEffects == nil {
		return field.ErrorList{field.Required(path, "must specify one of None, NoneOnDryRun")}
	}
	return validateOneOf(path, *w.sideEffects, admissionv1.SideEffectClassNone, admissionv1.SideEffectClassNoneOnDryRun)
}

func (w *webhook) validateClient(path *field.Path) field.ErrorList {
	reference := webhookclient.Reference{URL: w.client.URL}
	if s := w.client.Service; s != nil {
		reference.Service = &webhookclient.Service{Namespace: s.Namespace, Name: s.Name, Path: s.Path, Port: ptr.Deref(s.Port, 443)}
	}
	return reference.Validate(path)
}

func (w *webhook) validateReviewVersions(path *field.Path) field.ErrorList {
	if len(w.reviewVersions) == 0 {
		return field.ErrorList{field.Required(path, "must specify one of "+strings.Join(reviewVersions, ", "))}
	}
	var errs field.ErrorList
	known := false
	for i, v := range w.reviewVersions {
		if slices.Contains(w.reviewVersions[:i], v) {
			errs = append(errs, field.Invalid(path.Index(i), v, "duplicate version"))
			continue
		}
		errs = append(errs, validateAs(path.Index(i), v, validation.IsDNS1035Label)...)
		known = known || slices.Contains(reviewVersions, v)
	}
	if !known {
		errs = append(errs, field.Invalid(path, w.reviewVersions, fmt.Sprintf("must include at least one of %v", strings.Join(reviewVersions, ", "))))
	}
	return errs
}

// unintercepted are the resources that no webhook is called for, lest a cluster
// lock itself out.
var unintercepted = []schema.GroupResource{
	{Group: authenticationv1.GroupName, Resource: "selfsubjectreviews"},
	{Group: authenticationv1.GroupName, Resource: "tokenreviews"},
	{Group: authorizationv1.GroupName, Resource: "localsubjectaccessreviews"},
	{Group: authorizationv1.GroupName, Resource: "selfsubjectaccessreviews"},
	{Group: authorizationv1.GroupName, Resource: "selfsubjectrulesreviews"},
	{Group: authorizationv1.GroupName, Resource: "subjectaccessreviews"},
}

// webhookWarnings warns of rules that name what no webhook is called for.
func webhookWarnings(hooks []webhook) []string {
	var warnings []string
	for i, hook := range hooks {
		for j, rule := range hook.rules {
			path := field.NewPath("webhooks").Index(i).Child("rules").Index(j)
			for _, resource := range namedInVain(rule.Rule) {
				warnings = append(warnings, fmt.Sprintf("%s: %s is excluded from admission webhooks; this rule will have no effect", path, resource))
			}
		}
	}
	return warnings
}

// namedInVain are the resources that a rule names and no webhook is called for,
// each once. Who says * does not name them.
func namedInVain(r admissionv1.Rule) []schema.GroupResource {
	if slices.Contains(r.APIGroups, "*") || slices.Contains(r.Resources, "*") {
		return nil
	}
	var named []schema.GroupResource
	for _, group := range r.APIGroups {
		for _, resource := range r.Resources {
			gr := schema.GroupResource{Group: group, Resource: resource}
			if slices.Contains(unintercepted, gr) && !slices.Contains(named, gr) {
				named = append(named, gr)
			}
		}
	}
	return named
}

// webhookColumns are the columns of a configuration of webhooks.
func webhookColumns() []metav1.TableColumnDefinition {
	return []metav1.TableColumnDefinition{
		NameColumn(),
		Integer(Column("Webhooks", "Webhooks indicates the number of webhooks registered in this configuration")),
		AgeColumn(),
	}
}
