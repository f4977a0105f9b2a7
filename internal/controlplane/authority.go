package controlplane

import (
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"math/big"
	"time"
)

// authority is the certificate authority that the cluster's objects show: in
// kube-root-ca.crt, and as the signer of certificate signing requests. It comes
// from the seed, so that the objects are the same in every run; therefore no
// listener trusts it (see package pki).
type authority struct {
	certificate *x509.Certificate
	key         ed25519.PrivateKey
	pem         string
}

const authorityValidity = 10 * 365 * 24 * time.Hour

func newAuthority(seed uint64, start time.Time) *authority {
	var secret [ed25519.SeedSize]byte
	copy(secret[:], "kubejig cluster authority")
	binary.BigEndian.PutUint64(secret[len(secret)-8:], seed)
	key := ed25519.NewKeyFromSeed(secret[:])
	template := &x509.Certificate{
		SerialNumber:          new(big.Int).Add(new(big.Int).SetUint64(seed), big.NewInt(1)),
		Subject:               pkix.Name{CommonName: "kubernetes"},
		NotBefore:             start,
		NotAfter:              start.Add(authorityValidity),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		DNSNames:              []string{"kubernetes"},
	}
	// Ed25519 signatures are deterministic: no randomness is read.
	der, err := x509.CreateCertificate(nil, template, template, key.Public(), key)
	if err != nil {
		panic(err) // the template does not depend on any input
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	return &authority{
		certificate: certificate, key: key,
		pem: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
	}
}
