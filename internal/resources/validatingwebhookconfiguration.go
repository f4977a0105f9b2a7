package resources

import (
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func validatingWebhookConfiguration() *Kind {
	type configuration = *admissionv1.ValidatingWebhookConfiguration
	validate := func(c configuration) field.ErrorList { return validateWebhooks(validatingWebhooks(c)) }
	return define(Definition[configuration]{
		Name: "ValidatingWebhookConfiguration", Resource: "validatingwebhookconfigurations",
		RevalidatesName: true,
		Categories:      []string{"api-extensions"}, ClusterScoped: true,
		Version: admissionv1.SchemeGroupVersion,
		Default: func(c configuration) {
			for _, w := range validatingWebhooks(c) {
				w.setDefaults()
			}
		},
		Spec:                      func(c configuration) any { return c.Webhooks },
		ExactSpec:                 true,
		Validate:                  unreserved(validate),
		ValidateUpdate:            func(c, _ configuration) field.ErrorList { return validate(c) },
		Warnings:                  func(c, _ configuration) []string { return webhookWarnings(validatingWebhooks(c)) },
		RefuseUnconditionalUpdate: true,
		ForeignFinalizers:         true,
		Columns:                   webhookColumns(),
		Row: func(c configuration, now time.Time) []any {
			return []any{c.Name, int64(len(c.Webhooks)), Age(c.CreationTimestamp, now)}
		},
	})
}

func validatingWebhooks(c *admissionv1.ValidatingWebhookConfiguration) []webhook {
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
