package certificates

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"

	certificatesv1 "k8s.io/api/certificates/v1"
)

const (
	nodeGroup  = "system:nodes"
	nodePrefix = "system:node:"
)

// rules say what a signer signs.
type rules struct {
	// allowed are the usages that a certificate may have, required the ones
	// that it must have.
	allowed, required []certificatesv1.KeyUsage
	// check looks at the request itself; nil for anything.
	check func(*x509.CertificateRequest) error
}

const (
	signature    = certificatesv1.UsageDigitalSignature
	encipherment = certificatesv1.UsageKeyEncipherment
	clientAuth   = certificatesv1.UsageClientAuth
	serverAuth   = certificatesv1.UsageServerAuth
)

// signers are Kubernetes' own, by name.
var signers = map[string]rules{
	certificatesv1.KubeAPIServerClientSignerName: {
		allowed: []certificatesv1.KeyUsage{signature, encipherment, clientAuth}, required: []certificatesv1.KeyUsage{clientAuth},
	},
	certificatesv1.KubeAPIServerClientKubeletSignerName: {
		allowed: []certificatesv1.KeyUsage{signature, encipherment, clientAuth}, required: []certificatesv1.KeyUsage{signature, clientAuth},
		check: checkNodeClient,
	},
	certificatesv1.KubeletServingSignerName: {
		allowed: []certificatesv1.KeyUsage{signature, encipherment, serverAuth}, required: []certificatesv1.KeyUsage{signature, serverAuth},
		check: checkNodeServing,
	},
	"kubernetes.io/legacy-unknown": {},
}

// permits checks a request against the rules of its signer.
func (s rules) permits(parsed *x509.CertificateRequest, usages []certificatesv1.KeyUsage) error {
	for _, u := range usages {
		if s.allowed != nil && !slices.Contains(s.allowed, u) {
			return fmt.Errorf("usage %q is not allowed", u)
		}
	}
	for _, u := range s.required {
		if !slices.Contains(usages, u) {
			return fmt.Errorf("usages did not contain %q", u)
		}
	}
	if s.check == nil {
		return nil
	}
	return s.check(parsed)
}

func checkNode(parsed *x509.CertificateRequest) error {
	if !slices.Equal(parsed.Subject.Organization, []string{nodeGroup}) {
		return fmt.Errorf("subject organization is not %s", nodeGroup)
	}
	if !strings.HasPrefix(parsed.Subject.CommonName, nodePrefix) {
		return fmt.Errorf("subject common name does not begin with %s", nodePrefix)
	}
	if len(parsed.EmailAddresses) > 0 {
		return errors.New("email subjectAltNames are not allowed")
	}
	if len(parsed.URIs) > 0 {
		return errors.New("URI subjectAltNames are not allowed")
	}
	return nil
}

func checkNodeClient(parsed *x509.CertificateRequest) error {
	if err := checkNode(parsed); err != nil {
		return err
	}
	if len(parsed.DNSNames)+len(parsed.IPAddresses) > 0 {
		return errors.New("DNS and IP subjectAltNames are not allowed")
	}
	return nil
}

func checkNodeServing(parsed *x509.CertificateRequest) error {
	if err := checkNode(parsed); err != nil {
		return err
	}
	if len(parsed.DNSNames)+len(parsed.IPAddresses) == 0 {
		return errors.New("DNS or IP subjectAltName is required")
	}
	return nil
}
