package fakecluster_test

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	registrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/fakecluster"
)

// reviewer is a webhook at a loopback port.
func reviewer(t *testing.T, review func(*admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse) registrationv1.WebhookClientConfig {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked admissionv1.AdmissionReview
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer := admissionv1.AdmissionReview{TypeMeta: asked.TypeMeta, Response: review(asked.Request)}
		answer.Response.UID = asked.Request.UID
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return registrationv1.WebhookClientConfig{
		URL:      ptr.To(server.URL),
		CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
	}
}

// mutating is a configuration of one webhook about new objects of a resource.
func mutating(config registrationv1.WebhookClientConfig, resource string) *registrationv1.MutatingWebhookConfiguration {
	return &registrationv1.MutatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "mutating"},
		Webhooks: []registrationv1.MutatingWebhook{{
			Name: "m.example.com", ClientConfig: config, AdmissionReviewVersions: []string{"v1"},
			SideEffects: ptr.To(registrationv1.SideEffectClassNone),
			Rules: []registrationv1.RuleWithOperations{{
				Operations: []registrationv1.OperationType{registrationv1.Create},
				Rule:       registrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{resource}},
			}},
		}},
	}
}

func patched(patch string) *admissionv1.AdmissionResponse {
	return &admissionv1.AdmissionResponse{Allowed: true, Patch: []byte(patch), PatchType: ptr.To(admissionv1.PatchTypeJSONPatch)}
}

// Webhooks are asked about what clients write and about what controllers do, on
// every clock.
func TestWebhooksOfPods(t *testing.T) {
	for _, clock := range []fakecluster.Clock{fakecluster.Manual, fakecluster.Auto, fakecluster.Wall} {
		t.Run(clock.String(), func(t *testing.T) {
			t.Parallel()
			client := kubernetes.NewForConfigOrDie(newCluster(t, fakecluster.WithClock(clock)).RESTConfig())
			config := reviewer(t, func(r *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
				// A webhook may look around in the cluster that waits for it.
				if _, err := client.CoreV1().Namespaces().Get(context.Background(), r.Namespace, metav1.GetOptions{}); err != nil {
					return &admissionv1.AdmissionResponse{Result: &metav1.Status{Message: err.Error()}}
				}
				return patched(`[{"op":"add","path":"/metadata/labels/seen","value":"yes"}]`)
			})
			_, err := client.AdmissionregistrationV1().MutatingWebhookConfigurations().Create(t.Context(), mutating(config, "pods"), metav1.CreateOptions{})
			require.NoError(t, err)
			_, err = client.AppsV1().Deployments("default").Create(t.Context(), deployment("web", 3), metav1.CreateOptions{})
			require.NoError(t, err)
			require.Eventually(t, func() bool {
				pods, err := client.CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{LabelSelector: "seen=yes"})
				return err == nil && len(pods.Items) == 3
			}, 20*time.Second, 10*time.Millisecond)
		})
	}
}

const gadgets = `{"metadata":{"name":"gadgets.example.com"},"spec":{"group":"example.com","scope":"Namespaced",
"names":{"kind":"Gadget","plural":"gadgets"},
"conversion":{"strategy":"Webhook","webhook":{"conversionReviewVersions":["v1"],"clientConfig":{"service":{"namespace":"a","name":"b","path":"/convert"}}}},
"versions":[
{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"size":{"type":"integer"}}}}},
{"name":"v2","served":true,"storage":false,"schema":{"openAPIV3Schema":{"type":"object","properties":{"length":{"type":"integer"}}}}}]}}`

// A handler converts custom resources, for forks too, whatever becomes of the
// cluster that they were made of.
func TestConversionWebhooks(t *testing.T) {
	cluster := newCluster(t)
	cluster.HandleWebhook("b.a.svc", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review apiextensionsv1.ConversionReview
		_ = json.NewDecoder(r.Body).Decode(&review)
		review.Response = &apiextensionsv1.ConversionResponse{UID: review.Request.UID, Result: metav1.Status{Status: metav1.StatusSuccess}}
		for _, o := range review.Request.Objects {
			text := strings.NewReplacer("example.com/v1", "example.com/v2", "example.com/v2", "example.com/v1", `"size"`, `"length"`, `"length"`, `"size"`).Replace(string(o.Raw))
			review.Response.ConvertedObjects = append(review.Response.ConvertedObjects, runtime.RawExtension{Raw: []byte(text)})
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(review)
	}))
	send := func(c *fakecluster.Cluster, method, path, body string) map[string]any {
		return ask(t, c, method, path, "application/json", body).object
	}
	send(cluster, http.MethodPost, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", gadgets)
	send(cluster, http.MethodPost, "/apis/example.com/v2/namespaces/default/gadgets", `{"apiVersion":"example.com/v2","kind":"Gadget","metadata":{"name":"g"},"length":3}`)
	require.EqualValues(t, 3, send(cluster, http.MethodGet, "/apis/example.com/v1/namespaces/default/gadgets/g", "")["size"])
	fork, err := cluster.Fork()
	require.NoError(t, err)
	t.Cleanup(fork.Close)
	cluster.Close()
	require.EqualValues(t, 3, send(fork, http.MethodGet, "/apis/example.com/v2/namespaces/default/gadgets/g", "")["length"])
}

