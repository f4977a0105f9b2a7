package process

import (
	"maps"
	"slices"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// File is an open file, pipe, terminal or socket. Its calls do not block:
// filesystem.EAGAIN asks the caller to register with Watch and to come back.
type File interface {
	// Read returns up to n bytes, which nobody changes afterwards. No bytes
	// and no error mean the end of the file.
	Read(n int) ([]byte, error)
	// Write takes some of the bytes and returns how many.
	Write(b []byte) (int, error)
	// Watch wakes a task when reading or writing may have become possible.
	Watch(t *Task)
	// Close is called once, when the last descriptor is closed.
	Close()
	// CopyFile is the file in a fork.
	CopyFile(c *Copier) File
}

// Stater is a File that can say what it is.
type Stater interface {
	Info() filesystem.Info
}

// description is what descriptors share that were made from each other.
type description struct {
	file File
	refs int
}

func newDescription(f File) *description { return &description{file: f} }

func (d *description) copy(c *Copier) *description {
	return Copy(c, d, func(fresh *description) { fresh.file = d.file.CopyFile(c) })
}

// slot is a descriptor that is in use.
type slot struct {
	fd int
	d  *description
}

// fileTable holds the descriptors of a process, by number.
type fileTable struct{ slots []slot }

func (t *fileTable) find(fd int) (int, bool) {
	return slices.BinarySearchFunc(t.slots, fd, func(s slot, fd int) int { return s.fd - fd })
}

func (t *fileTable) lookup(fd int) *description {
	if i, ok := t.find(fd); ok {
		return t.slots[i].d
	}
	return nil
}

func (t *fileTable) get(fd int) File {
	if d := t.lookup(fd); d != nil {
		return d.file
	}
	return nil
}

func (t *fileTable) set(fd int, d *description) {
	d.refs++
	t.close(fd)
	i, _ := t.find(fd)
	t.slots = slices.Insert(t.slots, i, slot{fd, d})
}

// add gives an open file the lowest free descriptor.
func (t *fileTable) add(d *description) int {
	fd := 0
	for fd < len(t.slots) && t.slots[fd].fd == fd {
		fd++
	}
	t.set(fd, d)
	return fd
}

func (t *fileTable) close(fd int) bool {
	i, ok := t.find(fd)
	if !ok {
		return false
	}
	d := t.slots[i].d
	t.slots = slices.Delete(t.slots, i, i+1)
	d.release()
	return true
}

func (d *description) release() {
	if d.refs--; d.refs == 0 {
		d.file.Close()
	}
}

func (t *fileTable) closeAll() {
	slots := t.slots
	t.slots = nil
	for _, s := range slots {
		s.d.release()
	}
}

// inherit makes a child's table: its descriptor fd is this one's files[fd].
func (t *fileTable) inherit(files map[int]int) fileTable {
	if files == nil {
		files = map[int]int{0: 0, 1: 1, 2: 2}
	}
	var child fileTable
	for _, fd := range slices.Sorted(maps.Keys(files)) {
		if d := t.lookup(files[fd]); d != nil {
			child.set(fd, d)
		}
	}
	return child
}

func (t *fileTable) copy(c *Copier) fileTable {
	if t.slots == nil {
		return fileTable{}
	}
	fresh := fileTable{slots: make([]slot, len(t.slots))}
	for i, s := range t.slots {
		fresh.slots[i] = slot{s.fd, s.d.copy(c)}
	}
	return fresh
}
