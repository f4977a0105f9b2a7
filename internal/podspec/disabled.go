package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// DropDisabledFields clears the fields of features that are off by default in
// 1.37, as the server does on every write.
func DropDisabledFields(spec *corev1.PodSpec) {
	spec.SchedulingGroup = nil    // GenericWorkload
	spec.EvictionResponders = nil // EvictionRequestAPI
	VisitContainers(spec, nil, dropDisabledContainerFields)
	for i := range spec.Volumes {
		dropDisabledVolumeFields(&spec.Volumes[i])
	}
}

func dropDisabledContainerFields(c *corev1.Container, _ *field.Path) {
	for i := range c.VolumeMounts {
		c.VolumeMounts[i].BindMountOptions = nil // VolumeBindMountOptions
	}
	for _, probe := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
		if probe == nil {
			continue
		}
		dropHTTPProtocol(probe.HTTPGet)
		if probe.GRPC != nil {
			probe.GRPC.Mode = nil // GRPCContainerProbeTLS
		}
	}
	if c.Lifecycle == nil {
		return
	}
	for _, hook := range []*corev1.LifecycleHandler{c.Lifecycle.PostStart, c.Lifecycle.PreStop} {
		if hook != nil {
			dropHTTPProtocol(hook.HTTPGet)
		}
	}
}

func dropHTTPProtocol(get *corev1.HTTPGetAction) {
	if get != nil {
		get.Protocol = nil // H2CContainerProbe
	}
}

func dropDisabledVolumeFields(v *corev1.Volume) {
	if v.EmptyDir != nil {
		v.EmptyDir.Mode = nil // EmptyDirVolumeMode
	}
	// The rest is AtomicWriteVolumeUserFields, but for one.
	if v.Secret != nil {
		v.Secret.DefaultUser = nil
		dropItemUsers(v.Secret.Items)
	}
	if v.ConfigMap != nil {
		v.ConfigMap.DefaultUser = nil
		dropItemUsers(v.ConfigMap.Items)
	}
	if v.DownwardAPI != nil {
		v.DownwardAPI.DefaultUser = nil
		dropFileUsers(v.DownwardAPI.Items)
	}
	if v.Projected != nil {
		v.Projected.DefaultUser = nil
		for i := range v.Projected.Sources {
			dropDisabledProjectionFields(&v.Projected.Sources[i])
		}
	}
}

func dropDisabledProjectionFields(source *corev1.VolumeProjection) {
	source.ClusterTrustBundle = nil // ClusterTrustBundleProjection
	if source.Secret != nil {
		dropItemUsers(source.Secret.Items)
	}
	if source.ConfigMap != nil {
		dropItemUsers(source.ConfigMap.Items)
	}
	if source.DownwardAPI != nil {
		dropFileUsers(source.DownwardAPI.Items)
	}
	if source.ServiceAccountToken != nil {
		source.ServiceAccountToken.User = nil
	}
	if source.PodCertificate != nil {
		source.PodCertificate.User = nil
	}
}

func dropItemUsers(items []corev1.KeyToPath) {
	for i := range items {
		items[i].User = nil
	}
}

func dropFileUsers(files []corev1.DownwardAPIVolumeFile) {
	for i := range files {
		files[i].User = nil
	}
}
