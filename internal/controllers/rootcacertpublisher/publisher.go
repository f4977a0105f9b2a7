// Package rootcacertpublisher gives every namespace the certificate by which
// pods trust the API server, as the ConfigMap kube-root-ca.crt.
package rootcacertpublisher

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/serviceaccount"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
)

const (
	configMapName = "kube-root-ca.crt"
	description   = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."
)

// New returns the controller that publishes a CA certificate (PEM).
func New(r *registry.Registry, ca string) *controllers.Controller {
	const name = "root-ca-cert-publisher"
	c := client.ForServiceAccount(r, name)
	want := map[string]string{"ca.crt": ca}
	return &controllers.Controller{
		Name:    name,
		Watches: serviceaccount.InNamespaces(schema.GroupResource{Resource: "configmaps"}, configMapName),
		Reconcile: func(key loop.Key) (controllers.Result, error) {
			if have, ok := client.Get[*corev1.ConfigMap](c, key.Name, configMapName); ok {
				return controllers.Result{}, restore(c, have, want)
			}
			return controllers.Result{}, serviceaccount.Ensure(c, key.Name, &corev1.ConfigMap{
				ObjectMeta: metav1.ObjectMeta{
					Namespace: key.Name, Name: configMapName,
					Annotations: map[string]string{"kubernetes.io/description": description},
				},
				Data: want,
			})
		},
	}
}

// restore undoes what somebody changed.
func restore(c *client.Client, have *corev1.ConfigMap, want map[string]string) error {
	if len(have.Data) == 1 && have.Data["ca.crt"] == want["ca.crt"] {
		return nil
	}
	next := have.DeepCopy()
	next.Data = want
	_, err := client.Update(c, next)
	return err
}
