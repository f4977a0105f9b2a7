package filesystem

import (
	"slices"
	"strings"
	"time"
)

// View is the files as one process sees and changes them. All paths are
// absolute; symbolic links are followed except where a method says otherwise.
type View struct {
	Mounts Mounts
	Who    Credential
	Umask  uint32
	Now    time.Time // the time of changes
}

// find resolves a path to a file that exists.
func (v *View) find(path string, follow bool) (*place, error) {
	l, err := v.resolve(path, follow)
	if err != nil {
		return nil, err
	}
	if l.free {
		return nil, ENOENT
	}
	return l, nil
}

// Stat describes the file that path leads to.
func (v *View) Stat(path string) (Info, error) { return v.stat(path, true) }

// Lstat is Stat, but describes a symbolic link itself.
func (v *View) Lstat(path string) (Info, error) { return v.stat(path, false) }

func (v *View) stat(path string, follow bool) (Info, error) {
	l, err := v.find(path, follow)
	if err != nil {
		return Info{}, err
	}
	info, err := l.info()
	if err == nil && strings.HasSuffix(path, "/") && !info.IsDir() {
		return Info{}, ENOTDIR
	}
	return info, err
}

// Access checks the permissions that want names with the letters r, w and x.
func (v *View) Access(path, want string) error {
	l, err := v.find(path, true)
	if err != nil {
		return err
	}
	info, err := l.info()
	if err != nil {
		return err
	}
	var bits uint32
	for _, letter := range want {
		bits |= map[rune]uint32{'r': read, 'w': write, 'x': execute}[letter]
	}
	if bits&write != 0 && l.mount.ReadOnly {
		return EROFS
	}
	return v.Who.may(info, bits)
}

// RealPath is the canonical path of a file.
func (v *View) RealPath(path string) (string, error) {
	l, err := v.find(path, true)
	if err != nil {
		return "", err
	}
	return l.full(), nil
}

// Readlink is the target of a symbolic link.
func (v *View) Readlink(path string) (string, error) {
	l, err := v.find(path, false)
	if err != nil {
		return "", err
	}
	if info, err := l.info(); err != nil || info.Kind != Symlink {
		return "", EINVAL
	}
	return l.readlink()
}

// ReadDir describes the files in a directory, by name, without following
// symbolic links.
func (v *View) ReadDir(path string) ([]Info, error) {
	l, err := v.find(path, true)
	if err != nil {
		return nil, err
	}
	info, err := l.info()
	switch {
	case err != nil:
		return nil, err
	case info.Kind != Directory:
		return nil, ENOTDIR
	}
	if err := v.Who.may(info, read); err != nil {
		return nil, err
	}
	names, err := v.names(l)
	if err != nil {
		return nil, err
	}
	var out []Info
	for _, name := range names {
		if next, info, err := v.child(l, name); err == nil && !next.free {
			out = append(out, info)
		}
	}
	return out, nil
}

func (v *View) names(l *place) ([]string, error) {
	names := l.mounts.below(l.path)
	if l.mount.Synthetic != nil {
		made, err := l.mount.Synthetic.ReadDir(l.within())
		if err != nil {
			return nil, err
		}
		names = append(names, made...)
	} else {
		for _, e := range l.node().entries {
			names = append(names, e.name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// ReadFile is the whole content of a file.
func (v *View) ReadFile(path string) ([]byte, error) {
	h, err := v.Open(path, OpenRead, 0)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	return h.ReadAt(0, int(h.Size())), nil
}

// WriteFile gives a file, which it makes if need be, the content data.
func (v *View) WriteFile(path string, data []byte, mode uint32) error {
	h, err := v.Open(path, OpenWrite|OpenCreate|OpenTruncate, mode)
	if err != nil {
		return err
	}
	defer h.Close()
	_, err = h.WriteAt(0, data, v.Now)
	return err
}

// MountOf is the mount that holds a file.
func (v *View) MountOf(path string) (Mount, error) {
	l, err := v.find(path, true)
	if err != nil {
		return Mount{}, err
	}
	return *l.mount, nil
}
