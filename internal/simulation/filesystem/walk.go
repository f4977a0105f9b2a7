package filesystem

import "strings"

// maxLinks is how many symbolic links a path may lead through.
const maxLinks = 40

// maxName is the length of the longest file name.
const maxName = 255

// place is where a path leads: a file in a mount, or a name that is still free
// in the directory up.
type place struct {
	mounts Mounts // among which it is: those of the view, unless a link led into others
	via    string // the path of that link
	mount  *Mount
	ino    Ino
	path   string // canonical, as these mounts have it
	name   string // last component
	up     *place // the directory that it is in; nil for the root
	free   bool   // there is no such file
}

func (l *place) node() *inode {
	if l.mount.Synthetic != nil {
		return nil
	}
	return l.mount.FS.get(l.ino)
}

// within is the path relative to the mount point, for synthetic mounts.
func (l *place) within() string {
	return strings.TrimPrefix(strings.TrimPrefix(l.path, l.mount.Path), "/")
}

// full is the canonical path as the view has it.
func (l *place) full() string {
	if l.path == "/" && l.via != "" {
		return l.via
	}
	return l.via + l.path
}

func (l *place) info() (Info, error) {
	if l.mount.Synthetic != nil {
		info, err := l.mount.Synthetic.Stat(l.within())
		info.Name = l.name
		return info, err
	}
	n := l.node()
	if n == nil {
		return Info{}, ENOENT
	}
	return infoOf(l.name, l.ino, n), nil
}

func (l *place) readlink() (string, error) {
	if l.mount.Synthetic != nil {
		return l.mount.Synthetic.Readlink(l.within())
	}
	return l.node().target, nil
}

// walk is the state of resolving one path.
type walk struct {
	view  *View
	at    *place
	rest  []string
	links int
}

// resolve finds where an absolute path leads. A missing last component is not
// an error but a free place; follow says whether a symbolic link as the last
// component is followed.
func (v *View) resolve(path string, follow bool) (*place, error) {
	if path == "" {
		return nil, ENOENT
	}
	w := walk{view: v, at: v.root(), rest: components(path)}
	mustBeDir := strings.HasSuffix(path, "/")
	for len(w.rest) > 0 {
		if err := w.step(follow || mustBeDir); err != nil {
			return nil, err
		}
	}
	return w.at, nil
}

func (v *View) root() *place { return rootOf(v.Mounts, "") }

func rootOf(mounts Mounts, via string) *place {
	m := mounts.at("/")
	return &place{mounts: mounts, via: via, mount: m, ino: m.Root, path: "/", name: "/"}
}

// step takes one component of the path.
func (w *walk) step(follow bool) error {
	name := w.rest[0]
	w.rest = w.rest[1:]
	if len(name) > maxName {
		return ENAMETOOLONG
	}
	if err := w.view.enter(w.at); err != nil {
		return err
	}
	if name == ".." {
		if w.at.up != nil {
			w.at = w.at.up
		}
		return nil
	}
	next, info, err := w.view.child(w.at, name)
	if err != nil {
		return err
	}
	if next.free {
		if len(w.rest) > 0 {
			return ENOENT
		}
		w.at = next
		return nil
	}
	if info.Kind == Symlink && (len(w.rest) > 0 || follow) {
		return w.follow(next)
	}
	w.at = next
	return nil
}

// follow continues at the target of a symbolic link.
func (w *walk) follow(link *place) error {
	if w.links++; w.links > maxLinks {
		return ELOOP
	}
	if jumper, ok := link.mount.Synthetic.(Jumper); ok {
		landing, err := jumper.Jump(link.within())
		if err != nil {
			return err
		}
		if landing != nil {
			w.at = rootOf(landing.Mounts, link.mount.Path+"/"+landing.Root)
			w.rest = append(components(landing.Dir), w.rest...)
			return nil
		}
	}
	target, err := link.readlink()
	if err != nil {
		return err
	}
	if strings.HasPrefix(target, "/") {
		w.at = w.view.root()
	}
	w.rest = append(components(target), w.rest...)
	return nil
}

// enter checks that a place is a directory that may be searched.
func (v *View) enter(l *place) error {
	if l.free {
		return ENOENT
	}
	info, err := l.info()
	switch {
	case err != nil:
		return err
	case info.Kind != Directory:
		return ENOTDIR
	}
	return v.Who.may(info, execute)
}

// child finds a name in a directory.
func (v *View) child(dir *place, name string) (*place, Info, error) {
	path := strings.TrimSuffix(dir.path, "/") + "/" + name
	next := &place{mounts: dir.mounts, via: dir.via, mount: dir.mount, path: path, name: name, up: dir}
	if m := dir.mounts.at(path); m != nil {
		next.mount, next.ino = m, m.Root
	} else if dir.mount.Synthetic == nil {
		ino, ok := dir.node().lookup(name)
		if !ok {
			next.free = true
			return next, Info{}, nil
		}
		next.ino = ino
	}
	info, err := next.info()
	if err == ENOENT {
		next.free = true
		return next, Info{}, nil
	}
	return next, info, err
}

func components(path string) []string {
	var out []string
	for name := range strings.SplitSeq(path, "/") {
		if name != "" && name != "." {
			out = append(out, name)
		}
	}
	return out
}
