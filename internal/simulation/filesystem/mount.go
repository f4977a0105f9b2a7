package filesystem

import (
	"slices"
	"strings"
)

// Synthetic is a tree of files that are made when they are read, such as
// /proc. Paths are relative to its mount point, without a leading slash; ""
// is its root.
type Synthetic interface {
	Stat(path string) (Info, error)
	ReadDir(path string) ([]string, error)
	ReadFile(path string) ([]byte, error)
	Readlink(path string) (string, error)
}

// Jumper is a Synthetic with links that lead into other mounts than the process's
// own, as /proc/PID/root and cwd do.
type Jumper interface {
	// Jump returns where a link leads; nil: it is a link like any other.
	Jump(path string) (*Landing, error)
}

// Landing is a directory in other mounts.
type Landing struct {
	Mounts Mounts
	Dir    string // absolute
	Root   string // the path of their root, as the process itself has it
}

// Mount makes a tree of files visible at a path.
type Mount struct {
	Path      string // absolute and clean
	FS        *FileSystem
	Root      Ino // the directory or file of FS that appears at Path
	ReadOnly  bool
	Synthetic Synthetic // in place of FS
	Source    string    // what `mount` and /proc/mounts show
	Type      string
	Options   string
}

// Mounts is what a container has mounted, the root file system first. It is
// shared by the container's processes, and must not change once they run.
type Mounts []Mount

// Rebind returns the mounts with every file system replaced by swap's.
func (m Mounts) Rebind(swap func(*FileSystem) *FileSystem) Mounts {
	out := slices.Clone(m)
	for i := range out {
		if out[i].FS != nil {
			out[i].FS = swap(out[i].FS)
		}
	}
	return out
}

// at returns the mount whose mount point is path. The last mount on a path
// hides the others.
func (m Mounts) at(path string) *Mount {
	for i := len(m) - 1; i >= 0; i-- {
		if m[i].Path == path {
			return &m[i]
		}
	}
	return nil
}

// below returns the names of mount points directly in the directory path.
func (m Mounts) below(path string) []string {
	prefix := strings.TrimSuffix(path, "/") + "/"
	var names []string
	for i := range m {
		if name, ok := strings.CutPrefix(m[i].Path, prefix); ok && name != "" && !strings.Contains(name, "/") {
			names = append(names, name)
		}
	}
	return names
}
