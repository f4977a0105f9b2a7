package pki

import (
	"crypto/x509"
	"net/http"
	"sync"
	"time"
)

// Vouch hands requests on to next with the certificate that their client has
// shown as verified, if the authority has issued it and it is not out of date.
// Other certificates stay unverified, for next to refuse: a client learns more
// from an answer than from a connection that breaks off.
func (a *Authority) Vouch(next http.Handler) http.Handler {
	roots := x509.NewCertPool()
	roots.AddCert(a.Certificate)
	var known sync.Map // chains that have been verified, by the certificate as it is sent
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
			next.ServeHTTP(w, r)
			return
		}
		state, shown := *r.TLS, r.TLS.PeerCertificates[0]
		if chains, ok := known.Load(string(shown.Raw)); ok && time.Now().Before(shown.NotAfter) {
			state.VerifiedChains = chains.([][]*x509.Certificate)
		} else if chains, err := verify(r.TLS.PeerCertificates, roots); err == nil {
			known.Store(string(shown.Raw), chains)
			state.VerifiedChains = chains
		}
		r = r.WithContext(r.Context())
		r.TLS = &state
		next.ServeHTTP(w, r)
	})
}

// verify returns the chains from what a client has shown, its own certificate
// first, to the roots.
func verify(shown []*x509.Certificate, roots *x509.CertPool) ([][]*x509.Certificate, error) {
	between := x509.NewCertPool()
	for _, certificate := range shown[1:] {
		between.AddCert(certificate)
	}
	return shown[0].Verify(x509.VerifyOptions{
		Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
}
