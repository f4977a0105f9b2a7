// Package filesystem is the file system of simulated containers: files in
// memory with POSIX semantics, and the mounts that make up what one process
// sees. Copying a FileSystem takes O(1), since its state is persistent.
//
// It knows nothing of processes, images or Kubernetes, reads no clock (times
// are handed in) and touches no real file.
package filesystem

import (
	"maps"
	"time"
)

// Capacity is what a file system can hold, in bytes of real memory. Runs of
// zeros do not count.
const Capacity = 256 << 20

// RootIno is the inode of a file system's root directory.
const RootIno Ino = 1

// FileSystem is one tree of files. It is not safe for concurrent use, but its
// clones are independent of each other.
type FileSystem struct {
	inodes table
	last   Ino
	used   int64
	opens  map[Ino]int // open handles, for files that outlive their last name
	// projected is what Project has yet to write, nil for nothing.
	projected *projection
}

// New returns an empty file system, whose root directory has the given
// permission bits.
func New(mode uint32, now time.Time) *FileSystem {
	f := &FileSystem{last: RootIno}
	f.set(RootIno, &inode{kind: Directory, mode: mode, links: 2, mtime: now})
	return f
}

// Clone returns an independent copy, in O(1) but for the files that are open.
func (f *FileSystem) Clone() *FileSystem {
	c := *f
	c.opens = maps.Clone(f.opens)
	return &c
}

// Used is the number of bytes that the files hold.
func (f *FileSystem) Used() int64 {
	f.writeProjected()
	return f.used
}

func (f *FileSystem) get(ino Ino) *inode {
	if f.projected != nil {
		f.writeProjected()
	}
	return f.inodes.get(ino)
}

func (f *FileSystem) set(ino Ino, n *inode) { f.inodes = f.inodes.put(ino, n) }

// update replaces an inode by a changed copy.
func (f *FileSystem) update(ino Ino, change func(n *inode)) {
	n := *f.get(ino)
	change(&n)
	f.set(ino, &n)
}

// create adds a file to a directory, which must not have that name yet.
func (f *FileSystem) create(dir Ino, name string, n *inode) Ino {
	f.last++
	n.links = 1
	if n.kind == Directory {
		n.links = 2
	}
	f.set(f.last, n)
	f.used += n.data.real
	f.set(dir, f.get(dir).with(name, f.last, n.mtime))
	return f.last
}

// link gives a file another name.
func (f *FileSystem) link(dir Ino, name string, ino Ino, now time.Time) {
	f.update(ino, func(n *inode) { n.links++ })
	f.set(dir, f.get(dir).with(name, ino, now))
}

// unlink takes a name away, and the file too if that was its last name and
// nobody has it open.
func (f *FileSystem) unlink(dir Ino, name string, now time.Time) {
	ino, ok := f.get(dir).lookup(name)
	if !ok {
		return
	}
	f.set(dir, f.get(dir).without(name, now))
	f.update(ino, func(n *inode) { n.links-- })
	f.collect(ino)
}

// collect frees a file without names and handles.
func (f *FileSystem) collect(ino Ino) {
	n := f.get(ino)
	if n == nil || f.opens[ino] > 0 {
		return
	}
	if n.links <= 0 || n.kind == Directory && n.links < 2 {
		f.used -= n.data.real
		f.set(ino, nil)
	}
}

func (f *FileSystem) retain(ino Ino, count int) {
	if f.opens == nil {
		f.opens = map[Ino]int{}
	}
	f.opens[ino] += count
}

func (f *FileSystem) release(ino Ino) {
	if f.opens[ino]--; f.opens[ino] <= 0 {
		delete(f.opens, ino)
		f.collect(ino)
	}
}

// replace gives a regular file other content.
func (f *FileSystem) replace(ino Ino, data content, now time.Time) error {
	grown := data.real - f.get(ino).data.real
	if grown > 0 && f.used+grown > Capacity {
		return ENOSPC
	}
	f.used += grown
	f.update(ino, func(n *inode) { n.data, n.mtime = data, now })
	return nil
}
