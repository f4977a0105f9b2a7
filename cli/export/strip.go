package export

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// filledIn are the fields that the server or a controller fills in, of all
// kinds under "", else of one kind. Paths go through lists.
func filledIn() map[string][]string {
	return map[string][]string{
		"": {
			"status",
			"metadata.uid", "metadata.resourceVersion", "metadata.generation", "metadata.creationTimestamp",
			"metadata.deletionTimestamp", "metadata.deletionGracePeriodSeconds", "metadata.selfLink",
			"metadata.managedFields", "metadata.ownerReferences",
		},
		"Namespace":      {"spec"},
		"Pod":            {"spec.nodeName", "spec.serviceAccount", "spec.priority", "spec.preemptionPolicy"},
		"Service":        {"spec.healthCheckNodePort"},
		"ServiceAccount": {"secrets"},
	}
}

// annotations that controllers and clients keep their books in.
var bookkeeping = []string{
	"kubectl.kubernetes.io/last-applied-configuration",
	"deployment.kubernetes.io/revision",
	"deprecated.daemonset.template.generation",
	"control-plane.alpha.kubernetes.io/leader",
	"pv.kubernetes.io/bind-completed",
	"pv.kubernetes.io/bound-by-controller",
	"pv.kubernetes.io/provisioned-by",
	"volume.kubernetes.io/selected-node",
	"volume.kubernetes.io/storage-provisioner",
	"volume.beta.kubernetes.io/storage-provisioner",
	"batch.kubernetes.io/job-tracking",
}

// strip takes out of an object what was filled in for the one that it was.
func strip(object *unstructured.Unstructured) {
	boundByController := object.GetAnnotations()["pv.kubernetes.io/bound-by-controller"] != ""
	for _, kind := range []string{"", object.GetKind()} {
		for _, path := range filledIn()[kind] {
			remove(object.Object, strings.Split(path, ".")...)
		}
	}
	spec, _ := object.Object["spec"].(map[string]any)
	switch object.GetKind() {
	case "Service":
		stripService(spec)
	case "Job":
		stripJob(object.Object)
	case "Pod":
		stripPod(spec)
	case "PersistentVolumeClaim":
		if boundByController {
			remove(spec, "volumeName")
		}
	case "PersistentVolume":
		if boundByController {
			remove(spec, "claimRef")
		}
		remove(spec, "claimRef", "uid")
		remove(spec, "claimRef", "resourceVersion")
	}
	stripMaps(object)
	remove(object.Object, "spec", "template", "metadata", "creationTimestamp")
	remove(object.Object, "spec", "jobTemplate", "metadata", "creationTimestamp")
	remove(object.Object, "spec", "jobTemplate", "spec", "template", "metadata", "creationTimestamp")
}

func stripMaps(object *unstructured.Unstructured) {
	for _, name := range bookkeeping {
		remove(object.Object, "metadata", "annotations", name)
	}
	remove(object.Object, "metadata", "labels", "kubernetes.io/metadata.name")
	if metadata, ok := object.Object["metadata"].(map[string]any); ok {
		removeEntries(metadata, "finalizers", func(entry any) bool {
			name, _ := entry.(string)
			return strings.HasPrefix(name, "kubernetes.io/") || !strings.Contains(name, "/")
		})
	}
	for _, field := range []string{"annotations", "labels"} {
		if entries, ok, _ := unstructured.NestedMap(object.Object, "metadata", field); ok && len(entries) == 0 {
			remove(object.Object, "metadata", field)
		}
	}
}

// stripService takes out addresses that were given to the service; that of a
// headless one says that it has none.
func stripService(spec map[string]any) {
	if spec["clusterIP"] != "None" {
		remove(spec, "clusterIP")
	}
	remove(spec, "clusterIPs")
	if spec["ipFamilyPolicy"] == "SingleStack" {
		remove(spec, "ipFamilyPolicy")
		remove(spec, "ipFamilies")
	}
}

// stripJob takes out the selector that was made for the job, and the labels
// that it selects.
func stripJob(object map[string]any) {
	if manual, _, _ := unstructured.NestedBool(object, "spec", "manualSelector"); manual {
		return
	}
	remove(object, "spec", "selector")
	for _, label := range []string{"controller-uid", "batch.kubernetes.io/controller-uid", "job-name", "batch.kubernetes.io/job-name"} {
		remove(object, "metadata", "labels", label)
		remove(object, "spec", "template", "metadata", "labels", label)
	}
}

// stripPod takes out what admission puts into pods: the default service
// account, its token, and tolerations of nodes that fail.
func stripPod(spec map[string]any) {
	if spec["serviceAccountName"] == "default" {
		remove(spec, "serviceAccountName")
	}
	isToken := func(entry any) bool {
		fields, _ := entry.(map[string]any)
		name, _ := fields["name"].(string)
		return strings.HasPrefix(name, "kube-api-access-")
	}
	removeEntries(spec, "volumes", isToken)
	for _, list := range []string{"initContainers", "containers", "ephemeralContainers"} {
		containers, _ := spec[list].([]any)
		for _, container := range containers {
			if fields, ok := container.(map[string]any); ok {
				removeEntries(fields, "volumeMounts", isToken)
			}
		}
	}
	removeEntries(spec, "tolerations", func(entry any) bool {
		fields, _ := entry.(map[string]any)
		key, _ := fields["key"].(string)
		return (key == "node.kubernetes.io/not-ready" || key == "node.kubernetes.io/unreachable") && fields["tolerationSeconds"] == int64(300)
	})
}

// removeEntries takes entries out of a list, and an empty list out of the
// object.
func removeEntries(fields map[string]any, name string, which func(any) bool) {
	list, ok := fields[name].([]any)
	if !ok {
		return
	}
	if list = slices.DeleteFunc(list, which); len(list) == 0 {
		delete(fields, name)
		return
	}
	fields[name] = list
}

func remove(fields map[string]any, path ...string) {
	if fields != nil {
		unstructured.RemoveNestedField(fields, path...)
	}
}
