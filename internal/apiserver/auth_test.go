package apiserver_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/apiserver"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/pki"
	"github.com/kubejig/kubejig/internal/rbac"
	"github.com/kubejig/kubejig/internal/tokens"
)

// secured is a cluster with RBAC, static tokens and service accounts.
func secured(t *testing.T) *cluster {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	c := newCluster(t, func(config *apiserver.Config) {
		config.Authorizer = &rbac.Authorizer{Store: config.Registry.Store}
		config.Registry.Admission = admission.Chain{rbac.EscalationCheck{Authorizer: &rbac.Authorizer{Store: config.Registry.Store}}}
		config.Authentication.Tokens = map[string]authenticationv1.UserInfo{"s3cret": {Username: "bob", Groups: []string{"devs"}}}
		config.Authentication.ServiceAccounts = &tokens.Issuer{Key: key, URL: tokens.DefaultURL}
	})
	c.do(func() {
		require.NoError(t, rbac.Bootstrap(client.ForUser(c.registry, "kube-apiserver", "system:apiserver", "system:masters")))
	})
	return c
}

// as is a client with a bearer token.
func (c *cluster) as(token string) kubernetes.Interface {
	config := rest.CopyConfig(c.config)
	config.BearerToken = token
	client, err := kubernetes.NewForConfig(config)
	require.NoError(c, err)
	return client
}

func TestAuthorization(t *testing.T) {
	c := secured(t)
	bob := c.as("s3cret")
	pods := bob.CoreV1().Pods("default")
	_, err := pods.List(ctx(t), everything)
	require.EqualError(t, err, `pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "default"`)
	_, err = bob.CoreV1().Nodes().Get(ctx(t), "n1", metav1.GetOptions{})
	require.EqualError(t, err, `nodes "n1" is forbidden: User "bob" cannot get resource "nodes" in API group "" at the cluster scope`)
	_, body, _ := c.ask("GET", "/metrics", "", "Authorization: Bearer s3cret")
	require.Contains(t, body, `"message":"forbidden: User \"bob\" cannot get path \"/metrics\"","reason":"Forbidden"`)
	code, body, _ := c.ask("GET", "/api", "", "Authorization: Bearer wrong")
	require.Equal(t, 401, code)
	require.Contains(t, body, `"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401`)

	bindings := c.client().RbacV1().RoleBindings("default")
	_, err = bindings.Create(ctx(t), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "devs"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "Group", Name: "devs"}},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = pods.List(ctx(t), everything)
	require.NoError(t, err)
	_, err = bob.CoreV1().Secrets("default").List(ctx(t), everything)
	require.Error(t, err)

	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: "default", Verb: "list", Resource: "pods"},
	}}
	review, err = bob.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx(t), review, metav1.CreateOptions{})
	require.NoError(t, err)
	require.Equal(t, authorizationv1.SubjectAccessReviewStatus{
		Allowed: true, Reason: `RBAC: allowed by RoleBinding "devs/default" of ClusterRole "view" to Group "devs"`,
	}, review.Status)
	rules, err := bob.AuthorizationV1().SelfSubjectRulesReviews().Create(ctx(t),
		&authorizationv1.SelfSubjectRulesReview{Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: "default"}}, metav1.CreateOptions{})
	require.NoError(t, err)
	require.NotEmpty(t, rules.Status.ResourceRules)
}

func TestNobodyGrantsWhatTheyLack(t *testing.T) {
	c := secured(t)
	admin := c.client().RbacV1()
	_, err := admin.RoleBindings("default").Create(ctx(t), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "devs"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "admin"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: "bob"}},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	roles := c.as("s3cret").RbacV1().Roles("default")
	role := &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Name: "r"},
		Rules:      []rbacv1.PolicyRule{{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"pods"}}},
	}
	_, err = roles.Create(ctx(t), role, metav1.CreateOptions{})
	require.NoError(t, err)
	role.Name, role.Rules[0].Resources = "s", []string{"nodes"}
	_, err = roles.Create(ctx(t), role, metav1.CreateOptions{})
	require.EqualError(t, err, `roles.rbac.authorization.k8s.io "s" is forbidden: user "bob" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:`+"\n"+
		`{APIGroups:[""], Resources:["nodes"], Verbs:["get"]}`)
}

