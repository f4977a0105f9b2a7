package kubelet

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/podspec"
)

// resolveVolume is a volume of a pod as the runtime makes it.
func (k *Kubelet) resolveVolume(p *pod, v *corev1.Volume) (Volume, error) {
	volume := Volume{Name: v.Name}
	if s := p.api.Spec.SecurityContext; s != nil {
		volume.FSGroup = s.FSGroup
	}
	if !showsObjects(v) {
		return k.resolveStorage(p, v, volume)
	}
	files, err := k.contentOf(p, v)
	if err != nil {
		return Volume{}, setUpFailed(v.Name, err.Error())
	}
	slices.SortStableFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	volume.Files, volume.ReadOnly = files, true
	return volume, nil
}

// resolveStorage is a volume that holds data of its own.
func (k *Kubelet) resolveStorage(p *pod, v *corev1.Volume, volume Volume) (Volume, error) {
	claim := podspec.ClaimOf(p.api, v)
	if claim == "" {
		volume.Source = &v.VolumeSource
		return volume, nil
	}
	volume.ReadOnly = v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ReadOnly
	pv, err := k.claimed(p.api.Namespace, claim)
	if err != nil {
		return Volume{}, fmt.Errorf("Unable to attach or mount volumes: unmounted volumes=[%s], unattached volumes=[], failed to process volumes=[%s]: error processing PVC %s/%s: %w",
			v.Name, v.Name, p.api.Namespace, claim, err)
	}
	volume.Persistent = pv
	return volume, nil
}

// claimed is the volume that a claim is bound to.
func (k *Kubelet) claimed(namespace, name string) (*corev1.PersistentVolume, error) {
	pvc, ok := client.Get[*corev1.PersistentVolumeClaim](k.client, namespace, name)
	switch {
	case !ok:
		return nil, fmt.Errorf("failed to fetch PVC from API server: persistentvolumeclaims %q not found", name)
	case pvc.DeletionTimestamp != nil && pvc.Status.Phase != corev1.ClaimBound:
		return nil, fmt.Errorf("PVC is being deleted")
	case pvc.Status.Phase != corev1.ClaimBound || pvc.Spec.VolumeName == "":
		return nil, fmt.Errorf("PVC is not bound")
	}
	pv, ok := client.Get[*corev1.PersistentVolume](k.client, "", pvc.Spec.VolumeName)
	if !ok {
		return nil, fmt.Errorf("failed to get PV %s from API server: persistentvolumes %q not found", pvc.Spec.VolumeName, pvc.Spec.VolumeName)
	}
	return pv, nil
}

// contentOf is the files of a volume that shows API objects.
func (k *Kubelet) contentOf(p *pod, v *corev1.Volume) ([]File, error) {
	switch {
	case v.ConfigMap != nil:
		return k.configMapFiles(p, v.ConfigMap.Name, v.ConfigMap.Items, v.ConfigMap.DefaultMode, v.ConfigMap.Optional)
	case v.Secret != nil:
		return k.secretFiles(p, v.Secret.SecretName, v.Secret.Items, v.Secret.DefaultMode, v.Secret.Optional)
	case v.DownwardAPI != nil:
		return k.downwardFiles(p, v.DownwardAPI.Items, v.DownwardAPI.DefaultMode)
	}
	var files []File
	for i := range v.Projected.Sources {
		some, err := k.projectedFiles(p, &v.Projected.Sources[i], v.Projected.DefaultMode)
		if err != nil {
			return nil, err
		}
		files = append(files, some...)
	}
	return files, nil
}

func (k *Kubelet) projectedFiles(p *pod, s *corev1.VolumeProjection, mode *int32) ([]File, error) {
	switch {
	case s.ConfigMap != nil:
		return k.configMapFiles(p, s.ConfigMap.Name, s.ConfigMap.Items, mode, s.ConfigMap.Optional)
	case s.Secret != nil:
		return k.secretFiles(p, s.Secret.Name, s.Secret.Items, mode, s.Secret.Optional)
	case s.DownwardAPI != nil:
		return k.downwardFiles(p, s.DownwardAPI.Items, mode)
	case s.ServiceAccountToken != nil:
		return []File{tokenFile(p, s.ServiceAccountToken, mode)}, nil
	}
	return nil, fmt.Errorf("cluster trust bundles and pod certificates are not supported")
}

