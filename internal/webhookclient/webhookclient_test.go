package webhookclient

import (
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/validation/field"
	upstream "k8s.io/apiserver/pkg/util/webhook"
	"k8s.io/utils/ptr"
)

var path = field.NewPath("clientConfig")

// TestRulesAreThoseOfKubernetes holds the rules against those of Kubernetes'
// own package, which is linked here only.
func TestRulesAreThoseOfKubernetes(t *testing.T) {
	for _, url := range []string{
		"", "https://example.com", "https://example.com/path/", "http://example.com", "https://", "https:///path", "%",
		"https://me@example.com", "https://me:secret@example.com?a=b#c", "https://example.com/#", "https://example.com?",
	} {
		want := upstream.ValidateWebhookURL(path.Child("url"), url, true)
		require.Equal(t, want, Reference{URL: &url}.Validate(path), url)
	}
	for _, urlPath := range []*string{nil, ptr.To(""), ptr.To("/"), ptr.To("//"), ptr.To("///"), ptr.To("a"), ptr.To("/a"), ptr.To("/a/"), ptr.To("/a//b"), ptr.To("/A_/b?c"), ptr.To("a/")} {
		for _, s := range []Service{{}, {Name: "a"}, {Namespace: "b"}, {Namespace: "b", Name: "a", Port: 443}, {Namespace: "b", Name: "a", Port: 1 << 20}} {
			s.Path = urlPath
			// Kubernetes hands over name and namespace in this order.
			want := upstream.ValidateWebhookService(path.Child("service"), s.Name, s.Namespace, s.Path, s.Port)
			require.Equal(t, want, Reference{Service: &s}.Validate(path), s)
		}
	}
	for _, bundle := range []string{"x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n"} {
		want := upstream.ValidateCABundle(path, []byte(bundle))
		require.Equal(t, want, ValidateCABundle([]byte(bundle), path), bundle)
	}
}

func TestAWebhookIsAtOnePlace(t *testing.T) {
	want := field.ErrorList{field.Required(path, "exactly one of url or service is required")}
	require.Equal(t, want, Reference{}.Validate(path))
	require.Equal(t, want, Reference{URL: ptr.To("https://example.com"), Service: &Service{}}.Validate(path))
}
