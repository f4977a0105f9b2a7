package filesystem

import "time"

// Info describes a file, as stat does.
type Info struct {
	Name     string
	Ino      Ino
	Kind     Kind
	Mode     uint32 // permission bits with setuid (04000), setgid, sticky
	UID, GID int
	Links    int
	Size     int64
	ModTime  time.Time
	Target   string // of a symbolic link; the name of a device
}

// IsDir reports whether the file is a directory.
func (i Info) IsDir() bool { return i.Kind == Directory }

// String is the ten characters that ls -l begins a line with.
func (i Info) String() string {
	out := []byte("-rwxrwxrwx")
	out[0] = "-dlcp"[i.Kind]
	for bit := range 9 {
		if i.Mode&(0o400>>bit) == 0 {
			out[bit+1] = '-'
		}
	}
	special(out, 3, i.Mode&0o4000 != 0, 's')
	special(out, 6, i.Mode&0o2000 != 0, 's')
	special(out, 9, i.Mode&0o1000 != 0, 't')
	return string(out)
}

// special shows a bit in the place of the x at position at.
func special(out []byte, at int, on bool, sign byte) {
	switch {
	case !on:
	case out[at] == 'x':
		out[at] = sign
	default:
		out[at] = sign - 'a' + 'A'
	}
}

func infoOf(name string, ino Ino, n *inode) Info {
	return Info{
		Name: name, Ino: ino, Kind: n.kind, Mode: n.mode, UID: n.uid, GID: n.gid,
		Links: n.links, Size: n.size(), ModTime: n.mtime, Target: n.target,
	}
}

// Credential is on whose behalf files are touched.
type Credential struct {
	UID, GID int
	Groups   []int
}

// The permissions to ask for.
const (
	execute = 1 << iota
	write
	read
)

// may checks a permission against the bits of a file.
func (c Credential) may(info Info, want uint32) error {
	if c.UID == 0 {
		if want&execute != 0 && info.Kind == Regular && info.Mode&0o111 == 0 {
			return EACCES
		}
		return nil
	}
	bits := info.Mode
	switch {
	case info.UID == c.UID:
		bits >>= 6
	case c.in(info.GID):
		bits >>= 3
	}
	if bits&want != want {
		return EACCES
	}
	return nil
}

func (c Credential) in(gid int) bool {
	if c.GID == gid {
		return true
	}
	for _, g := range c.Groups {
		if g == gid {
			return true
		}
	}
	return false
}
