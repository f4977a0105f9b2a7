package filesystem

import "time"

// Flag says how a file is opened.
type Flag uint

// The ways to open a file.
const (
	OpenRead Flag = 1 << iota
	OpenWrite
	OpenCreate
	OpenExclusive
	OpenTruncate
	OpenAppend
)

// Handle is an open file. It stays with the file when its name changes or
// goes. A handle on a synthetic file holds what it read when it was opened.
type Handle struct {
	fs       *FileSystem
	ino      Ino
	made     content // of a synthetic file
	kind     Kind
	device   string
	readOnly bool
	path     string
}

// Open opens a file, which it makes with the given permission bits if flags
// say so.
func (v *View) Open(path string, flags Flag, mode uint32) (*Handle, error) {
	l, err := v.resolve(path, true)
	if err != nil {
		return nil, err
	}
	if l.free {
		if err := v.openNew(l, flags, mode); err != nil {
			return nil, err
		}
		return newHandle(l), nil
	}
	if flags&OpenExclusive != 0 {
		return nil, EEXIST
	}
	if l.mount.Synthetic != nil {
		return v.openSynthetic(l, flags)
	}
	if err := v.mayOpen(l, flags); err != nil {
		return nil, err
	}
	if n := l.node(); flags&OpenTruncate != 0 && n.kind == Regular && n.data.size > 0 {
		if err := l.mount.FS.replace(l.ino, content{}, v.Now); err != nil {
			return nil, err
		}
	}
	return newHandle(l), nil
}

// openNew makes the file that is about to be opened.
func (v *View) openNew(l *place, flags Flag, mode uint32) error {
	if flags&OpenCreate == 0 {
		return ENOENT
	}
	if err := v.writable(l.up); err != nil {
		return err
	}
	v.makeAt(l, inode{kind: Regular, mode: mode &^ v.Umask})
	return nil
}

func (v *View) mayOpen(l *place, flags Flag) error {
	info, err := l.info()
	if err != nil {
		return err
	}
	var want uint32
	if flags&OpenRead != 0 {
		want |= read
	}
	if flags&(OpenWrite|OpenAppend) != 0 {
		want |= write
		if info.IsDir() {
			return EISDIR
		}
		if l.mount.ReadOnly && info.Kind == Regular {
			return EROFS
		}
	}
	return v.Who.may(info, want)
}

func (v *View) openSynthetic(l *place, flags Flag) (*Handle, error) {
	if flags&(OpenWrite|OpenAppend) != 0 {
		return nil, EACCES
	}
	info, err := l.info()
	if err != nil {
		return nil, err
	}
	h := &Handle{kind: info.Kind, readOnly: true, path: l.full()}
	if info.Kind == Regular {
		data, err := l.mount.Synthetic.ReadFile(l.within())
		if err != nil {
			return nil, err
		}
		h.made = newContent(data)
	}
	return h, nil
}

func newHandle(l *place) *Handle {
	n := l.node()
	l.mount.FS.retain(l.ino, 1)
	return &Handle{
		fs: l.mount.FS, ino: l.ino, kind: n.kind, device: n.target,
		readOnly: l.mount.ReadOnly, path: l.full(),
	}
}

// Clone is the same open file in a copy of its file system, which already
// counts the handle.
func (h *Handle) Clone(swap func(*FileSystem) *FileSystem) *Handle {
	c := *h
	if h.fs != nil {
		c.fs = swap(h.fs)
	}
	return &c
}

// Close gives the handle up. It must be called once.
func (h *Handle) Close() {
	if h.fs != nil {
		h.fs.release(h.ino)
	}
}

// Kind is the kind of the file; Device its device name.
func (h *Handle) Kind() Kind { return h.kind }

// Device is the name of the device that the file stands for, or "".
func (h *Handle) Device() string { return h.device }

// Path is the canonical path under which the file was opened.
func (h *Handle) Path() string { return h.path }

// Key identifies the file among all that are open.
func (h *Handle) Key() (*FileSystem, Ino) { return h.fs, h.ino }

// Info describes the file.
func (h *Handle) Info() Info {
	if h.fs == nil {
		return Info{Kind: h.kind, Mode: 0o444, Size: h.made.size, Links: 1}
	}
	return infoOf("", h.ino, h.fs.get(h.ino))
}

func (h *Handle) data() content {
	if h.fs == nil {
		return h.made
	}
	return h.fs.get(h.ino).data
}

// Size is the length of the file in bytes.
func (h *Handle) Size() int64 { return h.data().size }

// ReadAt returns up to n bytes at off, none at the end of the file.
func (h *Handle) ReadAt(off int64, n int) []byte { return h.data().read(off, n) }

// WriteAt writes data at off, beyond the end of the file if need be.
func (h *Handle) WriteAt(off int64, data []byte, now time.Time) (int, error) {
	if h.fs == nil {
		return 0, EACCES
	}
	if h.readOnly {
		return 0, EROFS
	}
	if len(data) == 0 {
		return 0, nil
	}
	if err := h.fs.replace(h.ino, h.data().write(off, data), now); err != nil {
		return 0, err
	}
	return len(data), nil
}

// Truncate cuts the file, or fills it up with zeros, to size.
func (h *Handle) Truncate(size int64, now time.Time) error {
	if h.fs == nil || h.readOnly {
		return EINVAL
	}
	return h.fs.replace(h.ino, h.data().resize(size), now)
}
