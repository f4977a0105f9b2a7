package podspec

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// deadAnnotations are where init containers stood before they had fields.
var deadAnnotations = []string{
	"pod.beta.kubernetes.io/init-containers", "pod.beta.kubernetes.io/init-container-statuses",
	"pod.alpha.kubernetes.io/init-containers", "pod.alpha.kubernetes.io/init-container-statuses",
}

// DropDisabledFields clears the fields of features that are off by default in
// 1.37 and annotations of features that are gone, as the server does on every
// write.
func DropDisabledFields(template *corev1.PodTemplateSpec) {
	dropDisabledFields(&template.ObjectMeta, &template.Spec)
	dropEmptySources(template.Spec.Volumes)
}

// dropEmptySources does what being stored does to an empty list: of those in pods
// only this one is shown when it is absent, as null.
func dropEmptySources(volumes []corev1.Volume) {
	for _, v := range volumes {
		if v.Projected != nil && len(v.Projected.Sources) == 0 {
			v.Projected.Sources = nil
		}
	}
}

func dropDisabledFields(meta *metav1.ObjectMeta, spec *corev1.PodSpec) {
	for _, key := range deadAnnotations {
		delete(meta.Annotations, key)
	}
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
	if c.Lifecycle != nil {
		dropDisabledLifecycleFields(c)
	}
}

func dropDisabledLifecycleFields(c *corev1.Container) {
	for _, hook := range []*corev1.LifecycleHandler{c.Lifecycle.PostStart, c.Lifecycle.PreStop} {
		if hook != nil {
			dropHTTPProtocol(hook.HTTPGet)
		}
	}
	if c.Lifecycle.StopSignal == nil {
		return
	}
	c.Lifecycle.StopSignal = nil // ContainerStopSignals
	if *c.Lifecycle == (corev1.Lifecycle{}) {
		c.Lifecycle = nil
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
	// The rest is AtomicWriteVolumeUserFields. Of several sources, which are an
	// error anyway, only the first is looked at.
	switch {
	case v.Secret != nil:
		v.Secret.DefaultUser = nil
		dropItemUsers(v.Secret.Items)
	case v.ConfigMap != nil:
		v.ConfigMap.DefaultUser = nil
		dropItemUsers(v.ConfigMap.Items)
	case v.DownwardAPI != nil:
		v.DownwardAPI.DefaultUser = nil
		dropFileUsers(v.DownwardAPI.Items)
	case v.Projected != nil:
		v.Projected.DefaultUser = nil
		for i := range v.Projected.Sources {
			dropProjectionUsers(&v.Projected.Sources[i])
		}
	}
}

func dropProjectionUsers(source *corev1.VolumeProjection) {
	switch {
	case source.Secret != nil:
		dropItemUsers(source.Secret.Items)
	case source.DownwardAPI != nil:
		dropFileUsers(source.DownwardAPI.Items)
	case source.ConfigMap != nil:
		dropItemUsers(source.ConfigMap.Items)
	case source.ServiceAccountToken != nil:
		source.ServiceAccountToken.User = nil
	case source.ClusterTrustBundle != nil:
		source.ClusterTrustBundle.User = nil
	case source.PodCertificate != nil:
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

func dropDisabledStatusFields(status *corev1.PodStatus) {
	status.NodeAllocatableResourceClaimStatuses = nil // DRANodeAllocatableResources
	status.VolumeHealth = nil                         // CSIVolumeHealth
	for _, list := range [][]corev1.ContainerStatus{status.ContainerStatuses, status.InitContainerStatuses, status.EphemeralContainerStatuses} {
		for i := range list {
			for j := range list[i].VolumeMounts {
				list[i].VolumeMounts[j].VolumeStatus = nil // ImageVolumeWithDigest
			}
		}
	}
}
