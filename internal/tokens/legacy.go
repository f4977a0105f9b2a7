package tokens

// legacyIssuer names the issuer of the tokens that Secrets carry, whoever signs
// them.
const legacyIssuer = "kubernetes/serviceaccount"

// LegacyClaims are what a token says that a Secret carries. It is for the API
// server only, and has no end: it holds while the Secret carries it.
type LegacyClaims struct {
	Issuer            string `json:"iss"`
	Namespace         string `json:"kubernetes.io/serviceaccount/namespace"`
	Secret            string `json:"kubernetes.io/serviceaccount/secret.name"`
	ServiceAccount    string `json:"kubernetes.io/serviceaccount/service-account.name"`
	ServiceAccountUID string `json:"kubernetes.io/serviceaccount/service-account.uid"`
	Subject           string `json:"sub"`
}

// IssueLegacy signs claims. Issuer and subject are filled in.
func (i *Issuer) IssueLegacy(c LegacyClaims) (string, error) {
	c.Issuer = legacyIssuer
	c.Subject = Subject(c.Namespace, c.ServiceAccount)
	return i.seal(c, c.Subject)
}

// VerifyLegacy checks who has signed a token, not whether its Secret still
// carries it.
func (i *Issuer) VerifyLegacy(token string) (LegacyClaims, error) {
	var c LegacyClaims
	if err := i.open(token, legacyIssuer, &c); err != nil {
		return LegacyClaims{}, err
	}
	return c, nil
}
