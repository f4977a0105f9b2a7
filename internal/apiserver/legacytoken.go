package apiserver

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/tokens"
)

const (
	lastUsedLabel     = "kubernetes.io/legacy-token-last-used"
	invalidSinceLabel = "kubernetes.io/legacy-token-invalid-since"
)

// identifyLegacy is the user of a token that a Secret carries.
func (c *call) identifyLegacy(token string, audiences []string) (bearer, error) {
	claims, err := c.Authentication.ServiceAccounts.VerifyLegacy(token)
	if err != nil {
		return bearer{}, err
	}
	own := c.audiences()
	common := inBoth(own, audiences)
	if len(common) == 0 {
		return bearer{}, fmt.Errorf("token audiences %q is invalid for the target audiences %q", own, audiences)
	}
	var found error
	c.Do(func() { found = c.checkLegacy(token, claims) })
	user := authenticationv1.UserInfo{
		Username: claims.Subject, UID: claims.ServiceAccountUID, Groups: accountGroups(claims.Namespace),
	}
	return bearer{user, common}, found
}

// checkLegacy refuses a token whose Secret or account no longer stands for it,
// and notes in the Secret that it has been used.
func (c *call) checkLegacy(token string, claims tokens.LegacyClaims) error {
	api := client.ForUser(c.Registry, "kube-apiserver", "system:apiserver", "system:masters")
	secret, ok := client.Get[*corev1.Secret](api, claims.Namespace, claims.Secret)
	switch {
	case !ok || secret.DeletionTimestamp != nil:
		return errors.New("Token has been invalidated") //nolint:staticcheck // Kubernetes' words
	case subtle.ConstantTimeCompare(secret.Data[corev1.ServiceAccountTokenKey], []byte(token)) == 0:
		return errors.New("Token does not match server's copy") //nolint:staticcheck // Kubernetes' words
	}
	account, ok := client.Get[*corev1.ServiceAccount](api, claims.Namespace, claims.ServiceAccount)
	switch {
	case !ok:
		return fmt.Errorf("serviceaccounts %q not found", claims.ServiceAccount)
	case account.DeletionTimestamp != nil:
		return fmt.Errorf("ServiceAccount %s/%s has been deleted", claims.Namespace, claims.ServiceAccount)
	case string(account.UID) != claims.ServiceAccountUID:
		return fmt.Errorf("ServiceAccount UID (%s) does not match claim (%s)", account.UID, claims.ServiceAccountUID)
	}
	noteUse(api, secret, c.now)
	if secret.Labels[invalidSinceLabel] != "" {
		return fmt.Errorf("the token in secret %s/%s for service account %s/%s has been marked invalid. "+
			"Use tokens from the TokenRequest API or manually created secret-based tokens, "+
			"or remove the '%s' label from the secret to temporarily allow use of this token",
			claims.Namespace, claims.Secret, claims.Namespace, claims.ServiceAccount, invalidSinceLabel)
	}
	if slices.ContainsFunc(account.Secrets, func(ref corev1.ObjectReference) bool { return ref.Name == secret.Name }) {
		c.warn("Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens.")
	}
	return nil
}

// noteUse writes down the day on which a Secret's token has been used. What
// keeps it from being written does not keep the token from being used.
func noteUse(api *client.Client, secret *corev1.Secret, now time.Time) {
	today := now.UTC().Format(time.DateOnly)
	tomorrow := now.UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	if last := secret.Labels[lastUsedLabel]; last == today || last == tomorrow {
		return
	}
	next := secret.DeepCopy()
	metav1.SetMetaDataLabel(&next.ObjectMeta, lastUsedLabel, today)
	_, _ = client.Update(api, next)
}
