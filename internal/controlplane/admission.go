package controlplane

import (
	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/admission/defaultstorageclass"
	"github.com/kubejig/kubejig/internal/admission/defaulttolerationseconds"
	"github.com/kubejig/kubejig/internal/admission/namespacelifecycle"
	"github.com/kubejig/kubejig/internal/admission/priority"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/registry"
)

// admissionPlugins are asked about every write, in Kubernetes' order.
func admissionPlugins(r *registry.Registry) admission.Chain {
	api := client.ForUser(r, "kube-apiserver", "system:apiserver", "system:masters")
	return admission.Chain{
		namespacelifecycle.Plugin{Client: api},
		priority.Plugin{Client: api},
		defaulttolerationseconds.Plugin{},
		defaultstorageclass.Plugin{Client: api},
	}
}
