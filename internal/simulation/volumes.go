package simulation

import (
	"github.com/kubejig/kubejig/internal/simulation/container"
	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// Volume is the volume with the given identifier, such as a pod's UID and the
// volume's name. It is made, empty, when it is asked for first.
func (w *World) Volume(id string, mode uint32, kind string) *container.Volume {
	w.adoptVolume(id)
	if v := w.volumes[id]; v != nil {
		return v
	}
	source := "/dev/vda1"
	if kind == "tmpfs" {
		source = "tmpfs"
	}
	v := &container.Volume{FS: filesystem.New(mode, w.kernel.Now()), Root: filesystem.RootIno, Source: source, Type: kind}
	w.volumes[id] = v
	return v
}

// ProjectVolume gives a configMap, secret, downwardAPI or projected volume its
// files, atomically for the containers that have it mounted.
func (w *World) ProjectVolume(id string, files []filesystem.Projected) error {
	w.handOutVolume(id)
	return w.Volume(id, 0o777, "tmpfs").FS.Project(files, w.kernel.Now())
}

// RemoveVolume forgets a volume.
func (w *World) RemoveVolume(id string) {
	delete(w.volumes, id)
	delete(w.inherited, id)
}
