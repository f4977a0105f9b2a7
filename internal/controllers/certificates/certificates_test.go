package certificates_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

func newRequest(t *testing.T, signer string, subject pkix.Name) *certificatesv1.CertificateSigningRequest {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	der, err := x509.CreateCertificateRequest(nil, &x509.CertificateRequest{Subject: subject}, key)
	require.NoError(t, err)
	return &certificatesv1.CertificateSigningRequest{
		ObjectMeta: metav1.ObjectMeta{Name: "wanted"},
		Spec: certificatesv1.CertificateSigningRequestSpec{
			Request:    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}),
			SignerName: signer,
			Usages:     []certificatesv1.KeyUsage{certificatesv1.UsageDigitalSignature, certificatesv1.UsageClientAuth},
		},
	}
}

func get(c *clustertest.Cluster) *certificatesv1.CertificateSigningRequest {
	return clustertest.Get[*certificatesv1.CertificateSigningRequest](c, "wanted")
}

func approve(c *clustertest.Cluster) {
	next := get(c).DeepCopy()
	next.Status.Conditions = []certificatesv1.CertificateSigningRequestCondition{{
		Type: certificatesv1.CertificateApproved, Status: corev1.ConditionTrue, Reason: "Test",
	}}
	c.Do(func() {
		_, err := client.UpdatePart(c.Admin(), next, "approval")
		require.NoError(c.T, err)
	})
}

func TestApprovedRequestIsSigned(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newRequest(t, "kubernetes.io/kube-apiserver-client", pkix.Name{CommonName: "bob", Organization: []string{"devs"}}))
	require.Empty(t, get(c).Status.Certificate)
	require.Equal(t, c.Admin().User.Username, get(c).Spec.Username, "who asks is noted")
	require.Equal(t, c.Admin().User.Groups, get(c).Spec.Groups)
	approve(c)
	verdict := get(c).Status.Conditions[0]
	require.Equal(t, clustertest.Start, verdict.LastUpdateTime.UTC())
	require.Equal(t, clustertest.Start, verdict.LastTransitionTime.UTC())
	block, _ := pem.Decode(get(c).Status.Certificate)
	certificate, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	require.Equal(t, "bob", certificate.Subject.CommonName)
	require.Equal(t, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, certificate.ExtKeyUsage)
	require.Equal(t, clustertest.Start.Add(-5*time.Minute), certificate.NotBefore)

	c.After(time.Hour + time.Second)
	require.Empty(t, clustertest.Names[*certificatesv1.CertificateSigningRequest](c))
}

func TestNodesRequestIsApproved(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newRequest(t, "kubernetes.io/kube-apiserver-client-kubelet",
		pkix.Name{CommonName: "system:node:a", Organization: []string{"system:nodes"}}))
	require.Equal(t, "AutoApproved", get(c).Status.Conditions[0].Reason)
	require.NotEmpty(t, get(c).Status.Certificate)
}

func TestRequestThatTheSignerRefuses(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newRequest(t, "kubernetes.io/kubelet-serving", pkix.Name{CommonName: "bob"}))
	approve(c)
	failed := get(c).Status.Conditions[1]
	require.Equal(t, certificatesv1.CertificateFailed, failed.Type)
	require.Equal(t, "SignerValidationFailure", failed.Reason)
	require.Equal(t, "subject organization is not system:nodes", failed.Message)
}
