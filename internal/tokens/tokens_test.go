package tokens

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func claims() Claims {
	return Claims{
		Audience: []string{DefaultURL}, Expires: noon.Add(time.Hour).Unix(), NotBefore: noon.Unix(), ID: "id",
		Bound: Bound{Namespace: "ns", ServiceAccount: Reference{Name: "sa", UID: "u"}},
	}
}

func TestTokens(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	ecdsaKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	for _, key := range []crypto.Signer{rsaKey, ecdsaKey, edKey} {
		i := &Issuer{Key: key, URL: DefaultURL}
		token, err := i.Issue(claims())
		require.NoError(t, err)
		got, err := i.Verify(token, []string{DefaultURL}, noon)
		require.NoError(t, err)
		require.Equal(t, "system:serviceaccount:ns:sa", got.Subject)
		require.Equal(t, claims().Bound, got.Bound)

		_, err = i.Verify(token, []string{"other"}, noon)
		require.EqualError(t, err, `token audiences ["https://kubernetes.default.svc.cluster.local"] is invalid for the target audiences ["other"]`)
		_, err = i.Verify(token, []string{DefaultURL}, noon.Add(2*time.Hour))
		require.EqualError(t, err, "service account token has expired")
		_, err = i.Verify(token[:len(token)-4]+"AAAA", []string{DefaultURL}, noon)
		require.Error(t, err)
	}
}

func TestLegacyTokens(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	i := &Issuer{Key: key, URL: DefaultURL}
	token, err := i.IssueLegacy(LegacyClaims{Namespace: "ns", Secret: "s", ServiceAccount: "sa", ServiceAccountUID: "u"})
	require.NoError(t, err)
	got, err := i.VerifyLegacy(token)
	require.NoError(t, err)
	require.Equal(t, LegacyClaims{
		Issuer: "kubernetes/serviceaccount", Subject: "system:serviceaccount:ns:sa",
		Namespace: "ns", Secret: "s", ServiceAccount: "sa", ServiceAccountUID: "u",
	}, got)

	_, err = i.Verify(token, []string{DefaultURL}, noon)
	require.ErrorIs(t, err, ErrForeign, "its issuer is another")
	_, err = i.VerifyLegacy(token[:len(token)-4] + "AAAA")
	require.EqualError(t, err, "invalid signature")
	bound, err := i.Issue(claims())
	require.NoError(t, err)
	_, err = i.VerifyLegacy(bound)
	require.ErrorIs(t, err, ErrForeign)
}

func TestForeignTokens(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	i := &Issuer{Key: key, URL: DefaultURL}
	for _, token := range []string{"", "abc", "a.b.c", "e30.e30.e30"} {
		_, err := i.Verify(token, []string{DefaultURL}, noon)
		require.ErrorIs(t, err, ErrForeign, token)
	}
}

func FuzzVerify(f *testing.F) {
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	i := &Issuer{Key: key, URL: DefaultURL}
	token, _ := i.Issue(claims())
	f.Add(token)
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := i.Verify(s, []string{DefaultURL}, noon); err == nil {
			require.Equal(t, token, s)
		}
	})
}