// What a webhook refuses, and what becomes of a request whose object changes
// while it is asked.
func TestWebhooksOfRequests(t *testing.T) {
	var warnings atomic.Int32
	restConfig := newCluster(t).RESTConfig()
	restConfig.WarningHandler = counter{&warnings}
	client := kubernetes.NewForConfigOrDie(restConfig)
	maps := client.CoreV1().ConfigMaps("default")
	config := reviewer(t, func(r *admissionv1.AdmissionRequest) *admissionv1.AdmissionResponse {
		if r.Name == "raced" && r.Operation == admissionv1.Update {
			stepBetween(client)
		}
		return &admissionv1.AdmissionResponse{
			Allowed: r.Name != "refused", Warnings: []string{"looked at"},
			Result: &metav1.Status{Message: "not this one", Code: http.StatusTeapot},
		}
	})
	hook := registrationv1.ValidatingWebhook{
		Name: "v.example.com", ClientConfig: config, AdmissionReviewVersions: []string{"v1"},
		SideEffects: ptr.To(registrationv1.SideEffectClassNone),
		Rules: []registrationv1.RuleWithOperations{{
			Operations: []registrationv1.OperationType{registrationv1.Create, registrationv1.Update},
			Rule:       registrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"}},
		}},
		MatchConditions: []registrationv1.MatchCondition{{Name: "others", Expression: "object.metadata.name != 'unasked'"}},
	}
	_, err := client.AdmissionregistrationV1().ValidatingWebhookConfigurations().Create(t.Context(), &registrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "validating"}, Webhooks: []registrationv1.ValidatingWebhook{hook},
	}, metav1.CreateOptions{})
	require.NoError(t, err)

	named := func(name string) *corev1.ConfigMap {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}}
	}
	_, err = maps.Create(t.Context(), named("refused"), metav1.CreateOptions{})
	require.EqualError(t, err, `admission webhook "v.example.com" denied the request: not this one`)
	require.Equal(t, int32(http.StatusTeapot), err.(apierrors.APIStatus).Status().Code)

	require.EqualValues(t, 1, warnings.Load())

	raced, err := maps.Create(t.Context(), named("raced"), metav1.CreateOptions{})
	require.NoError(t, err)
	raced.Data = map[string]string{"a": "1"}
	_, err = maps.Update(t.Context(), raced, metav1.UpdateOptions{})
	require.True(t, apierrors.IsConflict(err), "%v", err)

	hook.ClientConfig.URL = ptr.To("https://127.0.0.1:1/")
	_, err = client.AdmissionregistrationV1().ValidatingWebhookConfigurations().Update(t.Context(), &registrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: "validating", ResourceVersion: versionOf(t, client)}, Webhooks: []registrationv1.ValidatingWebhook{hook},
	}, metav1.UpdateOptions{})
	require.NoError(t, err)
	_, err = maps.Create(t.Context(), named("unanswered"), metav1.CreateOptions{})
	require.EqualError(t, err, `Internal error occurred: failed calling webhook "v.example.com": failed to call webhook: `+
		`Post "https://127.0.0.1:1/?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused`)
	_, err = maps.Create(t.Context(), named("unasked"), metav1.CreateOptions{})
	require.NoError(t, err)
}

// counter counts warnings.
type counter struct{ *atomic.Int32 }

// HandleWarningHeader implements [rest.WarningHandler].
func (c counter) HandleWarningHeader(int, string, string) { c.Add(1) }

// stepBetween changes the object that is being updated, once.
func stepBetween(client kubernetes.Interface) {
	maps := client.CoreV1().ConfigMaps("default")
	m, err := maps.Get(context.Background(), "raced", metav1.GetOptions{})
	if err != nil || m.Data["b"] != "" {
		return
	}
	_ = maps.Delete(context.Background(), "raced", metav1.DeleteOptions{})
	m.ResourceVersion, m.UID, m.Data = "", "", map[string]string{"b": "2"}
	_, _ = maps.Create(context.Background(), m, metav1.CreateOptions{})
}

func versionOf(t *testing.T, client kubernetes.Interface) string {
	t.Helper()
	c, err := client.AdmissionregistrationV1().ValidatingWebhookConfigurations().Get(t.Context(), "validating", metav1.GetOptions{})
	require.NoError(t, err)
	return c.ResourceVersion
}
