package callout_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/api/admissionregistration/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/admission/webhook"
	"github.com/kubejig/kubejig/internal/callout"
)

// A handler in the process that does not answer holds nobody for longer than a
// server would, and one that panics ends only itself.
func TestHandlersThatFail(t *testing.T) {
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	handlers := &callout.Handlers{}
	handlers.Handle("slow.example.com", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-never }))
	handlers.Handle("broken.example.com:8443", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oh") }))
	caller := &callout.Caller{Context: t.Context(), Handlers: handlers}
	call := func(url string) webhook.Call {
		return webhook.Call{
			Config: v1.WebhookClientConfig{URL: ptr.To(url)}, Timeout: 10 * time.Millisecond, Version: "v1",
			Review: &admissionv1.AdmissionReview{Request: &admissionv1.AdmissionRequest{}},
		}
	}
	answers := caller.Ask([]webhook.Call{call("https://slow.example.com/a"), call("https://broken.example.com:8443/b")})
	require.ErrorContains(t, answers[0].Err, `Post "https://slow.example.com/a?timeout=10ms": context deadline exceeded`)
	require.ErrorContains(t, answers[1].Err, `Post "https://broken.example.com:8443/b?timeout=10ms": its handler panicked: oh`)
}
