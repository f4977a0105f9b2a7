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

const (
	signature    = certificatesv1.UsageDigitalSignature
	encipherment = certificatesv1.UsageKeyEncipherment
	clientAuth   = certificatesv1.UsageClientAuth
	serverAuth   = certificatesv1.UsageServerAuth
)

// rule says why a signer does not sign a request for a certificate with usages.
type rule func(parsed *x509.CertificateRequest, usages []certificatesv1.KeyUsage) error

// signers are Kubernetes' own, by name.
var signers = map[string]rule{
	certificatesv1.KubeAPIServerClientSignerName:        checkClient,
	certificatesv1.KubeAPIServerClientKubeletSignerName: checkNodeClient,
	certificatesv1.KubeletServingSignerName:             checkNodeServing,
	"kubernetes.io/legacy-unknown":                      func(*x509.CertificateRequest, []certificatesv1.KeyUsage) error { return nil },
}

func checkClient(_ *x509.CertificateRequest, usages []certificatesv1.KeyUsage) error {
	for _, u := range usages {
		if !slices.Contains([]certificatesv1.KeyUsage{signature, encipherment, clientAuth}, u) {
			return fmt.Errorf("invalid usage for client certificate: %s", u)
		}
	}
	if !slices.Contains(usages, clientAuth) {
		return fmt.Errorf("missing required usage for client certificate: %s", clientAuth)
	}
	return nil
}

func checkNodeClient(parsed *x509.CertificateRequest, usages []certificatesv1.KeyUsage) error {
	switch {
	case !isOfNodes(parsed):
		return errOrganization
	case len(parsed.DNSNames) > 0:
		return errors.New("DNS subjectAltNames are not allowed")
	case len(parsed.EmailAddresses) > 0:
		return errEmail
	case len(parsed.IPAddresses) > 0:
		return errors.New("IP subjectAltNames are not allowed")
	case len(parsed.URIs) > 0:
		return errURI
	case !isNamedAsNode(parsed):
		return errCommonName
	}
	return checkNodeUsages(usages, clientAuth, signature, encipherment)
}

func checkNodeServing(parsed *x509.CertificateRequest, usages []certificatesv1.KeyUsage) error {
	switch {
	case !isOfNodes(parsed):
		return errOrganization
	case len(parsed.DNSNames)+len(parsed.IPAddresses) == 0:
		return errors.New("DNS or IP subjectAltName is required")
	case len(parsed.EmailAddresses) > 0:
		return errEmail
	case len(parsed.URIs) > 0:
		return errURI
	}
	if err := checkNodeUsages(usages, signature, encipherment, serverAuth); err != nil {
		return err
	}
	if !isNamedAsNode(parsed) {
		return errCommonName
	}
	return nil
}

var (
	errOrganization = fmt.Errorf("subject organization is not %s", nodeGroup)
	errCommonName   = fmt.Errorf("subject common name does not begin with %s", nodePrefix)
	errEmail        = errors.New("Email subjectAltNames are not allowed")
	errURI          = errors.New("URI subjectAltNames are not allowed")
)

func isOfNodes(parsed *x509.CertificateRequest) bool {
	return slices.Equal(parsed.Subject.Organization, []string{nodeGroup})
}

func isNamedAsNode(parsed *x509.CertificateRequest) bool {
	return strings.HasPrefix(parsed.Subject.CommonName, nodePrefix)
}

// checkNodeUsages wants all of some usages and no others; keys that are not RSA's
// do without encipherment.
func checkNodeUsages(usages []certificatesv1.KeyUsage, wanted ...certificatesv1.KeyUsage) error {
	for _, w := range wanted {
		if w != encipherment && !slices.Contains(usages, w) {
			return fmt.Errorf("usages did not match %v", wanted)
		}
	}
	for _, u := range usages {
		if !slices.Contains(wanted, u) {
			return fmt.Errorf("usages did not match %v", wanted)
		}
	}
	return nil
}
