package certificates

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
)

const (
	// longest is how long a certificate lasts at most.
	longest = 365 * 24 * time.Hour
	// backdated is how long before its making it is valid, for clocks that are
	// slow.
	backdated = 5 * time.Minute
)

// Authority signs certificates. Its key must need no randomness to sign, as
// Ed25519 does not.
type Authority struct {
	Certificate *x509.Certificate
	Key         crypto.Signer
}

type signer struct {
	client    *client.Client
	authority Authority
}

// NewSigner returns the controller that signs approved requests.
func NewSigner(r *registry.Registry, authority Authority) *controllers.Controller {
	s := &signer{client: account(r), authority: authority}
	return &controllers.Controller{
		Name:      "certificatesigningrequest-signing-controller",
		Watches:   []controllers.Watch{controllers.Each(requests)},
		Reconcile: s.reconcile,
	}
}

func (s *signer) reconcile(key loop.Key) (controllers.Result, error) {
	r, ok := client.Get[request](s.client, "", key.Name)
	if !ok || len(r.Status.Certificate) > 0 || condition(r, certificatesv1.CertificateApproved) == nil ||
		condition(r, certificatesv1.CertificateDenied) != nil || condition(r, certificatesv1.CertificateFailed) != nil {
		return controllers.Result{}, nil
	}
	check, ours := signers[r.Spec.SignerName]
	if !ours {
		return controllers.Result{}, nil
	}
	next := r.DeepCopy()
	parsed, err := parse(r)
	if err == nil {
		err = check(parsed, r.Spec.Usages)
	}
	if err != nil {
		setCondition(next, certificatesv1.CertificateFailed, "SignerValidationFailure", err.Error(), s.client.Registry.Loop.Now())
	} else if next.Status.Certificate, err = s.sign(parsed, r); err != nil {
		return controllers.Result{}, fmt.Errorf("error auto signing csr: %w", err)
	}
	_, err = client.UpdateStatus(s.client, next)
	return controllers.Result{}, err
}

// sign makes the certificate, in PEM.
func (s *signer) sign(parsed *x509.CertificateRequest, r request) ([]byte, error) {
	now := s.client.Registry.Loop.Now()
	template := &x509.Certificate{
		SerialNumber:          s.serial(),
		Subject:               parsed.Subject,
		DNSNames:              parsed.DNSNames,
		IPAddresses:           parsed.IPAddresses,
		EmailAddresses:        parsed.EmailAddresses,
		URIs:                  parsed.URIs,
		NotBefore:             now.Add(-backdated).UTC(),
		NotAfter:              now.Add(lifetime(r)).UTC(),
		BasicConstraintsValid: true,
	}
	if end := s.authority.Certificate.NotAfter; template.NotAfter.After(end) {
		template.NotAfter = end
	}
	for _, u := range r.Spec.Usages {
		template.KeyUsage |= keyUsages[u]
		if e, ok := extendedUsages[u]; ok && !slices.Contains(template.ExtKeyUsage, e) {
			template.ExtKeyUsage = append(template.ExtKeyUsage, e)
		}
	}
	slices.Sort(template.ExtKeyUsage)
	der, err := x509.CreateCertificate(nil, template, s.authority.Certificate, parsed.PublicKey, s.authority.Key)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	return out.Bytes(), err
}

// serial is a random number of 127 bits.
func (s *signer) serial() *big.Int {
	random := s.client.Registry.Loop.Rand()
	n := new(big.Int).SetUint64(random.Uint64() >> 1)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(random.Uint64()))
}

// lifetime is how long a certificate lasts: as long as is asked for, within
// limits.
func lifetime(r request) time.Duration {
	if r.Spec.ExpirationSeconds == nil {
		return longest
	}
	const shortest = 10 * time.Minute
	return min(max(time.Duration(*r.Spec.ExpirationSeconds)*time.Second, shortest), longest)
}

var keyUsages = map[certificatesv1.KeyUsage]x509.KeyUsage{
	certificatesv1.UsageSigning:           x509.KeyUsageDigitalSignature,
	certificatesv1.UsageDigitalSignature:  x509.KeyUsageDigitalSignature,
	certificatesv1.UsageContentCommitment: x509.KeyUsageContentCommitment,
	certificatesv1.UsageKeyEncipherment:   x509.KeyUsageKeyEncipherment,
	certificatesv1.UsageKeyAgreement:      x509.KeyUsageKeyAgreement,
	certificatesv1.UsageDataEncipherment:  x509.KeyUsageDataEncipherment,
	certificatesv1.UsageCertSign:          x509.KeyUsageCertSign,
	certificatesv1.UsageCRLSign:           x509.KeyUsageCRLSign,
	certificatesv1.UsageEncipherOnly:      x509.KeyUsageEncipherOnly,
	certificatesv1.UsageDecipherOnly:      x509.KeyUsageDecipherOnly,
}

var extendedUsages = map[certificatesv1.KeyUsage]x509.ExtKeyUsage{
	certificatesv1.UsageAny:             x509.ExtKeyUsageAny,
	certificatesv1.UsageServerAuth:      x509.ExtKeyUsageServerAuth,
	certificatesv1.UsageClientAuth:      x509.ExtKeyUsageClientAuth,
	certificatesv1.UsageCodeSigning:     x509.ExtKeyUsageCodeSigning,
	certificatesv1.UsageEmailProtection: x509.ExtKeyUsageEmailProtection,
	certificatesv1.UsageSMIME:           x509.ExtKeyUsageEmailProtection,
	certificatesv1.UsageIPsecEndSystem:  x509.ExtKeyUsageIPSECEndSystem,
	certificatesv1.UsageIPsecTunnel:     x509.ExtKeyUsageIPSECTunnel,
	certificatesv1.UsageIPsecUser:       x509.ExtKeyUsageIPSECUser,
	certificatesv1.UsageTimestamping:    x509.ExtKeyUsageTimeStamping,
	certificatesv1.UsageOCSPSigning:     x509.ExtKeyUsageOCSPSigning,
	certificatesv1.UsageMicrosoftSGC:    x509.ExtKeyUsageMicrosoftServerGatedCrypto,
	certificatesv1.UsageNetscapeSGC:     x509.ExtKeyUsageNetscapeServerGatedCrypto,
}
