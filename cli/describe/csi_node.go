package describe

import (
	"context"

	storagev1 "k8s.io/api/storage/v1"
)

func describeCSINode(ctx context.Context, w *writer, node *storagev1.CSINode, r *related) error {
	w.metadata(node, false)
	w.field("CreationTimestamp", date(node.CreationTimestamp.Time))
	spec := w.section("Spec")
	if node.Spec.Drivers != nil {
		drivers := spec.section("Drivers")
		for _, driver := range node.Spec.Drivers {
			drivers.section(driver.Name).csiDriver(driver)
		}
	}
	w.events(ctx, r, aboutObject("CSINode", node))
	return nil
}

func (w *writer) csiDriver(driver storagev1.CSINodeDriver) {
	w.field("Node ID", driver.NodeID)
	if driver.Allocatable != nil && driver.Allocatable.Count != nil {
		w.section("Allocatables").field("Count", *driver.Allocatable.Count)
	}
	if driver.TopologyKeys != nil {
		w.field("Topology Keys", driver.TopologyKeys)
	}
}
