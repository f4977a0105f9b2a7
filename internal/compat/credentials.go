package compat

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"time"

	"github.com/kubejig/kubejig/internal/pki"
)

// Credentials are those by which twins and programs know each other.
type Credentials struct {
	authority *pki.Authority
	server    *pki.Pair
	admin     *pki.Pair
	// expired is a certificate as admin's that is out of date.
	expired []byte
}

// NewCredentials makes the credentials of all twins of a test.
func NewCredentials() (*Credentials, error) {
	authority, err := pki.NewAuthority("compat")
	if err != nil {
		return nil, err
	}
	server, err := authority.Server("kube-apiserver", "127.0.0.1")
	if err != nil {
		return nil, err
	}
	admin, err := authority.Client("kubernetes-admin", "system:masters")
	if err != nil {
		return nil, err
	}
	old := *admin.Certificate
	old.NotAfter = time.Now().Add(-time.Minute)
	der, err := x509.CreateCertificate(rand.Reader, &old, authority.Certificate, admin.Key.Public(), authority.Key)
	expired := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return &Credentials{authority: authority, server: server, admin: admin, expired: expired}, err
}
