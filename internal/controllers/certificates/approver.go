package certificates

import (
	authenticationv1 "k8s.io/api/authentication/v1"
	certificatesv1 "k8s.io/api/certificates/v1"

	"github.com/kubejig/kubejig/internal/authorization"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
)

type approver struct {
	client     *client.Client
	authorizer authorization.Authorizer
}

// NewApprover returns the controller that approves nodes' requests for client
// certificates, where the authorizer lets who asks have them.
func NewApprover(r *registry.Registry, authorizer authorization.Authorizer) *controllers.Controller {
	a := &approver{client: account(r), authorizer: authorizer}
	return &controllers.Controller{
		Name:      "certificatesigningrequest-approving-controller",
		Watches:   []controllers.Watch{controllers.Each(requests)},
		Reconcile: a.reconcile,
	}
}

func (a *approver) reconcile(key loop.Key) (controllers.Result, error) {
	r, ok := client.Get[request](a.client, "", key.Name)
	if !ok || settled(r) || len(r.Status.Certificate) > 0 || r.Spec.SignerName != certificatesv1.KubeAPIServerClientKubeletSignerName {
		return controllers.Result{}, nil
	}
	parsed, err := parse(r)
	if err != nil || checkNodeClient(parsed, r.Spec.Usages) != nil {
		return controllers.Result{}, nil // somebody must look at it
	}
	self := parsed.Subject.CommonName == r.Spec.Username
	for _, rule := range []struct {
		applies              bool
		subresource, message string
	}{
		{self, "selfnodeclient", "Auto approving self kubelet client certificate after SubjectAccessReview."},
		{true, "nodeclient", "Auto approving kubelet client certificate after SubjectAccessReview."},
	} {
		if !rule.applies || !a.permitted(r, rule.subresource) {
			continue
		}
		next := r.DeepCopy()
		setCondition(next, certificatesv1.CertificateApproved, "AutoApproved", rule.message, a.client.Registry.Loop.Now())
		_, err := client.UpdatePart(a.client, next, "approval")
		return controllers.Result{}, err
	}
	return controllers.Result{}, nil
}

// permitted asks whether who asks may have such a certificate.
func (a *approver) permitted(r request, subresource string) bool {
	extra := map[string]authenticationv1.ExtraValue{}
	for key, value := range r.Spec.Extra {
		extra[key] = authenticationv1.ExtraValue(value)
	}
	allowed, _ := a.authorizer.Authorize(authorization.Attributes{
		User: authenticationv1.UserInfo{Username: r.Spec.Username, UID: r.Spec.UID, Groups: r.Spec.Groups, Extra: extra},
		Verb: "create", Group: certificatesv1.GroupName, Version: "*",
		Resource: requests.Resource, Subresource: subresource,
	})
	return allowed
}
