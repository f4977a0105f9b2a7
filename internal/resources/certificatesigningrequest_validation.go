package resources

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/podspec"
)

// minCertificateExpiration is the shortest life to ask for, in seconds.
const minCertificateExpiration = 600

// certificateUsages are all that may be asked for, as messages list them.
var certificateUsages = []certificatesv1.KeyUsage{
	certificatesv1.UsageAny, certificatesv1.UsageCertSign,
	certificatesv1.UsageClientAuth, certificatesv1.UsageCodeSigning, certificatesv1.UsageContentCommitment, certificatesv1.UsageCRLSign,
	certificatesv1.UsageDataEncipherment, certificatesv1.UsageDecipherOnly, certificatesv1.UsageDigitalSignature,
	certificatesv1.UsageEmailProtection, certificatesv1.UsageEncipherOnly, certificatesv1.UsageIPsecEndSystem,
	certificatesv1.UsageIPsecTunnel, certificatesv1.UsageIPsecUser, certificatesv1.UsageKeyAgreement,
	certificatesv1.UsageKeyEncipherment, certificatesv1.UsageMicrosoftSGC, certificatesv1.UsageNetscapeSGC,
	certificatesv1.UsageOCSPSigning, certificatesv1.UsageSMIME, certificatesv1.UsageServerAuth,
	certificatesv1.UsageSigning, certificatesv1.UsageTimestamping,
}

// verdicts are the conditions that only an approver sets.
var verdicts = []certificatesv1.RequestConditionType{certificatesv1.CertificateApproved, certificatesv1.CertificateDenied}

func validateCertificateSigningRequest(r csr) field.ErrorList {
	errs := validateCertificateSigningRequestSpec(r)
	errs = append(errs, validateCertificateConditions(r, field.NewPath("status", "conditions"))...)
	return append(errs, validateIssued(r.Status.Certificate)...)
}

func validateCertificateSigningRequestSpec(r csr) field.ErrorList {
	path := field.NewPath("spec")
	var errs field.ErrorList
	if err := checkCertificateRequest(r.Spec.Request); err != nil {
		errs = append(errs, field.Invalid(path.Child("request"), r.Spec.Request, err.Error()))
	}
	if len(r.Spec.Usages) == 0 {
		errs = append(errs, field.Required(path.Child("usages"), ""))
	}
	for i, usage := range r.Spec.Usages {
		errs = append(errs, validateOneOf(path.Child("usages").Index(i), usage, certificateUsages...)...)
	}
	for i, usage := range r.Spec.Usages {
		if slices.Contains(r.Spec.Usages[:i], usage) {
			errs = append(errs, field.Duplicate(path.Child("usages").Index(i), usage))
		}
	}
	if r.Spec.SignerName == "kubernetes.io/legacy-unknown" {
		errs = append(errs, field.Invalid(path.Child("signerName"), r.Spec.SignerName, "the legacy signerName is not allowed via this API version"))
	} else {
		errs = append(errs, podspec.ValidateSignerName(r.Spec.SignerName, path.Child("signerName"))...)
	}
	if seconds := r.Spec.ExpirationSeconds; seconds != nil && *seconds < minCertificateExpiration {
		errs = append(errs, field.Invalid(path.Child("expirationSeconds"), *seconds, "may not specify a duration less than 600 seconds (10 minutes)"))
	}
	return errs
}

// checkCertificateRequest wants a PEM-encoded PKCS#10 request with a signature
// that is right.
func checkCertificateRequest(encoded []byte) error {
	block, _ := pem.Decode(encoded)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return errors.New("PEM block type must be CERTIFICATE REQUEST")
	}
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return err
	}
	return request.CheckSignature()
}

