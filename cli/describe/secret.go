package describe

import (
	"context"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// describeSecret shows sizes, not contents, but for a service account's token.
func describeSecret(_ context.Context, w *writer, secret *corev1.Secret, _ *related) error {
	w.metadata(secret, true)
	w.text("\n")
	w.field("Type", secret.Type)
	w.text("\nData\n====\n")
	for _, key := range slices.Sorted(maps.Keys(secret.Data)) {
		if key == corev1.ServiceAccountTokenKey && secret.Type == corev1.SecretTypeServiceAccountToken {
			w.field(key, string(secret.Data[key]))
		} else {
			w.fieldf(key, "%d bytes", len(secret.Data[key]))
		}
	}
	return nil
}
