package customresource_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/internal/customresource"
	"github.com/kubejig/kubejig/internal/store"
)

// answering is a conversion webhook that answers with an object, whatever it is
// asked.
func answering(change func(*apiextensionsv1.ConversionReview), objects ...string) customresource.Ask {
	return func(_ apiextensionsv1.WebhookClientConfig, _ string, asked *apiextensionsv1.ConversionReview) (*apiextensionsv1.ConversionReview, error) {
		answer := &apiextensionsv1.ConversionReview{Response: &apiextensionsv1.ConversionResponse{
			UID: asked.Request.UID, Result: metav1.Status{Status: metav1.StatusSuccess},
		}}
		answer.SetGroupVersionKind(apiextensionsv1.SchemeGroupVersion.WithKind("ConversionReview"))
		for _, o := range objects {
			answer.Response.ConvertedObjects = append(answer.Response.ConvertedObjects, runtime.RawExtension{Raw: []byte(o)})
		}
		if change != nil {
			change(answer)
		}
		return answer, nil
	}
}

func TestConversionWebhooks(t *testing.T) {
	const (
		failed = "conversion webhook for example.com/v1beta1, Kind=Widget failed: "
		fit    = `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a","generation":7,"labels":{"new":"yes"}},"spec":{"size":5,"nonsense":1}}`
	)
	refuse := func(status metav1.Status) func(*apiextensionsv1.ConversionReview) {
		return func(r *apiextensionsv1.ConversionReview) { r.Response.Result = status }
	}
	for _, tc := range []struct {
		name, want string
		ask        customresource.Ask
	}{
		{name: "fits", ask: answering(nil, fit)},
		{name: "nobody", want: failed + "nobody is there to ask it"},
		{name: "unreachable", want: failed + "lost", ask: func(apiextensionsv1.WebhookClientConfig, string, *apiextensionsv1.ConversionReview) (*apiextensionsv1.ConversionReview, error) {
			return nil, errors.New("lost")
		}},
		{name: "refused", want: failed + "no", ask: answering(refuse(metav1.Status{Status: metav1.StatusFailure, Message: "no"}))},
		{name: "refused without a word", want: failed + "response.result.status was '', not 'Success'", ask: answering(refuse(metav1.Status{}))},
		{name: "another's answer", want: failed + `expected response.uid="", got "other"`, ask: answering(func(r *apiextensionsv1.ConversionReview) { r.Response.UID = "other" }, fit)},
		{name: "nothing", want: "conversion webhook for example.com/v1beta1, Kind=Widget returned 0 objects, expected 1", ask: answering(nil)},
		{
			name: "another version", ask: answering(nil, `{"apiVersion":"example.com/v2","kind":"Widget","metadata":{"name":"a"}}`),
			want: "conversion webhook for example.com/v1beta1, Kind=Widget returned invalid object at index 0: invalid groupVersion (expected example.com/v1, received example.com/v2)",
		},
		{
			name: "another object", ask: answering(nil, `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"b"}}`),
			want: "conversion webhook for example.com/v1beta1, Kind=Widget returned invalid object: must have the same name: a != b",
		},
		{
			name: "a label that is none", ask: answering(nil, `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a","labels":{"n":1}}}`),
			want: "conversion webhook for example.com/v1beta1, Kind=Widget returned invalid metadata: metadata.labels[n] must be a string, but is int64 in converted object",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			crd := definition(t, widgets)
			crd.Spec.Conversion = &apiextensionsv1.CustomResourceConversion{
				Strategy: apiextensionsv1.WebhookConverter,
				Webhook: &apiextensionsv1.WebhookConversion{
					ClientConfig: &apiextensionsv1.WebhookClientConfig{}, ConversionReviewVersions: []string{"v2", "v1"},
				},
			}
			kind, err := customresource.NewKind(crd, tc.ask)
			require.NoError(t, err)
			converted, err := kind.Versions[1].ToStorage(widget(t, "v1beta1", `{metadata: {name: a, generation: 2, labels: {old: "yes"}}, spec: {size: 3}}`))
			if tc.want != "" {
				require.EqualError(t, err, tc.want)
				return
			}
			require.NoError(t, err)
			requireContent(t, `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a","generation":2,"labels":{"new":"yes"}},"spec":{"size":5}}`, converted)
		})
	}
}

func requireContent(t *testing.T, want string, obj store.Object) {
	t.Helper()
	got, err := json.Marshal(obj.(*unstructured.Unstructured).Object)
	require.NoError(t, err)
	require.JSONEq(t, want, string(got))
}
