package resources

import (
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"testing"

	"github.com/stretchr/testify/require"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// newCSR is a request that is valid, with a key that is the same in every run.
func newCSR(t *testing.T, conditions ...certificatesv1.CertificateSigningRequestCondition) csr {
	t.Helper()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	request, err := x509.CreateCertificateRequest(nil, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "jane"}}, key)
	require.NoError(t, err)
	r := &certificatesv1.CertificateSigningRequest{}
	r.Spec.Request = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: request})
	r.Spec.SignerName = certificatesv1.KubeAPIServerClientSignerName
	r.Spec.Usages = []certificatesv1.KeyUsage{certificatesv1.UsageClientAuth}
	r.Status.Conditions = conditions
	return r
}

func verdict(t certificatesv1.RequestConditionType) certificatesv1.CertificateSigningRequestCondition {
	return certificatesv1.CertificateSigningRequestCondition{Type: t, Status: corev1.ConditionTrue}
}

func TestCertificateSigningRequestValidation(t *testing.T) {
	kind := certificateSigningRequest()
	require.Empty(t, kind.Validate(newCSR(t)))

	broken := newCSR(t)
	broken.Spec.Request = []byte("x")
	broken.Spec.Usages = []certificatesv1.KeyUsage{"client auth", "client auth"}
	broken.Spec.SignerName = "mine"
	broken.Spec.ExpirationSeconds = ptr.To[int32](1)
	require.Equal(t, []string{
		`spec.request: Invalid value: "eA==": PEM block type must be CERTIFICATE REQUEST`,
		`spec.usages[1]: Duplicate value: "client auth"`,
		`spec.signerName: Invalid value: "mine": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
		`spec.expirationSeconds: Invalid value: 1: may not specify a duration less than 600 seconds (10 minutes)`,
	}, messagesOf(kind.Validate(broken)))
}

func TestCertificateSigningRequestApproval(t *testing.T) {
	kind := certificateSigningRequest()
	approval, status := kind.Subresources["approval"].Update, kind.Subresources["status"].Update
	old := newCSR(t)

	approved := newCSR(t, verdict(certificatesv1.CertificateApproved))
	approved.Spec.Usages = nil
	approval.Prepare(approved, old)
	require.Equal(t, old.Spec, approved.Spec, "approval changes the conditions only")
	require.Empty(t, approval.Validate(approved, old))

	both := newCSR(t, verdict(certificatesv1.CertificateApproved), verdict(certificatesv1.CertificateDenied))
	approval.Prepare(both, approved)
	require.Equal(t, []string{
		`status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive`,
	}, messagesOf(approval.Validate(both, approved)))

	sneaky := newCSR(t, verdict(certificatesv1.CertificateApproved))
	status.Prepare(sneaky, old)
	require.Equal(t, []string{
		`status.conditions: Forbidden: updates may not add a condition of type "Approved"`,
	}, messagesOf(status.Validate(sneaky, old)))

	undone := newCSR(t)
	approval.Prepare(undone, approved)
	require.Equal(t, []string{
		`status.conditions: Forbidden: updates may not remove a condition of type "Approved"`,
	}, messagesOf(approval.Validate(undone, approved)))
}

func TestCertificateSigningRequestRow(t *testing.T) {
	require.Equal(t, []any{"x", "2m", "example.com/s", "jane", "60m", "Approved,Issued"}, cellsOf(t, certificateSigningRequest(), createdAtEpoch+`
spec: {signerName: example.com/s, username: jane, expirationSeconds: 3600}
status: {conditions: [{type: Approved, status: "True"}], certificate: eA==}
`))
}
