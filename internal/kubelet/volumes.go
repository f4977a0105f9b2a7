package kubelet

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// Delays between attempts to make a volume, and between looks at the content
// of those that show API objects.
const (
	mountRetryInitial = 500 * time.Millisecond
	mountRetryMax     = 2*time.Minute + 2*time.Second
	syncPeriod        = time.Minute
)

// volumes is how far the volumes of a pod have come.
type volumes struct {
	ready     bool
	made      []string // names; replaced, never changed in place
	failures  int
	retryAt   time.Time
	refreshAt time.Time // when changed content is to be shown
}

// prepareVolumes reports whether all volumes are there that the containers
// use; what is missing is tried again later.
func (k *Kubelet) prepareVolumes(p *pod) bool {
	v := &p.volumes
	if v.ready {
		k.refreshVolumes(p)
		return true
	}
	if k.now().Before(v.retryAt) {
		return false
	}
	failed := false
	for i := range p.api.Spec.Volumes {
		source := &p.api.Spec.Volumes[i]
		if slices.Contains(v.made, source.Name) || !mounted(&p.api.Spec, source.Name) {
			continue
		}
		if err := k.makeVolume(p, source); err != nil {
			failed = true
			k.event(p, corev1.EventTypeWarning, "FailedMount", err.Error())
		}
	}
	v.ready = !failed
	v.retryAt = time.Time{}
	if failed {
		v.retryAt = k.now().Add(min(mountRetryInitial<<min(v.failures, 16), mountRetryMax))
		v.failures++
	}
	return v.ready
}

func (k *Kubelet) makeVolume(p *pod, source *corev1.Volume) error {
	volume, err := k.resolveVolume(p, source)
	if err != nil {
		return err
	}
	k.runtime.Do(SetVolume{Pod: p.uid(), Volume: volume})
	p.volumes.made = append(slices.Clip(p.volumes.made), source.Name)
	return nil
}

// mounted reports whether a container uses a volume.
func mounted(spec *corev1.PodSpec, volume string) bool {
	uses := func(c *corev1.Container) bool {
		return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == volume }) ||
			slices.ContainsFunc(c.VolumeDevices, func(d corev1.VolumeDevice) bool { return d.Name == volume })
	}
	for i := range spec.Containers {
		if uses(&spec.Containers[i]) {
			return true
		}
	}
	for i := range spec.InitContainers {
		if uses(&spec.InitContainers[i]) {
			return true
		}
	}
	return false
}

// volumeFailed takes note of a volume that the runtime could not make.
func (k *Kubelet) volumeFailed(p *pod, name, message string) {
	k.event(p, corev1.EventTypeWarning, "FailedMount", setUpFailed(name, message).Error())
	v := &p.volumes
	v.made = slices.DeleteFunc(slices.Clone(v.made), func(n string) bool { return n == name })
	v.ready = false
	v.retryAt = k.now().Add(min(mountRetryInitial<<min(v.failures, 16), mountRetryMax))
	v.failures++
}

func setUpFailed(volume, message string) error {
	return fmt.Errorf("MountVolume.SetUp failed for volume %q : %s", volume, message)
}

// contentChanged lets a pod show changed content at the kubelet's next regular
// look at it.
func (k *Kubelet) contentChanged(uid types.UID) {
	p := k.edit(uid)
	if p == nil || !p.volumes.refreshAt.IsZero() {
		return
	}
	age := k.now().Sub(p.seen)
	p.volumes.refreshAt = p.seen.Add(age.Truncate(syncPeriod) + syncPeriod)
	k.enqueue(uid)
}

// refreshVolumes shows the present content of API objects, where it may have
// changed.
func (k *Kubelet) refreshVolumes(p *pod) {
	v := &p.volumes
	if v.refreshAt.IsZero() || k.now().Before(v.refreshAt) {
		return
	}
	v.refreshAt = time.Time{}
	for i := range p.api.Spec.Volumes {
		source := &p.api.Spec.Volumes[i]
		if !slices.Contains(v.made, source.Name) || !showsObjects(source) {
			continue
		}
		volume, err := k.resolveVolume(p, source)
		if err != nil {
			k.event(p, corev1.EventTypeWarning, "FailedMount", err.Error())
			v.refreshAt = k.now().Add(syncPeriod)
			continue
		}
		k.runtime.Do(SetVolume{Pod: p.uid(), Volume: volume})
	}
}

// showsObjects reports whether the content of a volume comes from the API.
func showsObjects(v *corev1.Volume) bool {
	return v.ConfigMap != nil || v.Secret != nil || v.Projected != nil || v.DownwardAPI != nil
}

// volumesShow reports whether a volume of a pod shows a ConfigMap or Secret.
func volumesShow(pod *corev1.Pod, gr schema.GroupResource, name string) bool {
	for i := range pod.Spec.Volumes {
		v := &pod.Spec.Volumes[i]
		if v.ConfigMap != nil && gr == configMapResource && v.ConfigMap.Name == name ||
			v.Secret != nil && gr == secretResource && v.Secret.SecretName == name {
			return true
		}
		if v.Projected == nil {
			continue
		}
		for _, s := range v.Projected.Sources {
			if s.ConfigMap != nil && gr == configMapResource && s.ConfigMap.Name == name ||
				s.Secret != nil && gr == secretResource && s.Secret.Name == name {
				return true
			}
		}
	}
	return false
}

// showsMetadata reports whether a volume of a pod shows its own metadata.
func showsMetadata(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool {
		return v.DownwardAPI != nil || v.Projected != nil &&
			slices.ContainsFunc(v.Projected.Sources, func(s corev1.VolumeProjection) bool { return s.DownwardAPI != nil })
	})
}
