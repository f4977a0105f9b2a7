package node

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/kubelet"
	simulated "github.com/kubejig/kubejig/internal/simulation/container"
	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// volume is a volume of a pod: one of the world's, or a path on the node.
type volume struct {
	id       string
	path     string
	create   bool
	file     bool
	readOnly bool
}

// setVolume makes a volume, or replaces its files.
func (r runtime) setVolume(c kubelet.SetVolume) {
	v, err := r.volumeOf(&c)
	if err != nil {
		r.tell(r.node, kubelet.VolumeFailed{Pod: c.Pod, Volume: c.Volume.Name, Error: err.Error()})
		return
	}
	p := r.pod(c.Pod)
	p.volumes = p.volumes.Copy()
	p.volumes.Set(c.Volume.Name, v)
	own := string(c.Pod) + "/" + c.Volume.Name
	if v.id == own && !slices.Contains(p.ephemeral, own) {
		p.ephemeral = append(slices.Clip(p.ephemeral), own)
	}
	r.pods.Set(c.Pod, p)
}

func (r runtime) volumeOf(c *kubelet.SetVolume) (volume, error) {
	own := string(c.Pod) + "/" + c.Volume.Name
	switch {
	case c.Volume.Persistent != nil:
		return persistent(c.Volume.Persistent, c.Volume.ReadOnly)
	case c.Volume.Source == nil:
		return volume{id: own, readOnly: true}, r.project(own, &c.Volume)
	}
	source := c.Volume.Source
	switch {
	case source.EmptyDir != nil:
		kind := "ext4"
		if source.EmptyDir.Medium == corev1.StorageMediumMemory {
			kind = "tmpfs"
		}
		r.world.Volume(own, 0o777, kind)
		return volume{id: own}, nil
	case source.HostPath != nil:
		return r.hostPath(source.HostPath)
	}
	return volume{}, fmt.Errorf("volumes of this type are not supported on simulated nodes")
}

// persistent is the volume behind a claim. What is not a path on the node
// exists once in the world.
func persistent(pv *corev1.PersistentVolume, readOnly bool) (volume, error) {
	source := &pv.Spec.PersistentVolumeSource
	switch {
	case source.HostPath != nil:
		return volume{path: source.HostPath.Path, create: true, readOnly: readOnly}, nil
	case source.Local != nil:
		return volume{path: source.Local.Path, create: true, readOnly: readOnly}, nil
	}
	return volume{id: "pv/" + pv.Name, readOnly: readOnly}, nil
}

func (r runtime) hostPath(source *corev1.HostPathVolumeSource) (volume, error) {
	v := volume{path: source.Path}
	kind := corev1.HostPathUnset
	if source.Type != nil {
		kind = *source.Type
	}
	switch kind {
	case corev1.HostPathUnset, corev1.HostPathDirectoryOrCreate:
		v.create = true
	case corev1.HostPathFileOrCreate:
		v.create, v.file = true, true
	}
	if _, err := r.open(v); err != nil {
		return volume{}, fmt.Errorf("hostPath type check failed: %s is not a %s", source.Path, describe(kind))
	}
	return v, nil
}

func describe(kind corev1.HostPathType) string {
	if kind == corev1.HostPathFile {
		return "file"
	}
	return "directory"
}

// open finds the volume in the world.
func (r runtime) open(v volume) (*simulated.Volume, error) {
	if v.path == "" {
		return r.world.Volume(v.id, 0o777, "ext4"), nil
	}
	kind := filesystem.Directory
	if v.file {
		kind = filesystem.Regular
	}
	return r.machine(r.node).HostPath(v.path, v.create, kind)
}

// project gives a volume the files that show API objects.
func (r runtime) project(id string, v *kubelet.Volume) error {
	files := make([]filesystem.Projected, 0, len(v.Files))
	for i := range v.Files {
		f := &v.Files[i]
		file := filesystem.Projected{Path: f.Path, Data: []byte(f.Data), Mode: uint32(f.Mode)}
		if f.Token != nil {
			if r.options.Token == nil {
				continue
			}
			token, err := r.options.Token(r.host, *f.Token)
			if err != nil {
				return fmt.Errorf("failed to fetch token: %w", err)
			}
			file.Make = token
		}
		if v.FSGroup != nil {
			file.GID = int(*v.FSGroup)
		}
		files = append(files, file)
	}
	return r.world.ProjectVolume(id, files)
}

// mounts are a container's mounts.
func (r runtime) mounts(c *kubelet.Container) ([]simulated.Mount, error) {
	p := r.pod(c.Pod)
	var mounts []simulated.Mount
	for _, m := range c.Mounts {
		v, ok := p.volumes.Get(m.Volume)
		if !ok {
			return nil, fmt.Errorf("volume %q is not mounted", m.Volume)
		}
		opened, err := r.open(v)
		if err != nil {
			return nil, fmt.Errorf("failed to mount %q: %w", m.Volume, err)
		}
		mounts = append(mounts, simulated.Mount{Path: m.Path, Volume: opened, SubPath: m.SubPath, ReadOnly: m.ReadOnly || v.readOnly})
	}
	return mounts, nil
}
