// Package tokens issues and checks the JSON Web Tokens of service accounts, in
// the form that
// https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
// describes. It knows no store: whether an account still exists is for others
// to find out. Key, time and identifiers are handed in.
package tokens

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// Reference names an object that a token is about.
type Reference struct {
	Name string `json:"name"`
	UID  string `json:"uid"`
}

// Bound is what of a token is particular to Kubernetes.
type Bound struct {
	Namespace      string     `json:"namespace"`
	Node           *Reference `json:"node,omitempty"`
	Pod            *Reference `json:"pod,omitempty"`
	Secret         *Reference `json:"secret,omitempty"`
	ServiceAccount Reference  `json:"serviceaccount"`
	// WarnAfter is when, in seconds, a token ought to have been renewed.
	WarnAfter int64 `json:"warnafter,omitempty"`
}

// Claims are what a token says. Times are in seconds.
type Claims struct {
	Audience  []string `json:"aud"`
	Expires   int64    `json:"exp"`
	IssuedAt  int64    `json:"iat"`
	Issuer    string   `json:"iss"`
	ID        string   `json:"jti"`
	Bound     Bound    `json:"kubernetes.io"`
	NotBefore int64    `json:"nbf"`
	Subject   string   `json:"sub"`
}

// Issuer signs tokens with a key of RSA, of ECDSA on P-256, or of Ed25519.
type Issuer struct {
	Key crypto.Signer
	// URL names the issuer, and is the audience of the API server itself.
	URL string
}

// DefaultURL is the issuer of a cluster that names none.
const DefaultURL = "https://kubernetes.default.svc.cluster.local"

// Subject is the user name of a service account.
func Subject(namespace, name string) string {
	return "system:serviceaccount:" + namespace + ":" + name
}

type header struct {
	Algorithm string `json:"alg"`
	KeyID     string `json:"kid"`
}

// Issue signs claims. Issuer and subject are filled in.
func (i *Issuer) Issue(c Claims) (string, error) {
	c.Issuer = i.URL
	c.Subject = Subject(c.Bound.Namespace, c.Bound.ServiceAccount.Name)
	return i.seal(c, c.Subject)
}

// seal signs what a token says of somebody.
func (i *Issuer) seal(claims any, subject string) (string, error) {
	h, err := i.header()
	if err != nil {
		return "", err
	}
	signed := encode(h) + "." + encode(claims)
	signature, err := i.sign([]byte(signed))
	if err != nil {
		return "", fmt.Errorf("sign token of %s: %w", subject, err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func encode(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// header names the algorithm and, by its hash, the key.
func (i *Issuer) header() (header, error) {
	der, err := x509.MarshalPKIXPublicKey(i.Key.Public())
	if err != nil {
		return header{}, fmt.Errorf("public key of the token issuer: %w", err)
	}
	sum := sha256.Sum256(der)
	h := header{KeyID: base64.RawURLEncoding.EncodeToString(sum[:])}
	switch key := i.Key.Public().(type) {
	case *rsa.PublicKey:
		h.Algorithm = "RS256"
	case *ecdsa.PublicKey:
		h.Algorithm = "ES256"
		if key.Curve != elliptic.P256() {
			return h, errors.New("the token issuer's key is not on P-256")
		}
	case ed25519.PublicKey:
		h.Algorithm = "EdDSA"
	default:
		return h, fmt.Errorf("the token issuer's key is of type %T", key)
	}
	return h, nil
}

func (i *Issuer) sign(message []byte) ([]byte, error) {
	sum := sha256.Sum256(message)
	switch i.Key.Public().(type) {
	case ed25519.PublicKey:
		return i.Key.Sign(rand.Reader, message, crypto.Hash(0))
	case *ecdsa.PublicKey:
		der, err := i.Key.Sign(rand.Reader, sum[:], crypto.SHA256)
		if err != nil {
			return nil, err
		}
		return joseSignature(der)
	}
	return i.Key.Sign(rand.Reader, sum[:], crypto.SHA256)
}

// joseSignature turns a signature of ECDSA into the two numbers side by side.
func joseSignature(der []byte) ([]byte, error) {
	var numbers struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &numbers); err != nil {
		return nil, err
	}
	out := make([]byte, 64)
	numbers.R.FillBytes(out[:32])
	numbers.S.FillBytes(out[32:])
	return out, nil
}

// ErrForeign is the error of a token that another issuer has made, or nobody.
var ErrForeign = errors.New("no token of this issuer")

// Verify checks a token for one of the audiences, at an instant.
func (i *Issuer) Verify(token string, audiences []string, now time.Time) (Claims, error) {
	var c Claims
	if err := i.open(token, i.URL, &c); err != nil {
		return Claims{}, err
	}
	switch {
	case now.Unix() > c.Expires:
		return Claims{}, errors.New("service account token has expired")
	case now.Unix() < c.NotBefore:
		return Claims{}, errors.New("service account token is not valid yet")
	case !slices.ContainsFunc(audiences, func(a string) bool { return slices.Contains(c.Audience, a) }):
		return Claims{}, fmt.Errorf("token audiences %q is invalid for the target audiences %q", c.Audience, audiences)
	}
	return c, nil
}

// open reads the claims of a token in the name of an issuer, which must have
// signed it.
func (i *Issuer) open(token, issuer string, claims any) error {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ErrForeign
	}
	var by struct {
		Issuer string `json:"iss"`
	}
	var h header
	if !decode(parts[0], &h) || !decode(parts[1], &by) || !decode(parts[1], claims) || by.Issuer != issuer {
		return ErrForeign
	}
	own, err := i.header()
	if err != nil || h.Algorithm != own.Algorithm {
		return ErrForeign
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !i.valid([]byte(parts[0]+"."+parts[1]), signature) {
		return errors.New("invalid signature")
	}
	return nil
}

func decode(part string, into any) bool {
	data, err := base64.RawURLEncoding.DecodeString(part)
	return err == nil && json.NewDecoder(bytes.NewReader(data)).Decode(into) == nil
}

func (i *Issuer) valid(message, signature []byte) bool {
	sum := sha256.Sum256(message)
	switch key := i.Key.Public().(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
	case *ecdsa.PublicKey:
		if len(signature) != 64 {
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return ecdsa.Verify(key, sum[:], r, s)
	case ed25519.PublicKey:
		return ed25519.Verify(key, message, signature)
	}
	return false
}
