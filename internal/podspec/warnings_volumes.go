package podspec

import (
	"fmt"
	"slices"
	"strings"

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

// overlapWarnings warns of files in one volume that would replace each other or
// stand in each other's way as file and directory.
func overlapWarnings(volumes []corev1.Volume) []string {
	var warnings []string
	for _, v := range volumes {
		if v.ConfigMap != nil {
			warnings = append(warnings, overlaps(itemPaths(v.ConfigMap.Items), fmt.Sprintf("volume %q (ConfigMap %q)", v.Name, v.ConfigMap.Name))...)
		}
		if v.Secret != nil {
			warnings = append(warnings, overlaps(itemPaths(v.Secret.Items), fmt.Sprintf("volume %q (Secret %q)", v.Name, v.Secret.SecretName))...)
		}
		if v.DownwardAPI != nil {
			warnings = append(warnings, overlaps(filePaths(v.DownwardAPI.Items), fmt.Sprintf("volume %q (DownwardAPI)", v.Name))...)
		}
		if v.Projected != nil {
			warnings = append(warnings, projectedOverlaps(&v)...)
		}
	}
	return warnings
}

func projectedOverlaps(v *corev1.Volume) []string {
	var warnings []string
	earlier := sets.New[string]()
	for _, source := range v.Projected.Sources {
		if source == (corev1.VolumeProjection{}) {
			warnings = append(warnings, fmt.Sprintf("volume %q (Projected) has no sources provided", v.Name))
			continue
		}
		targets, what := projectedTargets(&source)
		if len(targets) == 0 {
			continue
		}
		where := fmt.Sprintf("volume %q (Projected %s)", v.Name, what)
		warnings = append(warnings, overlaps(targets, where)...)
		all := append(sets.List(sets.New(targets...)), sets.List(earlier)...)
		slices.Sort(all)
		warnings = append(warnings, overlaps(all, where)...)
		earlier.Insert(targets...)
	}
	return warnings
}

// projectedTargets returns the files of a source and what messages call it.
func projectedTargets(source *corev1.VolumeProjection) (targets []string, what string) {
	switch {
	case source.ConfigMap != nil && source.ConfigMap.Items != nil:
		return itemPaths(source.ConfigMap.Items), fmt.Sprintf("ConfigMap %q", source.ConfigMap.Name)
	case source.Secret != nil && source.Secret.Items != nil:
		return itemPaths(source.Secret.Items), fmt.Sprintf("Secret %q", source.Secret.Name)
	case source.DownwardAPI != nil && source.DownwardAPI.Items != nil:
		return filePaths(source.DownwardAPI.Items), "DownwardAPI"
	case source.ServiceAccountToken != nil:
		return []string{source.ServiceAccountToken.Path}, "ServiceAccountToken"
	default:
		return nil, ""
	}
}

func overlaps(paths []string, where string) []string {
	var warnings []string
	var seen []string
	for _, path := range paths {
		path = strings.TrimRight(path, "/")
		if other, found := overlapping(seen, path); found {
			warnings = append(warnings, fmt.Sprintf("%s: overlapping paths: %q with %q", where, path, other))
		}
		if !slices.Contains(seen, path) {
			seen = append(seen, path)
		}
	}
	return warnings
}

// overlapping finds one of seen that is the path, a directory of it or below it.
func overlapping(seen []string, path string) (string, bool) {
	for _, other := range seen {
		if path != "" && other != "" && (strings.HasPrefix(other+"/", path) || strings.HasPrefix(path+"/", other)) {
			return other, true
		}
	}
	return "", false
}
