package container

import (
	"path"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// Volume is a directory, or file, that containers mount.
type Volume struct {
	FS     *filesystem.FileSystem
	Root   filesystem.Ino
	Source string // what `mount` shows
	Type   string
}

// Copy is the volume in a fork.
func (v *Volume) Copy(c *process.Copier) *Volume {
	return process.Copy(c, v, func(fresh *Volume) { fresh.FS = c.FileSystem(v.FS) })
}

// Sub is a path below the volume, which is made a directory if it is missing.
func (v *Volume) Sub(sub string, now time.Time) (*Volume, error) {
	view := &filesystem.View{Mounts: filesystem.Mounts{{Path: "/", FS: v.FS, Root: v.Root}}, Now: now}
	full := path.Join("/", sub)
	info, err := view.Stat(full)
	if err == filesystem.ENOENT {
		if err = view.MkdirAll(full, 0o755); err == nil {
			info, err = view.Stat(full)
		}
	}
	if err != nil {
		return nil, err
	}
	return &Volume{FS: v.FS, Root: info.Ino, Source: v.Source, Type: v.Type}, nil
}

// Mount is a volume in a container.
type Mount struct {
	Path     string // absolute
	Volume   *Volume
	SubPath  string
	ReadOnly bool
}

// Mounts builds the container's view of files: the image's, the usual special
// ones, and the volumes.
func (c *Container) Mounts(s *process.Space) filesystem.Mounts {
	mounts := filesystem.Mounts{
		{Path: "/", FS: c.rootfs(), Root: filesystem.RootIno, ReadOnly: false, Source: "overlay", Type: "overlay", Options: "rw,relatime"},
		process.ProcMount(s),
		process.DevMount(),
		{Path: "/sys", FS: filesystem.New(0o555, c.sandbox.kernel.Now()), Root: filesystem.RootIno, ReadOnly: true, Source: "sysfs", Type: "sysfs", Options: "ro,nosuid,nodev,noexec,relatime"},
	}
	view := &filesystem.View{Mounts: mounts, Now: c.sandbox.kernel.Now()}
	if dir := c.workingDir(); dir != "/" {
		view.MkdirAll(dir, 0o755) //nolint:errcheck // a wrong one shows when the process starts
	}
	special := filesystem.New(0o755, view.Now)
	files := &filesystem.View{Mounts: filesystem.Mounts{{Path: "/", FS: special, Root: filesystem.RootIno}}, Now: view.Now}
	mounts = c.addFile(mounts, view, files, "/etc/hostname", s.Hostname+"\n")
	mounts = c.addFile(mounts, view, files, "/etc/hosts", c.sandbox.hosts())
	mounts = c.addFile(mounts, view, files, "/etc/resolv.conf", c.sandbox.resolvConf())
	if c.config.TerminationMessagePath != "" {
		mounts = c.addFile(mounts, view, files, c.config.TerminationMessagePath, "")
	}
	for _, m := range c.config.Mounts {
		mounts = c.addVolume(mounts, view, m)
	}
	mounts[0].ReadOnly = c.config.ReadOnlyRootfs
	return mounts
}

// addFile mounts a file that the runtime makes. The view is of the mounts so
// far, in which the mount point is made.
func (c *Container) addFile(mounts filesystem.Mounts, view, files *filesystem.View, name, content string) filesystem.Mounts {
	files.MkdirAll(path.Dir(name), 0o755)         //nolint:errcheck // a new file system
	files.WriteFile(name, []byte(content), 0o644) //nolint:errcheck // a new file system
	if name == c.config.TerminationMessagePath {
		files.Chmod(name, 0o666) //nolint:errcheck // a new file system
	}
	info, err := files.Stat(name)
	if err != nil {
		return mounts
	}
	view.MkdirAll(path.Dir(name), 0o755) //nolint:errcheck // an impossible mount point stays out of reach
	return append(mounts, filesystem.Mount{
		Path: name, FS: files.Mounts[0].FS, Root: info.Ino, Source: "/dev/vda1", Type: "ext4", Options: "rw,relatime",
	})
}

func (c *Container) addVolume(mounts filesystem.Mounts, view *filesystem.View, m Mount) filesystem.Mounts {
	v := m.Volume
	if m.SubPath != "" {
		sub, err := v.Sub(m.SubPath, c.sandbox.kernel.Now())
		if err != nil {
			return mounts
		}
		v = sub
	}
	at := realMountPoint(view, path.Clean(m.Path))
	if _, err := view.Stat(at); err != nil {
		view.MkdirAll(path.Dir(at), 0o755) //nolint:errcheck // an impossible mount point stays out of reach
	}
	options := "rw,relatime"
	if m.ReadOnly {
		options = "ro,relatime"
	}
	mounts = append(mounts, filesystem.Mount{
		Path: at, FS: v.FS, Root: v.Root, ReadOnly: m.ReadOnly, Source: v.Source, Type: v.Type, Options: options,
	})
	view.Mounts = mounts
	return mounts
}

// realMountPoint follows the symbolic links that lead to a mount point, such
// as /var/run.
func realMountPoint(view *filesystem.View, at string) string {
	dir, base := path.Dir(at), path.Base(at)
	for rest := ""; ; dir, rest = path.Dir(dir), path.Join(path.Base(dir), rest) {
		if real, err := view.RealPath(dir); err == nil {
			return path.Join(real, rest, base)
		}
		if dir == "/" {
			return at
		}
	}
}

// Covers reports whether a volume is mounted at or below a directory.
func (c *Container) Covers(dir string) bool {
	for _, m := range c.config.Mounts {
		if m.Path == dir || strings.HasPrefix(m.Path, dir+"/") || strings.HasPrefix(dir, m.Path+"/") {
			return true
		}
	}
	return false
}

// CopyMounter is the container in a fork.
func (c *Container) CopyMounter(copier *process.Copier) process.Mounter { return c.Copy(copier) }
