package webhook

import (
	"k8s.io/api/admissionregistration/v1"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/admission/policy"
	"github.com/kubejig/kubejig/internal/store"
)

// Validating is the ValidatingAdmissionWebhook admission plugin.
type Validating struct{ Plugin }

var _ admission.Validator = Validating{}

// Name is the plugin's name.
func (Validating) Name() string { return "ValidatingAdmissionWebhook" }

func validatingHooks(obj store.Object) []hook {
	configuration := obj.(*v1.ValidatingWebhookConfiguration)
	webhooks := make([]v1.MutatingWebhook, len(configuration.Webhooks))
	for i, w := range configuration.Webhooks {
		webhooks[i] = v1.MutatingWebhook{
			Name: w.Name, ClientConfig: w.ClientConfig, Rules: w.Rules, FailurePolicy: w.FailurePolicy, MatchPolicy: w.MatchPolicy,
			NamespaceSelector: w.NamespaceSelector, ObjectSelector: w.ObjectSelector, SideEffects: w.SideEffects,
			TimeoutSeconds: w.TimeoutSeconds, AdmissionReviewVersions: w.AdmissionReviewVersions, MatchConditions: w.MatchConditions,
		}
	}
	return newHooks(configuration.Name, webhooks)
}

// Validate asks all webhooks that are about the request, at once. The first that
// refuses it counts.
func (p Validating) Validate(a *admission.Attributes) error {
	all := hooks(p.Client.Registry.Store, policy.Resource("validatingwebhookconfigurations"), validatingHooks)
	if len(all) == 0 {
		return nil
	}
	request := policy.NewWebhookRequest(a)
	if request == nil {
		return nil
	}
	q := &asking{Plugin: p.Plugin, matcher: policy.Matcher{Client: p.Client}, request: request}
	var asked []*hook
	var calls []Call
	var refusals []error
	for i := range all {
		h := &all[i]
		t, about, err := q.about(h)
		if err != nil {
			return err
		}
		if !about {
			continue
		}
		call, err := q.call(h, t)
		if err != nil {
			refusals = append(refusals, h.verdict(err))
			continue
		}
		asked, calls = append(asked, h), append(calls, call)
	}
	if len(calls) > 0 {
		for i, answer := range p.Ask(calls) {
			_, err := q.response(asked[i], calls[i], answer, false)
			refusals = append(refusals, asked[i].verdict(err))
		}
	}
	for _, err := range refusals {
		if err != nil {
			return err
		}
	}
	return nil
}
