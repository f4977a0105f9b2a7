package resources

import (
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// enforceMountableSecrets restricts which secrets pods may use.
const enforceMountableSecrets = "kubernetes.io/enforce-mountable-secrets"

func serviceAccount() *Kind {
	return define(Definition[*corev1.ServiceAccount]{
		Name: "ServiceAccount", Resource: "serviceaccounts", ShortNames: []string{"sa"},
		RevalidatesName:  true,
		ReturnDeleted:    true,
		Version:          corev1.SchemeGroupVersion,
		PrepareForCreate: keepSecretNames,
		PrepareForUpdate: func(a, _ *corev1.ServiceAccount) { keepSecretNames(a) },
		Warnings:         serviceAccountWarnings,
		Subresources: []*Subresource{
			actionSubresource("token", authenticationv1.SchemeGroupVersion.WithKind("TokenRequest"), "create"),
		},
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			AgeColumn(),
		},
		Row: func(a *corev1.ServiceAccount, now time.Time) []any {
			return []any{a.Name, Age(a.CreationTimestamp, now)}
		},
	})
}

// keepSecretNames clears all but the names of referenced secrets, which are in
// the account's namespace.
func keepSecretNames(a *corev1.ServiceAccount) {
	for i := range a.Secrets {
		a.Secrets[i] = corev1.ObjectReference{Name: a.Secrets[i].Name}
	}
}

func serviceAccountWarnings(a, old *corev1.ServiceAccount) []string {
	if old != nil && old.Annotations[enforceMountableSecrets] != "" {
		return nil
	}
	if _, ok := a.Annotations[enforceMountableSecrets]; !ok {
		return nil
	}
	return []string{"metadata.annotations[" + enforceMountableSecrets +
		"]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets"}
}
