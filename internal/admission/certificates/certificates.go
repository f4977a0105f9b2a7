// Package certificates says who may approve and sign certificates, and what for
// nobody gets one:
// https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
package certificates

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	certificatesv1 "k8s.io/api/certificates/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/authorization"
)

const resource = "certificatesigningrequests"

func forbidden(a *admission.Attributes, err error) error {
	return apierrors.NewForbidden(a.Kind.GroupResource(), a.Name, err)
}

// Approval is the CertificateApproval admission plugin.
type Approval struct {
	Authorizer authorization.Authorizer
}

// Name is the plugin's name.
func (Approval) Name() string { return "CertificateApproval" }

// Validate checks who approves.
func (p Approval) Validate(a *admission.Attributes) error {
	if a.Operation != admission.Update || a.Kind.Resource != resource || a.Subresource != "approval" {
		return nil
	}
	signer := a.Old.(*certificatesv1.CertificateSigningRequest).Spec.SignerName
	if !permitted(p.Authorizer, a, "approve", signer) {
		return forbidden(a, fmt.Errorf("user not permitted to approve requests with signerName %q", signer))
	}
	return nil
}

// Signing is the CertificateSigning admission plugin.
type Signing struct {
	Authorizer authorization.Authorizer
}

// Name is the plugin's name.
func (Signing) Name() string { return "CertificateSigning" }

// Validate checks who signs: a change of anything but the certificate and the
// conditions is none.
func (p Signing) Validate(a *admission.Attributes) error {
	if a.Operation != admission.Update || a.Kind.Resource != resource || a.Subresource != "status" {
		return nil
	}
	next, old := a.Object.(*certificatesv1.CertificateSigningRequest), a.Old.(*certificatesv1.CertificateSigningRequest)
	if equality.Semantic.DeepEqual(next.Status, old.Status) {
		return nil
	}
	if !permitted(p.Authorizer, a, "sign", old.Spec.SignerName) {
		return forbidden(a, fmt.Errorf("user not permitted to sign requests with signerName %q", old.Spec.SignerName))
	}
	return nil
}

// permitted asks for a verb on a signer, or on all signers of its domain.
func permitted(z authorization.Authorizer, a *admission.Attributes, verb, signer string) bool {
	domain, _, _ := strings.Cut(signer, "/")
	for _, name := range []string{signer, domain + "/*"} {
		if allowed, _ := z.Authorize(authorization.Attributes{
			User: a.User, Verb: verb, Group: certificatesv1.GroupName, Version: "*", Resource: "signers", Name: name,
		}); allowed {
			return true
		}
	}
	return false
}

// Parse reads the PEM block of a request.
func Parse(request []byte) (*x509.CertificateRequest, error) {
	block, _ := pem.Decode(request)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return nil, errors.New("PEM block type must be CERTIFICATE REQUEST")
	}
	return x509.ParseCertificateRequest(block.Bytes)
}

// SubjectRestriction is the CertificateSubjectRestriction admission plugin.
type SubjectRestriction struct{}

// Name is the plugin's name.
func (SubjectRestriction) Name() string { return "CertificateSubjectRestriction" }

// Validate refuses certificates that would make their owner almighty.
func (SubjectRestriction) Validate(a *admission.Attributes) error {
	if !a.Is(certificatesv1.GroupName, resource) || a.Operation != admission.Create {
		return nil
	}
	request := a.Object.(*certificatesv1.CertificateSigningRequest)
	if request.Spec.SignerName != certificatesv1.KubeAPIServerClientSignerName {
		return nil
	}
	parsed, err := Parse(request.Spec.Request)
	if err != nil {
		return forbidden(a, fmt.Errorf("failed to parse CSR: %w", err))
	}
	if slices.Contains(parsed.Subject.Organization, "system:masters") {
		return forbidden(a, fmt.Errorf("use of %s signer with system:masters group is not allowed", certificatesv1.KubeAPIServerClientSignerName))
	}
	return nil
}
