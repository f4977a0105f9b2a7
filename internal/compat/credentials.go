package compat

import (
	"github.com/kubejig/kubejig/internal/pki"
)

// Credentials are those by which twins and programs know each other.
type Credentials struct {
	authority *pki.Authority
	server    *pki.Pair
	admin     *pki.Pair
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
	return &Credentials{authority: authority, server: server, admin: admin}, nil
}
