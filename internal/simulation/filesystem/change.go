package filesystem

import (
	"strings"
	"time"
)

// vacant resolves a path at which a file is about to be made.
func (v *View) vacant(path string) (*place, error) {
	l, err := v.resolve(path, false)
	switch {
	case err != nil:
		return nil, err
	case !l.free:
		return nil, EEXIST
	}
	return l, v.writable(l.up)
}

// writable checks that names in a directory may change.
func (v *View) writable(dir *place) error {
	if dir.mount.ReadOnly {
		return EROFS
	}
	if dir.mount.Synthetic != nil {
		return EPERM
	}
	info, err := dir.info()
	if err != nil {
		return err
	}
	return v.Who.may(info, write|execute)
}

func (v *View) make(path string, n inode) (*place, error) {
	l, err := v.vacant(path)
	if err != nil {
		return nil, err
	}
	v.makeAt(l, n)
	return l, nil
}

// makeAt puts a new file in a free place.
func (v *View) makeAt(l *place, n inode) {
	n.uid, n.gid, n.mtime = v.Who.UID, v.Who.GID, v.Now
	if dir := l.up.node(); dir.mode&0o2000 != 0 {
		n.gid = dir.gid
	}
	l.mount = l.up.mount
	l.ino = l.mount.FS.create(l.up.ino, l.name, &n)
	l.free = false
}

// Mkdir makes a directory.
func (v *View) Mkdir(path string, mode uint32) error {
	_, err := v.make(strings.TrimRight(path, "/"), inode{kind: Directory, mode: mode &^ v.Umask})
	return err
}

// MkdirAll makes a directory and those above it that are missing.
func (v *View) MkdirAll(path string, mode uint32) error {
	made := ""
	for _, name := range components(path) {
		made += "/" + name
		err := v.Mkdir(made, mode)
		if err == EEXIST {
			if info, err := v.Stat(made); err == nil && !info.IsDir() {
				return ENOTDIR
			}
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Symlink makes a symbolic link to target.
func (v *View) Symlink(target, path string) error {
	_, err := v.make(path, inode{kind: Symlink, mode: 0o777, target: target})
	return err
}

// Mkfifo makes a named pipe.
func (v *View) Mkfifo(path string, mode uint32) error {
	_, err := v.make(path, inode{kind: Fifo, mode: mode &^ v.Umask})
	return err
}

// Mknod makes the device with the given name, such as "null".
func (v *View) Mknod(path, device string, mode uint32) error {
	_, err := v.make(path, inode{kind: Device, mode: mode, target: device})
	return err
}

// Link gives a file another name.
func (v *View) Link(path, name string) error {
	from, err := v.find(path, false)
	if err != nil {
		return err
	}
	to, err := v.vacant(name)
	switch {
	case err != nil:
		return err
	case from.mount.FS != to.up.mount.FS || from.mount.FS == nil:
		return EXDEV
	case from.node().kind == Directory:
		return EPERM
	}
	to.up.mount.FS.link(to.up.ino, to.name, from.ino, v.Now)
	return nil
}

// removable resolves the file whose name is about to go.
func (v *View) removable(path string) (*place, Info, error) {
	l, err := v.find(strings.TrimRight(path, "/"), false)
	if err != nil {
		return nil, Info{}, err
	}
	if l.up == nil || l.mount != l.up.mount {
		return nil, Info{}, EBUSY
	}
	if err := v.writable(l.up); err != nil {
		return nil, Info{}, err
	}
	info, err := l.info()
	if err != nil {
		return nil, Info{}, err
	}
	if dir := l.up.node(); dir.mode&0o1000 != 0 && v.Who.UID != 0 && v.Who.UID != info.UID && v.Who.UID != dir.uid {
		return nil, Info{}, EPERM
	}
	return l, info, nil
}

// Unlink removes a file that is not a directory.
func (v *View) Unlink(path string) error {
	l, info, err := v.removable(path)
	switch {
	case err != nil:
		return err
	case info.IsDir():
		return EISDIR
	}
	l.mount.FS.unlink(l.up.ino, l.name, v.Now)
	return nil
}

// Rmdir removes an empty directory.
func (v *View) Rmdir(path string) error {
	l, info, err := v.removable(path)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return ENOTDIR
	case len(l.node().entries) > 0:
		return ENOTEMPTY
	}
	l.mount.FS.unlink(l.up.ino, l.name, v.Now)
	return nil
}

// Rename moves a file within its file system, over one that may be there.
func (v *View) Rename(from, to string) error {
	source, info, err := v.removable(from)
	if err != nil {
		return err
	}
	target, err := v.resolve(strings.TrimRight(to, "/"), false)
	switch {
	case err != nil:
		return err
	case target.up == nil || source.mount.FS != target.up.mount.FS:
		return EXDEV
	case info.IsDir() && strings.HasPrefix(target.full()+"/", source.full()+"/") && target.full() != source.full():
		return EINVAL
	}
	if err := v.writable(target.up); err != nil {
		return err
	}
	if err := v.displace(source, target, info); err != nil || target.ino == source.ino {
		return err
	}
	fs := source.mount.FS
	fs.set(target.up.ino, fs.get(target.up.ino).with(target.name, source.ino, v.Now))
	fs.set(source.up.ino, fs.get(source.up.ino).without(source.name, v.Now))
	return nil
}

// displace removes what a rename is about to replace.
func (v *View) displace(source, target *place, info Info) error {
	if target.free || target.ino == source.ino {
		return nil
	}
	old := target.node()
	switch {
	case old.kind == Directory && !info.IsDir():
		return EISDIR
	case old.kind != Directory && info.IsDir():
		return ENOTDIR
	case len(old.entries) > 0:
		return ENOTEMPTY
	}
	target.mount.FS.unlink(target.up.ino, target.name, v.Now)
	return nil
}

// own changes what only the owner of a file may change.
func (v *View) own(path string, follow bool, change func(n *inode)) error {
	l, err := v.find(path, follow)
	switch {
	case err != nil:
		return err
	case l.mount.ReadOnly:
		return EROFS
	case l.mount.Synthetic != nil || v.Who.UID != 0 && v.Who.UID != l.node().uid:
		return EPERM
	}
	l.mount.FS.update(l.ino, change)
	return nil
}

// Chmod changes the permission bits of a file.
func (v *View) Chmod(path string, mode uint32) error {
	return v.own(path, true, func(n *inode) { n.mode = mode & 0o7777 })
}

// Chown changes owner and group of a file; -1 leaves one as it is. A symbolic
// link is changed itself.
func (v *View) Chown(path string, uid, gid int) error {
	if v.Who.UID != 0 && uid >= 0 && uid != v.Who.UID {
		return EPERM
	}
	return v.own(path, false, func(n *inode) {
		if uid >= 0 {
			n.uid = uid
		}
		if gid >= 0 {
			n.gid = gid
		}
	})
}

// Chtimes changes the modification time of a file.
func (v *View) Chtimes(path string, at time.Time) error {
	return v.own(path, true, func(n *inode) { n.mtime = at })
}
