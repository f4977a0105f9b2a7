package podspec

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// volumeWarnings warns of volume types that are going or gone, and of files
// that would hide a service account's token.
func volumeWarnings(volumes []corev1.Volume, fldPath *field.Path) []string {
	var warnings []string
	for i, v := range volumes {
		for _, d := range deprecatedVolumeTypes(&v) {
			warnings = append(warnings, fmt.Sprintf("%s: %s", fldPath.Index(i).Child(d.name), d.explanation))
		}
		if v.Ephemeral != nil && v.Ephemeral.VolumeClaimTemplate != nil {
			path := fldPath.Index(i).Child("ephemeral", "volumeClaimTemplate", "spec")
			warnings = append(warnings, ClaimWarnings(&v.Ephemeral.VolumeClaimTemplate.Spec, path)...)
		}
	}
	return append(warnings, tokenPathWarnings(volumes, fldPath)...)
}

func deprecatedVolumeTypes(v *corev1.Volume) []deprecated {
	var found []deprecated
	for _, t := range []struct {
		set bool
		deprecated
	}{
		{v.PhotonPersistentDisk != nil, deprecated{"photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"}},
		{v.GitRepo != nil, deprecated{"gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"}},
		{v.ScaleIO != nil, deprecated{"scaleIO", "deprecated in v1.16, non-functional in v1.22+"}},
		{v.Flocker != nil, deprecated{"flocker", "deprecated in v1.22, non-functional in v1.25+"}},
		{v.StorageOS != nil, deprecated{"storageOS", "deprecated in v1.22, non-functional in v1.25+"}},
		{v.Quobyte != nil, deprecated{"quobyte", "deprecated in v1.22, non-functional in v1.25+"}},
		{v.Glusterfs != nil, deprecated{"glusterfs", "deprecated in v1.25, non-functional in v1.26+"}},
		{v.CephFS != nil, deprecated{"cephfs", "deprecated in v1.28, non-functional in v1.31+"}},
		{v.RBD != nil, deprecated{"rbd", "deprecated in v1.28, non-functional in v1.31+"}},
	} {
		if t.set {
			found = append(found, t.deprecated)
		}
	}
	return found
}

// ClaimWarnings returns what the server warns of in a claim's spec.
func ClaimWarnings(spec *corev1.PersistentVolumeClaimSpec, fldPath *field.Path) []string {
	var warnings []string
	for _, list := range []struct {
		name string
		list corev1.ResourceList
	}{{"requests", spec.Resources.Requests}, {"limits", spec.Resources.Limits}} {
		if size, found := list.list[corev1.ResourceStorage]; found && size.MilliValue()%1000 != 0 {
			warnings = append(warnings, fmt.Sprintf("%s: fractional byte value %q is invalid, must be an integer",
				fldPath.Child("resources", list.name).Key(string(corev1.ResourceStorage)), size.String()))
		}
	}
	return warnings
}

// tokenPathWarnings warns of projected files at the path of any projected token
// of the pod.
func tokenPathWarnings(volumes []corev1.Volume, fldPath *field.Path) []string {
	tokens := sets.New[string]()
	for _, v := range volumes {
		if v.Projected == nil {
			continue
		}
		for _, source := range v.Projected.Sources {
			if source.ServiceAccountToken != nil {
				tokens.Insert(source.ServiceAccountToken.Path)
			}
		}
	}
	var warnings []string
	for i, v := range volumes {
		if v.Projected == nil {
			continue
		}
		for _, source := range v.Projected.Sources {
			for _, file := range projectedFiles(&source, fldPath.Index(i).Child("projected", "sources")) {
				if tokens.Has(file.target) {
					warnings = append(warnings, fmt.Sprintf("%s: has duplicated path with ServiceAccountToken %q", file.path, file.target))
				}
			}
		}
	}
	return warnings
}

// projectedFile is a file of a projected volume and where it is asked for.
type projectedFile struct {
	path   *field.Path
	target string
}

func projectedFiles(source *corev1.VolumeProjection, sources *field.Path) []projectedFile {
	var files []projectedFile
	if source.ConfigMap != nil {
		for i, target := range itemPaths(source.ConfigMap.Items) {
			files = append(files, projectedFile{sources.Child("configMap").Index(i), target})
		}
	}
	if source.Secret != nil {
		for i, target := range itemPaths(source.Secret.Items) {
			files = append(files, projectedFile{sources.Child("secrets").Index(i), target})
		}
	}
	if source.DownwardAPI != nil {
		for i, target := range filePaths(source.DownwardAPI.Items) {
			files = append(files, projectedFile{sources.Child("downwardAPI").Index(i), target})
		}
	}
	if source.ClusterTrustBundle != nil {
		files = append(files, projectedFile{sources.Child("ClusterTrustBundle"), source.ClusterTrustBundle.Path})
	}
	return files
}

func itemPaths(items []corev1.KeyToPath) []string {
	return mapSlice(items, func(item corev1.KeyToPath) string { return item.Path })
}

func filePaths(files []corev1.DownwardAPIVolumeFile) []string {
	return mapSlice(files, func(file corev1.DownwardAPIVolumeFile) string { return file.Path })
}
