package describe

import (
	"context"

	networkingv1 "k8s.io/api/networking/v1"
)

func describeIPAddress(ctx context.Context, w *writer, address *networkingv1.IPAddress, r *related) error {
	w.metadata(address, false)
	if parent := address.Spec.ParentRef; parent != nil {
		w.section("Parent Reference").fields("Group", parent.Group, "Resource", parent.Resource,
			"Namespace", parent.Namespace, "Name", parent.Name)
	}
	w.events(ctx, r, aboutObject("IPAddress", address))
	return nil
}
