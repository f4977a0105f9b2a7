package describe

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func describeStorageClass(ctx context.Context, w *writer, class *storagev1.StorageClass, r *related) error {
	w.field("Name", class.Name)
	w.field("IsDefaultClass", isDefaultClass(class))
	w.field("Annotations", labels.FormatLabels(class.Annotations))
	w.field("Provisioner", class.Provisioner)
	w.field("Parameters", labels.FormatLabels(class.Parameters))
	w.field("AllowVolumeExpansion", optionalBoolean(class.AllowVolumeExpansion))
	if len(class.MountOptions) == 0 {
		w.field("MountOptions", "<none>")
	} else {
		options := w.section("MountOptions")
		for _, option := range class.MountOptions {
			options.line("%s", option)
		}
	}
	if class.ReclaimPolicy != nil {
		w.field("ReclaimPolicy", *class.ReclaimPolicy)
	}
	if class.VolumeBindingMode != nil {
		w.field("VolumeBindingMode", *class.VolumeBindingMode)
	}
	if class.AllowedTopologies != nil {
		w.topologies(class.AllowedTopologies)
	}
	w.events(ctx, r, aboutObject("StorageClass", class))
	return nil
}

func isDefaultClass(class *storagev1.StorageClass) string {
	for _, annotation := range []string{
		"storageclass.kubernetes.io/is-default-class",
		"storageclass.beta.kubernetes.io/is-default-class",
	} {
		if class.Annotations[annotation] == "true" {
			return "Yes"
		}
	}
	return "No"
}

func (w *writer) topologies(terms []corev1.TopologySelectorTerm) {
	if len(terms) == 0 {
		w.field("AllowedTopologies", "<none>")
		return
	}
	w.field("AllowedTopologies", "")
	for i, term := range terms {
		lines := make([]string, 0, len(term.MatchLabelExpressions))
		for _, r := range term.MatchLabelExpressions {
			lines = append(lines, requirementText(r.Key, "in", r.Values))
		}
		w.in().list(fmt.Sprintf("Term %d", i), lines)
	}
}
