package describe

import (
	"context"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

func describeConfigMap(ctx context.Context, w *writer, configMap *corev1.ConfigMap, r *related) error {
	w.metadata(configMap, true)
	w.text("\nData\n====\n")
	for _, key := range slices.Sorted(maps.Keys(configMap.Data)) {
		w.text("%s:\n----\n%s\n\n", key, configMap.Data[key])
	}
	w.text("\nBinaryData\n====\n")
	for _, key := range slices.Sorted(maps.Keys(configMap.BinaryData)) {
		w.line("%s: %d bytes", key, len(configMap.BinaryData[key]))
	}
	w.text("\n")
	if !r.showEvents {
		return nil
	}
	events, err := r.events(ctx, aboutObject("ConfigMap", configMap))
	if err != nil {
		return err
	}
	w.eventTable(events)
	return nil
}
