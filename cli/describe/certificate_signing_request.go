package describe

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/duration"
)

func describeCertificateSigningRequest(ctx context.Context, w *writer, csr *certificatesv1.CertificateSigningRequest, r *related) error {
	request, err := parseRequest(csr.Spec.Request)
	if err != nil {
		return fmt.Errorf("Error parsing CSR: %v", err)
	}
	w.field("Name", csr.Name)
	w.field("Labels", labels.FormatLabels(csr.Labels))
	w.field("Annotations", labels.FormatLabels(csr.Annotations))
	w.field("CreationTimestamp", date(csr.CreationTimestamp.Time))
	w.field("Requesting User", csr.Spec.Username)
	w.optional("Signer", csr.Spec.SignerName)
	if seconds := csr.Spec.ExpirationSeconds; seconds != nil {
		w.field("Requested Duration", duration.HumanDuration(time.Duration(*seconds)*time.Second))
	}
	w.field("Status", requestStatus(csr.Status))
	w.requestSubject(request)
	w.events(ctx, r, aboutObject("CertificateSigningRequest", csr))
	return nil
}

func parseRequest(encoded []byte) (*x509.CertificateRequest, error) {
	block, _ := pem.Decode(encoded)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return nil, errors.New("PEM block type must be CERTIFICATE REQUEST")
	}
	return x509.ParseCertificateRequest(block.Bytes)
}

func requestStatus(status certificatesv1.CertificateSigningRequestStatus) string {
	has := func(kind certificatesv1.RequestConditionType) bool {
		return slices.ContainsFunc(status.Conditions, func(c certificatesv1.CertificateSigningRequestCondition) bool { return c.Type == kind })
	}
	text := "Pending"
	switch {
	case has(certificatesv1.CertificateDenied):
		text = "Denied"
	case has(certificatesv1.CertificateApproved):
		text = "Approved"
	}
	if has(certificatesv1.CertificateFailed) {
		text += ",Failed"
	}
	if len(status.Certificate) > 0 {
		text += ",Issued"
	}
	return text
}

// requestSubject writes whom a certificate is for. Its fields are indented by
// a column rather than by spaces.
func (w *writer) requestSubject(request *x509.CertificateRequest) {
	subject := request.Subject
	w.line("Subject:")
	w.row("", "Common Name:", subject.CommonName)
	w.row("", "Serial Number:", subject.SerialNumber)
	w.names("Organization", subject.Organization)
	w.names("Organizational Unit", subject.OrganizationalUnit)
	w.names("Country", subject.Country)
	w.names("Locality", subject.Locality)
	w.names("Province", subject.Province)
	w.names("StreetAddress", subject.StreetAddress)
	w.names("PostalCode", subject.PostalCode)

	var uris, ips []string
	for _, uri := range request.URIs {
		uris = append(uris, uri.String())
	}
	for _, ip := range request.IPAddresses {
		ips = append(ips, ip.String())
	}
	if len(request.DNSNames)+len(request.EmailAddresses)+len(uris)+len(ips) == 0 {
		return
	}
	w.line("Subject Alternative Names:")
	w.names("DNS Names", request.DNSNames)
	w.names("Email Addresses", request.EmailAddresses)
	w.names("URIs", uris)
	w.names("IP Addresses", ips)
}

// names writes values below each other, if there are any.
func (w *writer) names(label string, values []string) {
	if len(values) > 0 {
		w.text("\t%s:\t%s\n", label, strings.Join(values, "\n\t\t"))
	}
}