func validateCertificateConditions(r csr, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := map[certificatesv1.RequestConditionType]bool{}
	for i, c := range r.Status.Conditions {
		p := path.Index(i)
		if c.Type == "" {
			errs = append(errs, field.Required(p.Child("type"), ""))
		}
		allowed := []corev1.ConditionStatus{corev1.ConditionFalse, corev1.ConditionTrue, corev1.ConditionUnknown}
		if slices.Contains(verdicts, c.Type) || c.Type == certificatesv1.CertificateFailed {
			allowed = []corev1.ConditionStatus{corev1.ConditionTrue}
		}
		if c.Status == "" {
			errs = append(errs, field.Required(p.Child("status"), ""))
		} else {
			errs = append(errs, validateOneOf(p.Child("status"), c.Status, allowed...)...)
		}
		if other := opposite(c.Type); other != "" && seen[other] {
			errs = append(errs, field.Invalid(path, c.Type, "Approved and Denied conditions are mutually exclusive"))
		}
		if seen[c.Type] {
			errs = append(errs, field.Duplicate(p.Child("type"), c.Type))
		}
		seen[c.Type] = true
	}
	return errs
}

func opposite(verdict certificatesv1.RequestConditionType) certificatesv1.RequestConditionType {
	switch verdict {
	case certificatesv1.CertificateApproved:
		return certificatesv1.CertificateDenied
	case certificatesv1.CertificateDenied:
		return certificatesv1.CertificateApproved
	}
	return ""
}

func validateIssued(encoded []byte) field.ErrorList {
	if len(encoded) == 0 {
		return nil
	}
	if err := checkCertificates(encoded); err != nil {
		return field.ErrorList{field.Invalid(field.NewPath("status", "certificate"), "<certificate data>", err.Error())}
	}
	return nil
}

// checkCertificates wants PEM blocks of certificates, and nothing else.
func checkCertificates(encoded []byte) error {
	blocks := 0
	for block, rest := pem.Decode(encoded); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			return fmt.Errorf("only CERTIFICATE PEM blocks are allowed, found %q", block.Type)
		}
		if len(block.Headers) != 0 {
			return errors.New("no PEM block headers are permitted")
		}
		certificates, err := x509.ParseCertificates(block.Bytes)
		if err != nil {
			return err
		}
		if len(certificates) == 0 {
			return errors.New("found CERTIFICATE PEM block containing 0 certificates")
		}
		blocks++
	}
	if blocks == 0 {
		return errors.New("must contain at least one CERTIFICATE PEM block")
	}
	return nil
}

// validateCertificateSigningRequestUpdate checks a change through any path.
func validateCertificateSigningRequestUpdate(r, old csr) field.ErrorList {
	errs := validateCertificateSigningRequestSpec(r)
	errs = append(errs, validateCertificateConditions(r, field.NewPath("status", "conditions"))...)
	if !bytes.Equal(r.Status.Certificate, old.Status.Certificate) {
		errs = append(errs, validateIssued(r.Status.Certificate)...)
	}
	for _, t := range append(slices.Clone(verdicts), certificatesv1.CertificateFailed) {
		if len(conditionsOfType(r, t)) < len(conditionsOfType(old, t)) {
			errs = append(errs, field.Forbidden(field.NewPath("status", "conditions"), fmt.Sprintf("updates may not remove a condition of type %q", t)))
		}
	}
	return errs
}

// forbidApproval refuses a verdict outside of the approval path.
func forbidApproval(r, old csr) field.ErrorList {
	var errs field.ErrorList
	for _, t := range verdicts {
		if len(conditionsOfType(r, t)) > len(conditionsOfType(old, t)) {
			errs = append(errs, field.Forbidden(field.NewPath("status", "conditions"), fmt.Sprintf("updates may not add a condition of type %q", t)))
		}
	}
	return errs
}

// forbidNewCertificate refuses another certificate than the one issued.
func forbidNewCertificate(r, old csr) field.ErrorList {
	if len(old.Status.Certificate) == 0 || bytes.Equal(r.Status.Certificate, old.Status.Certificate) {
		return nil
	}
	return field.ErrorList{field.Forbidden(field.NewPath("status", "certificate"), "updates may not modify existing certificate content")}
}
