package podspec

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// volumeFile is a file that a volume is to have, and whose it is in a volume
// that has several sources.
type volumeFile struct{ path, source string }

// String is the file as messages show it.
func (f volumeFile) String() string {
	if f.source == "" {
		return fmt.Sprintf("%q", f.path)
	}
	return fmt.Sprintf("%q (%s)", f.path, f.source)
}

// overlaps reports whether one of two files would replace the other or would
// have to be a directory for it.
func (f volumeFile) overlaps(other volumeFile) bool {
	a, b := f.path+"/", other.path+"/"
	return f.path != "" && other.path != "" && (strings.HasPrefix(a, b) || strings.HasPrefix(b, a))
}

// overlapWarnings warns of files in one volume that would replace each other or
// stand in each other's way as file and directory.
func overlapWarnings(volumes []corev1.Volume) []string {
	var warnings []string
	for _, v := range volumes {
		if v.ConfigMap != nil {
			warnings = append(warnings, overlaps(itemFiles(v.ConfigMap.Items, ""), v.Name, fmt.Sprintf("ConfigMap %q", v.ConfigMap.Name))...)
		}
		if v.Secret != nil {
			warnings = append(warnings, overlaps(itemFiles(v.Secret.Items, ""), v.Name, fmt.Sprintf("Secret %q", v.Secret.SecretName))...)
		}
		if v.DownwardAPI != nil {
			warnings = append(warnings, overlaps(downwardFiles(v.DownwardAPI.Items, ""), v.Name, "DownwardAPI")...)
		}
		if v.Projected != nil {
			warnings = append(warnings, projectedOverlaps(&v)...)
		}
	}
	return warnings
}

func projectedOverlaps(v *corev1.Volume) []string {
	var warnings []string
	var files []volumeFile
	for _, source := range v.Projected.Sources {
		if source == (corev1.VolumeProjection{}) {
			warnings = append(warnings, fmt.Sprintf("volume %q (Projected) has no sources provided", v.Name))
		}
		files = append(files, sourceFiles(&source)...)
	}
	return append(warnings, overlaps(files, v.Name, "Projected")...)
}

// sourceFiles are the files of one source of a projected volume.
func sourceFiles(source *corev1.VolumeProjection) []volumeFile {
	switch {
	case source.ConfigMap != nil && source.ConfigMap.Items != nil:
		return itemFiles(source.ConfigMap.Items, fmt.Sprintf("ConfigMap %q", source.ConfigMap.Name))
	case source.Secret != nil && source.Secret.Items != nil:
		return itemFiles(source.Secret.Items, fmt.Sprintf("Secret %q", source.Secret.Name))
	case source.DownwardAPI != nil && source.DownwardAPI.Items != nil:
		return downwardFiles(source.DownwardAPI.Items, "DownwardAPI")
	case source.ServiceAccountToken != nil:
		return []volumeFile{{source.ServiceAccountToken.Path, "ServiceAccountToken"}}
	case source.ClusterTrustBundle != nil:
		bundle := source.ClusterTrustBundle
		name := ptr.Deref(bundle.Name, ptr.Deref(bundle.SignerName, ""))
		return []volumeFile{{bundle.Path, fmt.Sprintf("ClusterTrustBundle %q", name)}}
	case source.PodCertificate != nil:
		cert := source.PodCertificate
		return []volumeFile{
			{cert.CertificateChainPath, "PodCertificate chain"},
			{cert.KeyPath, "PodCertificate key"},
			{cert.CredentialBundlePath, "PodCertificate credential bundle"},
		}
	}
	return nil
}

func itemFiles(items []corev1.KeyToPath, source string) []volumeFile {
	return mapSlice(items, func(item corev1.KeyToPath) volumeFile { return volumeFile{item.Path, source} })
}

func downwardFiles(files []corev1.DownwardAPIVolumeFile, source string) []volumeFile {
	return mapSlice(files, func(file corev1.DownwardAPIVolumeFile) volumeFile { return volumeFile{file.Path, source} })
}

// overlaps warns of each file that overlaps with an earlier one.
func overlaps(files []volumeFile, volume, what string) []string {
	var warnings []string
	for i := range files {
		files[i].path = strings.TrimRight(files[i].path, "/")
		for _, earlier := range files[:i] {
			if files[i].overlaps(earlier) {
				warnings = append(warnings, fmt.Sprintf("volume %q (%s): overlapping paths: %s with %s", volume, what, files[i], earlier))
			}
		}
	}
	return warnings
}
