package controlplane

import (
	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/admission/certificates"
	"github.com/kubejig/kubejig/internal/admission/defaultingressclass"
	"github.com/kubejig/kubejig/internal/admission/defaultstorageclass"
	"github.com/kubejig/kubejig/internal/admission/defaulttolerationseconds"
	"github.com/kubejig/kubejig/internal/admission/limitranger"
	"github.com/kubejig/kubejig/internal/admission/mutatingadmissionpolicy"
	"github.com/kubejig/kubejig/internal/admission/namespacelifecycle"
	"github.com/kubejig/kubejig/internal/admission/noderestriction"
	"github.com/kubejig/kubejig/internal/admission/persistentvolumeclaimresize"
	"github.com/kubejig/kubejig/internal/admission/podresize"
	"github.com/kubejig/kubejig/internal/admission/podsecurity"
	"github.com/kubejig/kubejig/internal/admission/podtopologylabels"
	"github.com/kubejig/kubejig/internal/admission/policy"
	"github.com/kubejig/kubejig/internal/admission/priority"
	"github.com/kubejig/kubejig/internal/admission/resourcequota"
	"github.com/kubejig/kubejig/internal/admission/runtimeclass"
	"github.com/kubejig/kubejig/internal/admission/serviceaccount"
	"github.com/kubejig/kubejig/internal/admission/storageobjectinuseprotection"
	"github.com/kubejig/kubejig/internal/admission/taintnodesbycondition"
	"github.com/kubejig/kubejig/internal/admission/validatingadmissionpolicy"
	"github.com/kubejig/kubejig/internal/admission/webhook"
	"github.com/kubejig/kubejig/internal/authorization"
	"github.com/kubejig/kubejig/internal/authorization/node"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/rbac"
	"github.com/kubejig/kubejig/internal/registry"
)

// admissionPlugins are asked about every write, in Kubernetes' order.
func (c *ControlPlane) admissionPlugins(r *registry.Registry) admission.Chain {
	api := client.ForUser(r, "kube-apiserver", "system:apiserver", authorization.Superusers)
	authorizer := c.authorizer()
	webhooks := webhook.Plugin{Client: api, Authorizer: authorizer, Ask: c.askWebhooks}
	chain := admission.Chain{
		policy.AccessCheck{Client: api, Authorizer: authorizer},
		namespacelifecycle.Plugin{Client: api},
		limitranger.Plugin{Client: api},
		serviceaccount.Plugin{Client: api},
	}
	if c.options.RBAC {
		chain = append(chain, noderestriction.Plugin{Client: api, Authorizer: authorizer})
	}
	chain = append(chain,
		taintnodesbycondition.Plugin{},
		podsecurity.New(api),
		priority.Plugin{Client: api},
		defaulttolerationseconds.Plugin{},
		defaultstorageclass.Plugin{Client: api},
		storageobjectinuseprotection.Plugin{},
		persistentvolumeclaimresize.Plugin{Client: api},
		runtimeclass.Plugin{Client: api},
		certificates.Approval{Authorizer: authorizer},
		certificates.Signing{Authorizer: authorizer},
		certificates.SubjectRestriction{},
		defaultingressclass.Plugin{Client: api},
		podtopologylabels.Plugin{Client: api},
		podresize.Plugin{Client: api},
	)
	if c.options.RBAC {
		chain = append(chain, rbac.EscalationCheck{Authorizer: &rbac.Authorizer{Store: c.store}})
	}
	return append(chain,
		mutatingadmissionpolicy.Plugin{Client: api, Authorizer: authorizer},
		webhook.Mutating{Plugin: webhooks},
		validatingadmissionpolicy.Plugin{Client: api, Authorizer: authorizer},
		webhook.Validating{Plugin: webhooks},
		resourcequota.Plugin{Client: api},
	)
}

// authorizer decides who may do what.
func (c *ControlPlane) authorizer() authorization.Authorizer {
	if !c.options.RBAC {
		return authorization.AlwaysAllow{}
	}
	api := client.ForUser(c.registry, "kube-apiserver", "system:apiserver", authorization.Superusers)
	return authorization.Union{node.Authorizer{Client: api}, &rbac.Authorizer{Store: c.store}}
}
