package filesystem

import (
	"slices"
	"strings"
	"time"
)

// Kind is the type of a file.
type Kind uint8

// The kinds of files.
const (
	Regular Kind = iota
	Directory
	Symlink
	Device
	Fifo
)

// Ino is an inode number, unique within its FileSystem.
type Ino uint32

// inode is one version of a file. It is immutable: a change makes another.
type inode struct {
	kind     Kind
	mode     uint32 // permission bits with setuid, setgid and sticky
	uid, gid int
	links    int
	mtime    time.Time
	data     content // of a regular file
	target   string  // of a symbolic link; the name of a device
	entries  []entry // of a directory, by name
}

// entry is a name in a directory.
type entry struct {
	name string
	ino  Ino
}

func (n *inode) find(name string) (int, bool) {
	return slices.BinarySearchFunc(n.entries, name, func(e entry, name string) int {
		return strings.Compare(e.name, name)
	})
}

func (n *inode) lookup(name string) (Ino, bool) {
	i, ok := n.find(name)
	if !ok {
		return 0, false
	}
	return n.entries[i].ino, true
}

// with returns the directory with name standing for ino.
func (n *inode) with(name string, ino Ino, now time.Time) *inode {
	next := *n
	next.mtime = now
	i, ok := n.find(name)
	next.entries = make([]entry, 0, len(n.entries)+1)
	next.entries = append(next.entries, n.entries[:i]...)
	next.entries = append(next.entries, entry{name, ino})
	if ok {
		i++
	}
	next.entries = append(next.entries, n.entries[i:]...)
	return &next
}

// without returns the directory without name.
func (n *inode) without(name string, now time.Time) *inode {
	next := *n
	next.mtime = now
	if i, ok := n.find(name); ok {
		next.entries = slices.Concat(n.entries[:i], n.entries[i+1:])
	}
	return &next
}

// size is what stat shows: the bytes of a file or link, and a block for a
// directory.
func (n *inode) size() int64 {
	switch n.kind {
	case Directory:
		return 4096
	case Symlink:
		return int64(len(n.target))
	default:
		return n.data.size
	}
}
