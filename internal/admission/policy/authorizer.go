package policy

import (
	"context"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/kubejig/kubejig/internal/authorization"
)

// asker lets CEL's library ask an authorizer of ours.
type asker struct{ authorization.Authorizer }

// Authorize implements [authorizer.UnconditionalAuthorizer].
func (a asker) Authorize(_ context.Context, q authorizer.Attributes) (authorizer.Decision, string, error) {
	asked := authorization.Attributes{
		User: infoOf(q.GetUser()), Verb: q.GetVerb(), Path: q.GetPath(),
		Namespace: q.GetNamespace(), Group: q.GetAPIGroup(), Version: q.GetAPIVersion(),
		Resource: q.GetResource(), Subresource: q.GetSubresource(), Name: q.GetName(),
	}
	if requirements, err := q.GetFieldSelector(); err == nil && len(requirements) > 0 {
		asked.FieldSelector = selectorOf(requirements).String()
	}
	if authorization.IsSuperuser(asked.User) {
		return authorizer.DecisionAllow, "", nil
	}
	allowed, reason := a.Authorizer.Authorize(asked)
	if allowed {
		return authorizer.DecisionAllow, reason, nil
	}
	return authorizer.DecisionNoOpinion, reason, nil
}

func selectorOf(requirements fields.Requirements) fields.Selector {
	var selectors []fields.Selector
	for _, r := range requirements {
		if r.Operator == "!=" {
			selectors = append(selectors, fields.OneTermNotEqualSelector(r.Field, r.Value))
		} else {
			selectors = append(selectors, fields.OneTermEqualSelector(r.Field, r.Value))
		}
	}
	return fields.AndSelectors(selectors...)
}

func userOf(info authenticationv1.UserInfo) *user.DefaultInfo {
	u := &user.DefaultInfo{Name: info.Username, UID: info.UID, Groups: info.Groups}
	if len(info.Extra) > 0 {
		u.Extra = make(map[string][]string, len(info.Extra))
		for k, v := range info.Extra {
			u.Extra[k] = v
		}
	}
	return u
}

func infoOf(u user.Info) authenticationv1.UserInfo {
	info := authenticationv1.UserInfo{Username: u.GetName(), UID: u.GetUID(), Groups: u.GetGroups()}
	if extra := u.GetExtra(); len(extra) > 0 {
		info.Extra = make(map[string]authenticationv1.ExtraValue, len(extra))
		for k, v := range extra {
			info.Extra[k] = v
		}
	}
	return info
}

// checked is what authorizer.requestResource asks about.
type checked struct{ r *Request }

func (c checked) GetName() string                          { return c.r.Name }
func (c checked) GetNamespace() string                     { return c.r.Namespace }
func (c checked) GetResource() schema.GroupVersionResource { return c.r.Asked.Resource }
func (c checked) GetSubresource() string                   { return c.r.Subresource }