func tokenFile(p *pod, t *corev1.ServiceAccountTokenProjection, mode *int32) File {
	return File{Path: t.Path, Mode: modeOf(nil, mode), Token: &Token{
		Namespace: p.api.Namespace, ServiceAccount: orElse(p.api.Spec.ServiceAccountName, "default"),
		Audience: t.Audience, Seconds: ptr.Deref(t.ExpirationSeconds, 3600),
		Pod: p.api.Name, UID: p.api.UID,
	}}
}

func (k *Kubelet) configMapFiles(p *pod, name string, items []corev1.KeyToPath, mode *int32, optional *bool) ([]File, error) {
	m, ok := client.Get[*corev1.ConfigMap](k.client, p.api.Namespace, name)
	if !ok {
		if isTrue(optional) {
			return nil, nil
		}
		return nil, fmt.Errorf("configmap %q not found", name)
	}
	get := func(key string) (string, bool) {
		if s, ok := m.Data[key]; ok {
			return s, true
		}
		b, ok := m.BinaryData[key]
		return string(b), ok
	}
	if items == nil {
		items = allKeys(m.Data, m.BinaryData)
	}
	return pick(items, get, mode, optional, "configmap references non-existent config key: %s")
}

func (k *Kubelet) secretFiles(p *pod, name string, items []corev1.KeyToPath, mode *int32, optional *bool) ([]File, error) {
	s, ok := client.Get[*corev1.Secret](k.client, p.api.Namespace, name)
	if !ok {
		if isTrue(optional) {
			return nil, nil
		}
		return nil, fmt.Errorf("secret %q not found", name)
	}
	get := func(key string) (string, bool) {
		b, ok := s.Data[key]
		return string(b), ok
	}
	if items == nil {
		items = allKeys(nil, s.Data)
	}
	return pick(items, get, mode, optional, "references non-existent secret key: %s")
}

// allKeys asks for each key in a file of its own name.
func allKeys(text map[string]string, binary map[string][]byte) []corev1.KeyToPath {
	items := make([]corev1.KeyToPath, 0, len(text)+len(binary))
	for key := range text {
		items = append(items, corev1.KeyToPath{Key: key, Path: key})
	}
	for key := range binary {
		items = append(items, corev1.KeyToPath{Key: key, Path: key})
	}
	slices.SortFunc(items, func(a, b corev1.KeyToPath) int { return strings.Compare(a.Key, b.Key) })
	return items
}

// pick is the files for some keys.
func pick(items []corev1.KeyToPath, get func(string) (string, bool), mode *int32, optional *bool, missing string) ([]File, error) {
	files := make([]File, 0, len(items))
	for i := range items {
		data, ok := get(items[i].Key)
		if !ok {
			if isTrue(optional) {
				continue
			}
			return nil, fmt.Errorf(missing, items[i].Key)
		}
		files = append(files, File{Path: items[i].Path, Mode: modeOf(items[i].Mode, mode), Data: data})
	}
	return files, nil
}

// defaultFileMode is that of files for which nobody asked for another.
const defaultFileMode = 0o644

func modeOf(own, volume *int32) int32 { return ptr.Deref(own, ptr.Deref(volume, defaultFileMode)) }

func (k *Kubelet) downwardFiles(p *pod, items []corev1.DownwardAPIVolumeFile, mode *int32) ([]File, error) {
	files := make([]File, 0, len(items))
	for i := range items {
		item := &items[i]
		var data string
		var err error
		if item.FieldRef != nil {
			data, err = k.podField(p, item.FieldRef.FieldPath)
		} else {
			data, err = k.resourceField(p, item.ResourceFieldRef, nil)
		}
		if err != nil {
			return nil, err
		}
		files = append(files, File{Path: item.Path, Mode: modeOf(item.Mode, mode), Data: data})
	}
	return files, nil
}
