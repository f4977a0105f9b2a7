package node

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/simulation/network"
)

// connectAPIServer lets pods reach the API server.
func (w *World) connectAPIServer() {
	if addr := w.options.APIServer; addr.IsValid() {
		w.world.SetHost(network.Host{Addr: addr, Certificate: w.certificate, Answer: w.ask})
	}
}

// certificate is the API server's: it is good for the names and addresses of its
// Service.
func (w *World) certificate() *network.Certificate {
	const name = "kubernetes.default.svc"
	c := &network.Certificate{
		Subject: "kube-apiserver", Issuer: "kubernetes", Authority: w.host.RootCA,
		Names: []string{"kubernetes", "kubernetes.default", name, name + "." + w.world.Domain(), w.options.APIServer.Addr().String()},
	}
	if item := w.host.Registry.Store.Get(serviceResource, metav1.NamespaceDefault, "kubernetes"); item != nil {
		c.Names = append(c.Names, item.Object.(*corev1.Service).Spec.ClusterIPs...)
	}
	return c
}

// ask hands a request from a pod to the API server.
func (w *World) ask(r *network.Request) network.Response {
	in := r.Request.Clone(r.Context())
	in.Body = io.NopCloser(bytes.NewReader(r.Content))
	in.URL.Scheme, in.URL.Host = "https", r.Host
	answer := w.host.Ask(in)
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		return network.Response{Status: http.StatusInternalServerError, Content: []byte(err.Error())}
	}
	out := network.Response{Status: answer.StatusCode, Content: content}
	for _, name := range slices.Sorted(maps.Keys(answer.Header)) {
		for _, value := range answer.Header[name] {
			out.Header = append(out.Header, [2]string{name, value})
		}
	}
	return out
}
