package process

import (
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// view is the files as the process sees them.
func (p *Process) view() *filesystem.View {
	p.space.caller = p
	return &filesystem.View{Mounts: p.space.mounts(), Who: p.who, Umask: p.umask, Now: p.now()}
}

func (p *Process) abs(path string) string {
	if path == "" || strings.HasPrefix(path, "/") {
		return path
	}
	return p.cwd + "/" + path
}

// Now is the current time.
func (p *Process) Now() time.Time { return Do(p, p.now) }

// Sleep waits for d to pass; a caught signal ends it with EINTR.
func (p *Process) Sleep(d time.Duration) error {
	until := p.Now().Add(d)
	_, err := Interruptible(p, func() (struct{}, error) {
		if p.now().Before(until) {
			p.task.WakeAt(until)
			return struct{}{}, filesystem.EAGAIN
		}
		return struct{}{}, nil
	})
	return err
}

// Pause waits for a caught signal.
func (p *Process) Pause() {
	Interruptible(p, func() (struct{}, error) { return struct{}{}, filesystem.EAGAIN }) //nolint:errcheck // always EINTR
}

// Random is a random number.
func (p *Process) Random() uint64 { return Do(p, p.kernel().Random) }

// Files gives f the files as the process sees them. What f returns is kept,
// so it should be no more than what is needed.
func Files[T any](p *Process, f func(v *filesystem.View) (T, error)) (T, error) {
	return do2(p, func() (T, error) { return f(p.view()) })
}

// Change is Files for a change that returns nothing but an error.
func (p *Process) Change(f func(v *filesystem.View) error) error {
	return doErr(p, func() error { return f(p.view()) })
}

// Path makes a path absolute.
func (p *Process) Path(path string) string {
	if path == "" || strings.HasPrefix(path, "/") {
		return path
	}
	return p.Getwd() + "/" + path
}

// Stat describes a file.
func (p *Process) Stat(path string) (filesystem.Info, error) {
	return do2(p, func() (filesystem.Info, error) { return p.view().Stat(p.abs(path)) })
}

// Lstat describes a file, or the symbolic link itself.
func (p *Process) Lstat(path string) (filesystem.Info, error) {
	return do2(p, func() (filesystem.Info, error) { return p.view().Lstat(p.abs(path)) })
}

// ReadDir lists a directory by name.
func (p *Process) ReadDir(path string) ([]filesystem.Info, error) {
	return do2(p, func() ([]filesystem.Info, error) { return p.view().ReadDir(p.abs(path)) })
}

// ReadFile reads a whole file.
func (p *Process) ReadFile(path string) ([]byte, error) {
	fd, err := p.Open(path, filesystem.OpenRead, 0)
	if err != nil {
		return nil, err
	}
	defer p.Close(fd)
	return io.ReadAll(p.Reader(fd))
}

// Getwd is the working directory.
func (p *Process) Getwd() string { return Do(p, func() string { return p.cwd }) }

// Chdir changes the working directory.
func (p *Process) Chdir(path string) error {
	return doErr(p, func() error {
		v := p.view()
		real, err := v.RealPath(p.abs(path))
		if err != nil {
			return err
		}
		if info, err := v.Stat(real); err != nil || !info.IsDir() {
			return filesystem.ENOTDIR
		}
		if err := v.Access(real, "x"); err != nil {
			return err
		}
		p.cwd = real
		return nil
	})
}

// Umask sets the permission bits that new files do not get, and returns those
// before.
func (p *Process) Umask(mask uint32) uint32 {
	return Do(p, func() uint32 {
		old := p.umask
		p.umask = mask & 0o777
		return old
	})
}

// Credential is on whose behalf the process runs.
func (p *Process) Credential() filesystem.Credential { return p.who }

// PPID is the number of the parent.
func (p *Process) PPID() int { return Do(p, func() int { return p.ppid }) }

// Open opens a file and returns its descriptor.
func (p *Process) Open(path string, flags filesystem.Flag, mode uint32) (int, error) {
	return do2(p, func() (int, error) {
		f, err := p.openFile(p.abs(path), flags, mode)
		if err != nil {
			return -1, err
		}
		if shared, ok := f.(sharedFile); ok {
			return p.files.add(shared.description), nil
		}
		return p.Install(f), nil
	})
}

// Install gives the process a file made outside of it, for implementers of
// calls; it must be called within Do or Await.
func (p *Process) Install(f File) int { return p.files.add(newDescription(f)) }

// File is the open file behind a descriptor, for implementers of calls.
func (p *Process) File(fd int) File { return p.files.get(fd) }

// Close closes a descriptor.
func (p *Process) Close(fd int) error {
	return doErr(p, func() error {
		if !p.files.close(fd) {
			return filesystem.EBADF
		}
		return nil
	})
}

// Pipe makes a pipe and returns the descriptors of its ends.
func (p *Process) Pipe() (reader, writer int) {
	ends := Do(p, func() [2]int {
		pipe := NewPipe()
		return [2]int{p.Install(pipe.Reader()), p.Install(pipe.Writer())}
	})
	return ends[0], ends[1]
}

// Read reads up to n bytes from a descriptor; io.EOF at the end.
func (p *Process) Read(fd, n int) ([]byte, error) {
	data, err := Interruptible(p, func() ([]byte, error) {
		f := p.files.get(fd)
		if f == nil {
			return nil, filesystem.EBADF
		}
		data, err := f.Read(n)
		if err == filesystem.EAGAIN {
			f.Watch(&p.task)
		}
		return data, err
	})
	if err == nil && len(data) == 0 && n > 0 {
		return nil, io.EOF
	}
	return data, err
}

// ReadUntil reads from a descriptor up to and including the byte delim, or
// what there is before it has come; io.EOF at the end.
func (p *Process) ReadUntil(fd int, delim byte) ([]byte, error) {
	data, err := Interruptible(p, func() ([]byte, error) {
		f := p.files.get(fd)
		if f == nil {
			return nil, filesystem.EBADF
		}
		var line []byte
		for {
			b, err := f.Read(1)
			if err == filesystem.EAGAIN && len(line) == 0 {
				f.Watch(&p.task)
				return nil, err
			}
			line = append(line, b...)
			if len(b) == 0 || b[0] == delim {
				return line, nil
			}
		}
	})
	if err == nil && len(data) == 0 {
		return nil, io.EOF
	}
	return data, err
}

// OpenBytes returns a descriptor from which data can be read, as a here
// document is.
func (p *Process) OpenBytes(data []byte) int {
	return Do(p, func() int {
		pipe := NewPipe()
		pipe.buffer = data[:len(data):len(data)]
		return p.Install(pipe.Reader())
	})
}

// Write writes all of b to a descriptor.
func (p *Process) Write(fd int, b []byte) (int, error) {
	written := 0
	for {
		n, err := Interruptible(p, func() (int, error) { return p.tryWrite(fd, b[written:]) })
		written += n
		if err != nil && err != filesystem.EINTR {
			return written, err
		}
		if written >= len(b) {
			return written, nil
		}
	}
}

func (p *Process) tryWrite(fd int, b []byte) (int, error) {
	f := p.files.get(fd)
	if f == nil {
		return 0, filesystem.EBADF
	}
	n, err := f.Write(b)
	switch err {
	case filesystem.EAGAIN:
		f.Watch(&p.task)
	case filesystem.EPIPE:
		p.deliver(SIGPIPE, false)
	}
	return n, err
}

// Reader reads from a descriptor.
func (p *Process) Reader(fd int) io.Reader { return descriptor{p, fd} }

// Writer writes to a descriptor.
func (p *Process) Writer(fd int) io.Writer { return descriptor{p, fd} }

type descriptor struct {
	p  *Process
	fd int
}

// Read reads what is there.
func (d descriptor) Read(b []byte) (int, error) {
	for {
		data, err := d.p.Read(d.fd, len(b))
		if err != filesystem.EINTR {
			return copy(b, data), err
		}
	}
}

// Write writes everything.
func (d descriptor) Write(b []byte) (int, error) { return d.p.Write(d.fd, b) }

// FileInfo describes the open file behind a descriptor.
func (p *Process) FileInfo(fd int) (filesystem.Info, error) {
	return do2(p, func() (filesystem.Info, error) {
		f := p.files.get(fd)
		if f == nil {
			return filesystem.Info{}, filesystem.EBADF
		}
		if s, ok := f.(Stater); ok {
			return s.Info(), nil
		}
		return filesystem.Info{Kind: filesystem.Fifo, Mode: 0o600, Links: 1}, nil
	})
}

// Seek moves the position of an open regular file to off and returns it; -1
// means the end.
func (p *Process) Seek(fd int, off int64) (int64, error) {
	return do2(p, func() (int64, error) {
		f, ok := p.files.get(fd).(*diskFile)
		if !ok {
			return 0, filesystem.ESPIPE
		}
		if f.offset = off; off < 0 {
			f.offset = f.handle.Size()
		}
		return f.offset, nil
	})
}

// Truncate sets the length of an open file.
func (p *Process) Truncate(fd int, size int64) error {
	return doErr(p, func() error {
		f, ok := p.files.get(fd).(*diskFile)
		if !ok {
			return filesystem.EINVAL
		}
		return f.handle.Truncate(size, p.now())
	})
}

// IsTerminal reports whether a descriptor is a terminal.
func (p *Process) IsTerminal(fd int) bool {
	return Do(p, func() bool {
		_, ok := p.files.get(fd).(*Terminal)
		return ok
	})
}

// Ready waits until one of the descriptors can be read and returns it, or -1
// when the time is over; d < 0 waits for ever.
func (p *Process) Ready(d time.Duration, fds ...int) (int, error) {
	until := p.Now().Add(d)
	return Interruptible(p, func() (int, error) {
		for _, fd := range fds {
			f := p.files.get(fd)
			if r, ok := f.(interface{ Readable() bool }); f == nil || !ok || r.Readable() {
				return fd, nil
			}
			f.Watch(&p.task)
		}
		if d >= 0 {
			if !p.now().Before(until) {
				return -1, nil
			}
			p.task.WakeAt(until)
		}
		return -1, filesystem.EAGAIN
	})
}

// openDescriptor opens /dev/stdout, /proc/1/fd/1 and the like: paths that lead
// to a descriptor that is open already. It returns nil for other paths.
func (p *Process) openDescriptor(v *filesystem.View, path string) (File, error) {
	for range 8 {
		if parts := strings.Split(path, "/"); len(parts) == 5 && parts[1] == "proc" && parts[3] == "fd" {
			return p.descriptorOf(parts[2], parts[4])
		}
		target, err := v.Readlink(path)
		if err != nil || !strings.HasPrefix(target, "/") {
			return nil, nil
		}
		path = target
	}
	return nil, filesystem.ELOOP
}

func (p *Process) descriptorOf(pid, fd string) (File, error) {
	owner := p
	if pid != "self" {
		number, _ := strconv.Atoi(pid)
		owner = p.space.Find(number)
	}
	number, err := strconv.Atoi(fd)
	if err != nil || owner == nil {
		return nil, filesystem.ENOENT
	}
	if d := owner.files.lookup(number); d != nil {
		return sharedFile{d}, nil
	}
	return nil, filesystem.ENOENT
}

// sharedFile marks a file that is open already.
type sharedFile struct{ *description }

func (s sharedFile) Read(n int) ([]byte, error)  { return s.file.Read(n) }
func (s sharedFile) Write(b []byte) (int, error) { return s.file.Write(b) }
func (s sharedFile) Watch(t *Task)               { s.file.Watch(t) }
func (s sharedFile) Close()                      {}
func (s sharedFile) CopyFile(c *Copier) File     { return sharedFile{s.copy(c)} }

// Dir is the working directory, for daemons.
func (p *Process) Dir() string { return p.cwd }
