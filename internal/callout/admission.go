package callout

import (
	"sync"

	admissionv1 "k8s.io/api/admission/v1"
	admissionv1beta1 "k8s.io/api/admission/v1beta1"

	"github.com/kubejig/kubejig/internal/admission/webhook"
)

// Ask makes calls of admission webhooks, all at once. It implements [webhook.Ask],
// and must not be used while the engine is held.
func (c *Caller) Ask(calls []webhook.Call) []webhook.Answer {
	answers := make([]webhook.Answer, len(calls))
	var group sync.WaitGroup
	for i, call := range calls {
		group.Go(func() { answers[i].Review, answers[i].Err = c.ask(call) })
	}
	group.Wait()
	return answers
}

func (c *Caller) ask(call webhook.Call) (*admissionv1.AdmissionReview, error) {
	received := &admissionv1.AdmissionReview{}
	return received, c.post(call.Config, call.Timeout, call.Version, review{
		call.Review, received, &admissionv1beta1.AdmissionReview{}, &admissionv1beta1.AdmissionReview{},
	})
}
