package describe

import (
	"context"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

func describeServiceCIDR(ctx context.Context, w *writer, cidr *networkingv1.ServiceCIDR, r *related) error {
	w.metadata(cidr, false)
	w.field("CIDRs", strings.Join(cidr.Spec.CIDRs, ", "))
	if conditions := cidr.Status.Conditions; len(conditions) > 0 {
		w.line("Status:")
		table := w.section("Conditions")
		table.heading("Type", "Status", "LastTransitionTime", "Reason", "Message")
		for _, c := range conditions {
			table.row(c.Type, string(c.Status), date(c.LastTransitionTime.Time), c.Reason, c.Message)
		}
	}
	w.events(ctx, r, aboutObject("ServiceCIDR", cidr))
	return nil
}
