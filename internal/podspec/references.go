package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/component-helpers/storage/ephemeral"
)

// References are the names of objects in a pod's namespace that the pod uses.
type References struct {
	Secrets, ConfigMaps, Claims sets.Set[string]
}

// ReferencesOf returns what a pod uses.
func ReferencesOf(pod *corev1.Pod) References {
	r := References{Secrets: sets.New[string](), ConfigMaps: sets.New[string](), Claims: sets.New[string]()}
	for _, s := range pod.Spec.ImagePullSecrets {
		r.Secrets.Insert(s.Name)
	}
	VisitContainers(&pod.Spec, nil, func(c *corev1.Container, _ *field.Path) { r.addEnv(c) })
	for i := range pod.Spec.Volumes {
		r.addVolume(pod, &pod.Spec.Volumes[i])
	}
	return r
}

func (r References) addEnv(c *corev1.Container) {
	for _, from := range c.EnvFrom {
		if from.SecretRef != nil {
			r.Secrets.Insert(from.SecretRef.Name)
		}
		if from.ConfigMapRef != nil {
			r.ConfigMaps.Insert(from.ConfigMapRef.Name)
		}
	}
	for _, env := range c.Env {
		switch from := env.ValueFrom; {
		case from == nil:
		case from.SecretKeyRef != nil:
			r.Secrets.Insert(from.SecretKeyRef.Name)
		case from.ConfigMapKeyRef != nil:
			r.ConfigMaps.Insert(from.ConfigMapKeyRef.Name)
		}
	}
}

// ClaimOf is the claim behind a volume of a pod, "" for none.
func ClaimOf(pod *corev1.Pod, v *corev1.Volume) string {
	switch {
	case v.PersistentVolumeClaim != nil:
		return v.PersistentVolumeClaim.ClaimName
	case v.Ephemeral != nil:
		return ephemeral.VolumeClaimName(pod, v)
	}
	return ""
}

func (r References) addVolume(pod *corev1.Pod, v *corev1.Volume) {
	if claim := ClaimOf(pod, v); claim != "" {
		r.Claims.Insert(claim)
	}
	switch {
	case v.ConfigMap != nil:
		r.ConfigMaps.Insert(v.ConfigMap.Name)
	case v.Projected != nil:
		for _, source := range v.Projected.Sources {
			if source.Secret != nil {
				r.Secrets.Insert(source.Secret.Name)
			}
			if source.ConfigMap != nil {
				r.ConfigMaps.Insert(source.ConfigMap.Name)
			}
		}
	default:
		if name := secretOf(v); name != "" {
			r.Secrets.Insert(name)
		}
	}
}

// secretOf is the secret that a volume is, or by which it is mounted.
func secretOf(v *corev1.Volume) string {
	var ref *corev1.LocalObjectReference
	switch {
	case v.Secret != nil:
		return v.Secret.SecretName
	case v.AzureFile != nil:
		return v.AzureFile.SecretName
	case v.CephFS != nil:
		ref = v.CephFS.SecretRef
	case v.Cinder != nil:
		ref = v.Cinder.SecretRef
	case v.FlexVolume != nil:
		ref = v.FlexVolume.SecretRef
	case v.RBD != nil:
		ref = v.RBD.SecretRef
	case v.ScaleIO != nil:
		ref = v.ScaleIO.SecretRef
	case v.ISCSI != nil:
		ref = v.ISCSI.SecretRef
	case v.StorageOS != nil:
		ref = v.StorageOS.SecretRef
	case v.CSI != nil:
		ref = v.CSI.NodePublishSecretRef
	}
	if ref == nil {
		return ""
	}
	return ref.Name
}
