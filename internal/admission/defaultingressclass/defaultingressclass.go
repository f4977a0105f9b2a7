// Package defaultingressclass gives ingresses that name no class the default
// one.
package defaultingressclass

import (
	"cmp"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/client"
)

// legacyAnnotation named the class before there was a field for it.
const legacyAnnotation = "kubernetes.io/ingress.class"

// Plugin is the DefaultIngressClass admission plugin.
type Plugin struct {
	Client *client.Client
}

// Name is the plugin's name.
func (Plugin) Name() string { return "DefaultIngressClass" }

// Admit names the default class in a new ingress.
func (p Plugin) Admit(a *admission.Attributes) error {
	if !a.Is(networkingv1.GroupName, "ingresses") || a.Operation != admission.Create {
		return nil
	}
	ingress := a.Object.(*networkingv1.Ingress)
	if _, legacy := ingress.Annotations[legacyAnnotation]; legacy || ingress.Spec.IngressClassName != nil {
		return nil
	}
	defaults := slices.DeleteFunc(client.List[*networkingv1.IngressClass](p.Client, "", nil), func(c *networkingv1.IngressClass) bool {
		return c.Annotations[networkingv1.AnnotationIsDefaultIngressClass] != "true"
	})
	if len(defaults) == 0 {
		return nil
	}
	newest := slices.MinFunc(defaults, func(x, y *networkingv1.IngressClass) int {
		return cmp.Or(y.CreationTimestamp.Compare(x.CreationTimestamp.Time), cmp.Compare(x.Name, y.Name))
	})
	ingress.Spec.IngressClassName = &newest.Name
	return nil
}
