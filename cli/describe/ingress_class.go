package describe

import (
	"context"

	networkingv1 "k8s.io/api/networking/v1"
)

func describeIngressClass(ctx context.Context, w *writer, class *networkingv1.IngressClass, r *related) error {
	w.metadata(class, false)
	w.field("Controller", class.Spec.Controller)
	if parameters := class.Spec.Parameters; parameters != nil {
		section := w.section("Parameters")
		if parameters.APIGroup != nil {
			section.field("APIGroup", *parameters.APIGroup)
		}
		section.field("Kind", parameters.Kind)
		section.field("Name", parameters.Name)
	}
	w.events(ctx, r, aboutObject("IngressClass", class))
	return nil
}
