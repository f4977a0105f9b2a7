package describe

import (
	"context"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

func describeServiceAccount(ctx context.Context, w *writer, account *corev1.ServiceAccount, r *related) error {
	w.metadata(account, true)
	const title = "Image pull secrets:"
	label := title
	if len(account.ImagePullSecrets) == 0 {
		w.row(label, "<none>")
	}
	for _, secret := range account.ImagePullSecrets {
		w.row(label, secret.Name)
		label = strings.Repeat(" ", len(title))
	}
	w.events(ctx, r, aboutObject("ServiceAccount", account))
	return nil
}