func TestServiceAccountTokens(t *testing.T) {
	c := secured(t)
	accounts := c.client().CoreV1().ServiceAccounts("default")
	_, err := accounts.Create(ctx(t), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot"}}, metav1.CreateOptions{})
	require.NoError(t, err)
	request, err := accounts.CreateToken(ctx(t), "robot", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	require.NoError(t, err)
	require.Equal(t, start.Add(3600e9), request.Status.ExpirationTimestamp.UTC())

	robot := c.as(request.Status.Token)
	self, err := robot.AuthenticationV1().SelfSubjectReviews().Create(ctx(t), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	require.NoError(t, err)
	require.Equal(t, "system:serviceaccount:default:robot", self.Status.UserInfo.Username)
	require.Equal(t, []string{"system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"}, self.Status.UserInfo.Groups)

	review, err := c.client().AuthenticationV1().TokenReviews().Create(ctx(t),
		&authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: request.Status.Token}}, metav1.CreateOptions{})
	require.NoError(t, err)
	require.True(t, review.Status.Authenticated)

	seconds := int64(10)
	_, err = accounts.CreateToken(ctx(t), "robot", &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}, metav1.CreateOptions{})
	require.EqualError(t, err, `TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 10: may not specify a duration less than 10 minutes`)
	c.advance(2 * 3600e9)
	_, err = robot.AuthenticationV1().SelfSubjectReviews().Create(ctx(t), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	require.EqualError(t, err, "Unauthorized")
}

func TestTokensOfSecrets(t *testing.T) {
	c := secured(t)
	account, err := c.client().CoreV1().ServiceAccounts("default").Create(ctx(t),
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "robot"}}, metav1.CreateOptions{})
	require.NoError(t, err)
	token, err := c.server.Authentication.ServiceAccounts.IssueLegacy(tokens.LegacyClaims{
		Namespace: "default", Secret: "robot", ServiceAccount: "robot", ServiceAccountUID: string(account.UID),
	})
	require.NoError(t, err)
	review := func(audiences ...string) authenticationv1.TokenReviewStatus {
		review, err := c.client().AuthenticationV1().TokenReviews().Create(ctx(t), &authenticationv1.TokenReview{
			Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: audiences},
		}, metav1.CreateOptions{})
		require.NoError(t, err)
		return review.Status
	}
	require.Equal(t, "[invalid bearer token, Token has been invalidated]", review().Error)

	secrets := c.client().CoreV1().Secrets("default")
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "robot"}, Data: map[string][]byte{"token": []byte(token)}}
	secret, err = secrets.Create(ctx(t), secret, metav1.CreateOptions{})
	require.NoError(t, err)
	c.advance(2 * 3600e9)
	require.Equal(t, authenticationv1.TokenReviewStatus{
		Authenticated: true, Audiences: []string{tokens.DefaultURL}, User: authenticationv1.UserInfo{
			Username: "system:serviceaccount:default:robot", UID: string(account.UID),
			Groups: []string{"system:serviceaccounts", "system:serviceaccounts:default", "system:authenticated"},
		},
	}, review())
	require.Contains(t, review("other").Error, `is invalid for the target audiences ["other"]`)

	secret, err = secrets.Get(ctx(t), "robot", metav1.GetOptions{})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"kubernetes.io/legacy-token-last-used": start.Format("2006-01-02")}, secret.Labels)

	secret.Labels["kubernetes.io/legacy-token-invalid-since"] = "2020-01-01"
	secret, err = secrets.Update(ctx(t), secret, metav1.UpdateOptions{})
	require.NoError(t, err)
	require.Contains(t, review().Error, "the token in secret default/robot for service account default/robot has been marked invalid.")

	secret.Labels, secret.Data = nil, map[string][]byte{"token": []byte("another")}
	_, err = secrets.Update(ctx(t), secret, metav1.UpdateOptions{})
	require.NoError(t, err)
	require.Equal(t, "[invalid bearer token, Token does not match server's copy]", review().Error)
}

func TestImpersonation(t *testing.T) {
	c := secured(t)
	config := rest.CopyConfig(c.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: "alice", Groups: []string{"devs"}, Extra: map[string][]string{"scope": {"x"}}}
	client, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	self, err := client.AuthenticationV1().SelfSubjectReviews().Create(ctx(t), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	require.NoError(t, err)
	require.Equal(t, authenticationv1.UserInfo{
		Username: "alice", Groups: []string{"devs", "system:authenticated"}, Extra: map[string]authenticationv1.ExtraValue{"scope": {"x"}},
	}, self.Status.UserInfo)
	_, body, _ := c.ask("GET", "/api", "", "Authorization: Bearer s3cret", "Impersonate-User: alice")
	require.Contains(t, body, `forbidden: User \"bob\" cannot impersonate-on:user-info:get path \"/api\"`)
}

func TestClientCertificates(t *testing.T) {
	c := secured(t)
	ca, err := pki.NewAuthority("ca")
	require.NoError(t, err)
	server, err := ca.Server("server", "127.0.0.1")
	require.NoError(t, err)
	listener := httptest.NewUnstartedServer(ca.Vouch(c.server))
	listener.TLS = server.TLS(ca)
	listener.StartTLS()
	t.Cleanup(listener.Close)

	alice, err := ca.Client("alice", "system:masters")
	require.NoError(t, err)
	ask := func(certificates ...tls.Certificate) int {
		transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: certificates}} //nolint:gosec // a test
		defer transport.CloseIdleConnections()
		response, err := (&http.Client{Transport: transport}).Get(listener.URL + "/api/v1/nodes")
		require.NoError(t, err)
		response.Body.Close()
		return response.StatusCode
	}
	require.Equal(t, 401, ask(), "the server answers nobody without credentials")
	pair, err := tls.X509KeyPair(alice.CertificatePEM, alice.KeyPEM)
	require.NoError(t, err)
	require.Equal(t, 200, ask(pair))
	require.Equal(t, 200, ask(pair), "the second time, too")

	expired := *alice.Certificate
	expired.NotAfter = time.Now().Add(-time.Minute)
	der, err := x509.CreateCertificate(rand.Reader, &expired, ca.Certificate, alice.Key.Public(), ca.Key)
	require.NoError(t, err)
	require.Equal(t, 401, ask(tls.Certificate{Certificate: [][]byte{der}, PrivateKey: alice.Key}), "expired")
	other, err := pki.NewAuthority("ca")
	require.NoError(t, err)
	mallory, err := other.Client("alice", "system:masters")
	require.NoError(t, err)
	require.Equal(t, 401, ask(tls.Certificate{Certificate: [][]byte{mallory.Certificate.Raw}, PrivateKey: mallory.Key}), "another authority's")
}
