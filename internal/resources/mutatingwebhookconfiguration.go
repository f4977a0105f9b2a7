package resources

import (
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func mutatingWebhookConfiguration() *Kind {
	type configuration = *admissionv1.MutatingWebhookConfiguration
	return define(Definition[configuration]{
		Name: "MutatingWebhookConfiguration", Resource: "mutatingwebhookconfigurations",
		RevalidatesName: true,
		Categories:      []string{"api-extensions"}, ClusterScoped: true,
		Version: admissionv1.SchemeGroupVersion,
		Default: func(c configuration) {
			for _, w := range mutatingWebhooks(c) {
				w.setDefaults()
			}
			for i := range c.Webhooks {
				setDefault(&c.Webhooks[i].ReinvocationPolicy, admissionv1.NeverReinvocationPolicy)
			}
		},
		Spec:                      func(c configuration) any { return c.Webhooks },
		ExactSpec:                 true,
		Validate:                  unreserved(validateMutatingWebhooks),
		ValidateUpdate:            func(c, _ configuration) field.ErrorList { return validateMutatingWebhooks(c) },
		Warnings:                  func(c, _ configuration) []string { return webhookWarnings(mutatingWebhooks(c)) },
		RefuseUnconditionalUpdate: true,
		ForeignFinalizers:         true,
		Columns:                   webhookColumns(),
		Row: func(c configuration, now time.Time) []any {
			return []any{c.Name, int64(len(c.Webhooks)), Age(c.CreationTimestamp, now)}
		},
	})
}

func mutatingWebhooks(c *admissionv1.MutatingWebhookConfiguration) []webhook {
	hooks := make([]webhook, len(c.Webhooks))
	for i := range c.Webhooks {
		w := &c.Webhooks[i]
		hooks[i] = webhook{
			w.Name, &w.ClientConfig, w.Rules, &w.FailurePolicy, &w.MatchPolicy, &w.NamespaceSelector,
			&w.ObjectSelector, w.SideEffects, &w.TimeoutSeconds, w.AdmissionReviewVersions, w.MatchConditions,
		}
	}
	return hooks
}

func validateMutatingWebhooks(c *admissionv1.MutatingWebhookConfiguration) field.ErrorList {
	errs := validateWebhooks(mutatingWebhooks(c))
	for i, w := range c.Webhooks {
		if w.ReinvocationPolicy != nil {
			errs = append(errs, validateReinvocation(field.NewPath("webhooks").Index(i).Child("reinvocationPolicy"), *w.ReinvocationPolicy)...)
		}
	}
	return errs
}

func validateReinvocation(path *field.Path, p admissionv1.ReinvocationPolicyType) field.ErrorList {
	return validateOneOf(path, p, admissionv1.IfNeededReinvocationPolicy, admissionv1.NeverReinvocationPolicy)
}
