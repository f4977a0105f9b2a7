package describe

import (
	"context"

	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func describeVolumeAttributesClass(ctx context.Context, w *writer, class *storagev1.VolumeAttributesClass, r *related) error {
	w.fields("Name", class.Name, "Annotations", labels.FormatLabels(class.Annotations),
		"DriverName", class.DriverName, "Parameters", labels.FormatLabels(class.Parameters))
	w.events(ctx, r, aboutObject("VolumeAttributesClass", class))
	return nil
}
