// Package certificates approves, signs and clears away
// CertificateSigningRequests of Kubernetes' own signers:
// https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
//
// The signing key is handed in; serial numbers come from the cluster's seed.
package certificates

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/authorization"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/registry"
)

// request is what the package is about.
type request = *certificatesv1.CertificateSigningRequest

var requests = schema.GroupResource{Group: certificatesv1.GroupName, Resource: "certificatesigningrequests"}

// account is the client of the controllers of this package.
func account(r *registry.Registry) *client.Client {
	return client.ForUser(r, "kube-controller-manager", "system:serviceaccount:kube-system:certificate-controller", authorization.Superusers)
}

// condition returns a condition that holds, or nil.
func condition(r request, kind certificatesv1.RequestConditionType) *certificatesv1.CertificateSigningRequestCondition {
	for i := range r.Status.Conditions {
		if c := &r.Status.Conditions[i]; c.Type == kind && c.Status == corev1.ConditionTrue {
			return c
		}
	}
	return nil
}

// settled reports whether a request has been approved or denied.
func settled(r request) bool {
	return condition(r, certificatesv1.CertificateApproved) != nil || condition(r, certificatesv1.CertificateDenied) != nil
}

func setCondition(r request, kind certificatesv1.RequestConditionType, reason, message string, now time.Time) {
	at := metav1.NewTime(now.Truncate(time.Second))
	r.Status.Conditions = append(r.Status.Conditions, certificatesv1.CertificateSigningRequestCondition{
		Type: kind, Status: corev1.ConditionTrue, Reason: reason, Message: message,
		LastUpdateTime: at, LastTransitionTime: at,
	})
}

// parse reads what is asked for.
func parse(r request) (*x509.CertificateRequest, error) {
	block, _ := pem.Decode(r.Spec.Request)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return nil, errors.New("PEM block type must be CERTIFICATE REQUEST")
	}
	parsed, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("unable to parse csr %q: %w", r.Name, err)
	}
	return parsed, nil
}
