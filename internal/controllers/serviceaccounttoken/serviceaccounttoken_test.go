package serviceaccounttoken_test

import (
	"crypto/ed25519"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/controlplane"
	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
	"github.com/kubejig/kubejig/internal/tokens"
)

func newCluster(t *testing.T) (*clustertest.Cluster, *tokens.Issuer) {
	issuer := &tokens.Issuer{Key: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), URL: tokens.DefaultURL}
	return clustertest.New(t, func(o *controlplane.Options) {
		o.RootCA, o.Authentication.ServiceAccounts = "the CA", issuer
	}), issuer
}

// tokenOf is a Secret that asks for a token.
func tokenOf(account, name string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, Annotations: map[string]string{"kubernetes.io/service-account.name": account}},
		Type:       corev1.SecretTypeServiceAccountToken,
	}
}

func TestSecretIsFilled(t *testing.T) {
	c, issuer := newCluster(t)
	robot := clustertest.Create(c, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "robot"}})
	clustertest.Create(c, tokenOf("robot", "s"))

	secret := clustertest.Get[*corev1.Secret](c, "s")
	require.Equal(t, "the CA", string(secret.Data["ca.crt"]))
	require.Equal(t, "default", string(secret.Data["namespace"]))
	require.Equal(t, string(robot.UID), secret.Annotations["kubernetes.io/service-account.uid"])
	claims, err := issuer.VerifyLegacy(string(secret.Data["token"]))
	require.NoError(t, err)
	require.Equal(t, tokens.LegacyClaims{
		Issuer: "kubernetes/serviceaccount", Subject: "system:serviceaccount:default:robot",
		Namespace: "default", Secret: "s", ServiceAccount: "robot", ServiceAccountUID: string(robot.UID),
	}, claims)
}

func TestTokenThatIsThereStays(t *testing.T) {
	c, _ := newCluster(t)
	clustertest.Create(c, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "robot"}})
	secret := tokenOf("robot", "s")
	secret.Data = map[string][]byte{"token": []byte("mine"), "namespace": []byte("mine"), "ca.crt": []byte("mine")}
	clustertest.Create(c, secret)
	require.Equal(t, map[string][]byte{"token": []byte("mine"), "namespace": []byte("mine"), "ca.crt": []byte("the CA")},
		clustertest.Get[*corev1.Secret](c, "s").Data)
}

func TestSecretsGoWithTheirAccount(t *testing.T) {
	c, _ := newCluster(t)
	for _, name := range []string{"robot", "other"} {
		clustertest.Create(c, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}})
	}
	clustertest.Create(c, tokenOf("robot", "a"))
	clustertest.Create(c, tokenOf("other", "b"))
	clustertest.Create(c, tokenOf("nobody", "c"))
	foreign := tokenOf("other", "d")
	foreign.Annotations["kubernetes.io/service-account.uid"] = "of an account that was called so before"
	clustertest.Create(c, foreign)
	require.Equal(t, []string{"a", "b"}, clustertest.Names[*corev1.Secret](c))

	clustertest.Delete[*corev1.ServiceAccount](c, "robot")
	require.Equal(t, []string{"b"}, clustertest.Names[*corev1.Secret](c))
}

func TestAccountForgetsItsSecret(t *testing.T) {
	c, _ := newCluster(t)
	clustertest.Create(c, &corev1.ServiceAccount{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "robot"}, Secrets: []corev1.ObjectReference{{Name: "s"}, {Name: "absent"}},
	})
	clustertest.Create(c, tokenOf("robot", "s"))
	clustertest.Delete[*corev1.Secret](c, "s")
	require.Equal(t, []corev1.ObjectReference{{Name: "absent"}}, clustertest.Get[*corev1.ServiceAccount](c, "robot").Secrets)
}
