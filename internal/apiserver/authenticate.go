package apiserver

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubejig/kubejig/internal/tokens"
)

// Authentication says whom the server believes to be whom. Client certificates
// count as far as the listener has verified them.
type Authentication struct {
	// Local is who a request acts as that carries no credentials and has not
	// come through TLS: one from within the process. Nil refuses it.
	Local *authenticationv1.UserInfo
	// Anonymous lets all other requests without credentials act as
	// system:anonymous.
	Anonymous bool
	// Tokens are static bearer tokens.
	Tokens map[string]authenticationv1.UserInfo
	// ServiceAccounts issues and checks tokens of service accounts, nil for
	// none.
	ServiceAccounts *tokens.Issuer
}

const (
	groupAuthenticated   = "system:authenticated"
	groupUnauthenticated = "system:unauthenticated"
	anonymousUser        = "system:anonymous"
	credentialID         = "authentication.kubernetes.io/credential-id"
)

// authenticate finds out who sends the request.
func (c *call) authenticate() error {
	user, err := c.identify()
	if err != nil {
		return apierrors.NewUnauthorized("Unauthorized")
	}
	c.user = user
	return nil
}

var errUnknown = errors.New("unknown credentials")

func (c *call) identify() (authenticationv1.UserInfo, error) {
	a := &c.Authentication
	if c.r.TLS != nil && len(c.r.TLS.VerifiedChains) > 0 {
		return certified(c.r), nil
	}
	if token := tokenOf(c.r); token != "" {
		bearer, err := c.identifyToken(token, c.audiences())
		return bearer.user, err
	}
	switch {
	case c.r.TLS != nil && len(c.r.TLS.PeerCertificates) > 0: // It has not been verified.
		return authenticationv1.UserInfo{}, errUnknown
	case c.r.TLS == nil && a.Local != nil:
		return withGroup(*a.Local, groupAuthenticated), nil
	case a.Anonymous:
		return authenticationv1.UserInfo{Username: anonymousUser, Groups: []string{groupUnauthenticated}}, nil
	}
	return authenticationv1.UserInfo{}, errUnknown
}

// certified is the user of a client certificate.
func certified(r *http.Request) authenticationv1.UserInfo {
	certificate := r.TLS.VerifiedChains[0][0]
	sum := sha256.Sum256(certificate.Raw)
	return withGroup(authenticationv1.UserInfo{
		Username: certificate.Subject.CommonName,
		Groups:   certificate.Subject.Organization,
		Extra: map[string]authenticationv1.ExtraValue{
			credentialID: {"X509SHA256=" + hex.EncodeToString(sum[:])},
		},
	}, groupAuthenticated)
}

// tokenOf is the token of a request: in its header or, since browsers can't set
// that, among a WebSocket's protocols.
func tokenOf(r *http.Request) string {
	scheme, token, _ := strings.Cut(strings.TrimSpace(r.Header.Get("Authorization")), " ")
	if strings.EqualFold(scheme, "bearer") {
		return strings.TrimSpace(token)
	}
	return ""
}

// withGroup is a user who is in one more group.
func withGroup(u authenticationv1.UserInfo, group string) authenticationv1.UserInfo {
	for _, g := range u.Groups {
		if g == group {
			return u
		}
	}
	u.Groups = append(u.Groups[:len(u.Groups):len(u.Groups)], group)
	return u
}

// audiences are those of tokens that are meant for the API server.
func (s *Server) audiences() []string {
	if i := s.Authentication.ServiceAccounts; i != nil {
		return []string{i.URL}
	}
	return nil
}

// bearer is who sends a token, and for which of the audiences that were asked
// for it is meant.
type bearer struct {
	user      authenticationv1.UserInfo
	audiences []string
}

// identifyToken finds out whose a bearer token for some of the audiences is.
func (c *call) identifyToken(token string, audiences []string) (bearer, error) {
	a := &c.Authentication
	if user, ok := a.Tokens[token]; ok {
		common := inBoth(c.audiences(), audiences)
		if len(common) == 0 && len(audiences) > 0 {
			return bearer{}, errUnknown
		}
		return bearer{withGroup(user, groupAuthenticated), common}, nil
	}
	if a.ServiceAccounts == nil {
		return bearer{}, errUnknown
	}
	claims, err := a.ServiceAccounts.Verify(token, audiences, c.now)
	if errors.Is(err, tokens.ErrForeign) {
		return c.identifyLegacy(token, audiences)
	}
	if err != nil {
		return bearer{}, err
	}
	var found error
	c.Do(func() { found = c.checkBound(claims.Bound) })
	return bearer{accountUser(claims), inBoth(claims.Audience, audiences)}, found
}

// inBoth are the audiences that were asked for and that a token is for.
func inBoth(of, asked []string) []string {
	return slices.DeleteFunc(slices.Clone(asked), func(a string) bool { return !slices.Contains(of, a) })
}

// checkBound refuses tokens whose objects are gone.
func (s *Server) checkBound(b tokens.Bound) error {
	objects := []struct {
		resource string
		ref      *tokens.Reference
	}{
		{"serviceaccounts", &b.ServiceAccount}, {"pods", b.Pod}, {"secrets", b.Secret},
	}
	for _, o := range objects {
		if o.ref == nil {
			continue
		}
		item := s.Registry.Store.Get(corev1.Resource(o.resource), b.Namespace, o.ref.Name)
		if item == nil || string(item.Object.GetUID()) != o.ref.UID {
			return errors.New("service account token has been invalidated")
		}
	}
	return nil
}

// accountUser is the user that a service account's token stands for.
func accountUser(c tokens.Claims) authenticationv1.UserInfo {
	u := authenticationv1.UserInfo{
		Username: c.Subject,
		UID:      c.Bound.ServiceAccount.UID,
		Groups:   accountGroups(c.Bound.Namespace),
		Extra:    map[string]authenticationv1.ExtraValue{credentialID: {"JTI=" + c.ID}},
	}
	add := func(name string, ref *tokens.Reference) {
		if ref != nil {
			u.Extra["authentication.kubernetes.io/"+name+"-name"] = authenticationv1.ExtraValue{ref.Name}
			u.Extra["authentication.kubernetes.io/"+name+"-uid"] = authenticationv1.ExtraValue{ref.UID}
		}
	}
	add("pod", c.Bound.Pod)
	add("node", c.Bound.Node)
	return u
}

// accountGroups are the groups of a namespace's service accounts.
func accountGroups(namespace string) []string {
	return []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, groupAuthenticated}
}
