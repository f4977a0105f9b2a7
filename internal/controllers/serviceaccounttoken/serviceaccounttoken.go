// Package serviceaccounttoken fills Secrets of the type
// kubernetes.io/service-account-token, and deletes those of accounts that are
// gone, as
// https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
// states. It does not sign: how is handed in.
package serviceaccounttoken

import (
	"bytes"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

// Signer makes the token of an account that a Secret is to carry.
type Signer func(account *corev1.ServiceAccount, secret string) (string, error)

type controller struct {
	client *client.Client
	ca     []byte
	sign   Signer
}

// New returns the controller, whose Secrets carry a CA certificate (PEM) beside
// the token.
func New(r *registry.Registry, ca string, sign Signer) *controllers.Controller {
	const manager = "kube-controller-manager"
	c := &controller{client: client.ForUser(r, manager, "system:"+manager), ca: []byte(ca), sign: sign}
	return &controllers.Controller{
		Name: "serviceaccount-token-controller",
		Watches: []controllers.Watch{
			{Resource: schema.GroupResource{Resource: "secrets"}, Keys: keysOfSecret},
			{Resource: schema.GroupResource{Resource: "serviceaccounts"}, Keys: c.keysOfAccount},
		},
		Reconcile: c.reconcile,
	}
}

func keysOfSecret(ev store.Event) []loop.Key {
	if !isToken(ev.Item.Object.(*corev1.Secret)) {
		return nil
	}
	return []loop.Key{controllers.KeyOf(ev.Item.Object)}
}

// keysOfAccount are the Secrets of an account that is deleted.
func (c *controller) keysOfAccount(ev store.Event) []loop.Key {
	if ev.Type != store.Deleted {
		return nil
	}
	var keys []loop.Key
	for _, secret := range client.List[*corev1.Secret](c.client, ev.Item.Object.GetNamespace(), nil) {
		if isToken(secret) && secret.Annotations[corev1.ServiceAccountNameKey] == ev.Item.Object.GetName() {
			keys = append(keys, controllers.KeyOf(secret))
		}
	}
	return keys
}

func isToken(secret *corev1.Secret) bool { return secret.Type == corev1.SecretTypeServiceAccountToken }

func (c *controller) reconcile(key loop.Key) (controllers.Result, error) {
	secret, ok := client.Get[*corev1.Secret](c.client, key.Namespace, key.Name)
	switch {
	case !ok:
		return controllers.Result{}, c.forget(key)
	case !isToken(secret):
		return controllers.Result{}, nil
	}
	account, ok := client.Get[*corev1.ServiceAccount](c.client, key.Namespace, secret.Annotations[corev1.ServiceAccountNameKey])
	if uid := secret.Annotations[corev1.ServiceAccountUIDKey]; !ok || uid != "" && uid != string(account.UID) {
		return controllers.Result{}, c.delete(secret)
	}
	return controllers.Result{}, c.fill(secret, account)
}

func (c *controller) delete(secret *corev1.Secret) error {
	err := c.client.Delete(secret, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(secret.UID))})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}

// fill adds what a Secret lacks. A token that it has stays, whatever it is.
func (c *controller) fill(secret *corev1.Secret, account *corev1.ServiceAccount) error {
	lacks := map[string][]byte{}
	if !bytes.Equal(secret.Data[corev1.ServiceAccountRootCAKey], c.ca) {
		lacks[corev1.ServiceAccountRootCAKey] = c.ca
	}
	if len(secret.Data[corev1.ServiceAccountNamespaceKey]) == 0 {
		lacks[corev1.ServiceAccountNamespaceKey] = []byte(secret.Namespace)
	}
	if len(secret.Data[corev1.ServiceAccountTokenKey]) == 0 {
		token, err := c.sign(account, secret.Name)
		if err != nil {
			return fmt.Errorf("token of the secret %s/%s: %w", secret.Namespace, secret.Name, err)
		}
		lacks[corev1.ServiceAccountTokenKey] = []byte(token)
	}
	if len(lacks) == 0 {
		return nil
	}
	next := secret.DeepCopy()
	if next.Data == nil {
		next.Data = map[string][]byte{}
	}
	for key, value := range lacks {
		next.Data[key] = value
	}
	metav1.SetMetaDataAnnotation(&next.ObjectMeta, corev1.ServiceAccountNameKey, account.Name)
	metav1.SetMetaDataAnnotation(&next.ObjectMeta, corev1.ServiceAccountUIDKey, string(account.UID))
	_, err := client.Update(c.client, next)
	return err
}

// forget takes a Secret that is gone from the accounts that list it.
func (c *controller) forget(key loop.Key) error {
	names := func(ref corev1.ObjectReference) bool { return ref.Name == key.Name }
	for _, account := range client.List[*corev1.ServiceAccount](c.client, key.Namespace, nil) {
		if !slices.ContainsFunc(account.Secrets, names) {
			continue
		}
		next := account.DeepCopy()
		next.Secrets = slices.DeleteFunc(next.Secrets, names)
		if _, err := client.Update(c.client, next); err != nil {
			return err
		}
	}
	return nil
}
