package process

import "github.com/kubejig/kubejig/internal/simulation/filesystem"

// pipeSize is how many bytes wait in a pipe before its writers do.
const pipeSize = 64 << 10

// Pipe is a bounded buffer between processes, or between a process and the
// outside of the world.
type Pipe struct {
	buffer           []byte
	readers, writers int
	changed          Waiters
	notify           func() // of the end outside the world
}

// NewPipe returns a pipe with no ends.
func NewPipe() *Pipe { return &Pipe{} }

// Reader opens an end to read from.
func (p *Pipe) Reader() File {
	p.readers++
	return &pipeReader{p}
}

// Writer opens an end to write to.
func (p *Pipe) Writer() File {
	p.writers++
	return &pipeWriter{p}
}

// Notify calls f whenever the pipe may have become readable or writable, for
// ends outside the world. A fork does not inherit it.
func (p *Pipe) Notify(f func()) { p.notify = f }

// Len is the number of bytes waiting.
func (p *Pipe) Len() int { return len(p.buffer) }

func (p *Pipe) change() {
	p.changed.Wake()
	if p.notify != nil {
		p.notify()
	}
}

func (p *Pipe) copy(c *Copier) *Pipe {
	return Copy(c, p, func(fresh *Pipe) {
		fresh.buffer = p.buffer[:len(p.buffer):len(p.buffer)]
		p.buffer = fresh.buffer
		fresh.notify = nil
		fresh.changed = p.changed.Copy(c)
	})
}

// CopyPipe is the pipe in a fork.
func CopyPipe(c *Copier, p *Pipe) *Pipe {
	if p == nil {
		return nil
	}
	return p.copy(c)
}

type pipeReader struct{ *Pipe }

func (r *pipeReader) Read(n int) ([]byte, error) {
	if len(r.buffer) == 0 {
		if r.writers == 0 {
			return nil, nil
		}
		return nil, filesystem.EAGAIN
	}
	n = min(n, len(r.buffer))
	out := r.buffer[:n:n]
	r.buffer = r.buffer[n:]
	if len(r.buffer) == 0 {
		r.buffer = nil
	}
	r.change()
	return out, nil
}

func (r *pipeReader) Write([]byte) (int, error) { return 0, filesystem.EBADF }

func (r *pipeReader) Watch(t *Task) { r.changed.Add(t) }

func (r *pipeReader) Close() {
	r.readers--
	r.change()
}

func (r *pipeReader) CopyFile(c *Copier) File {
	return Copy(c, r, func(fresh *pipeReader) { fresh.Pipe = r.Pipe.copy(c) })
}

// Readable reports whether Read does not have to wait.
func (r *pipeReader) Readable() bool { return len(r.buffer) > 0 || r.writers == 0 }

func (r *pipeReader) Info() filesystem.Info { return fifoInfo }

type pipeWriter struct{ *Pipe }

func (w *pipeWriter) Read(int) ([]byte, error) { return nil, filesystem.EBADF }

func (w *pipeWriter) Write(b []byte) (int, error) {
	if w.readers == 0 {
		return 0, filesystem.EPIPE
	}
	n := min(len(b), pipeSize-len(w.buffer))
	if n == 0 && len(b) > 0 {
		return 0, filesystem.EAGAIN
	}
	w.buffer = append(w.buffer, b[:n]...)
	w.change()
	return n, nil
}

func (w *pipeWriter) Watch(t *Task) { w.changed.Add(t) }

func (w *pipeWriter) Close() {
	w.writers--
	w.change()
}

func (w *pipeWriter) CopyFile(c *Copier) File {
	return Copy(c, w, func(fresh *pipeWriter) { fresh.Pipe = w.Pipe.copy(c) })
}

func (w *pipeWriter) Info() filesystem.Info { return fifoInfo }

// fifoInfo is what fstat says of a pipe.
var fifoInfo = filesystem.Info{Kind: filesystem.Fifo, Mode: 0o600, Links: 1}

// fileKey identifies a file among all file systems.
type fileKey struct {
	fs  *filesystem.FileSystem
	ino filesystem.Ino
}

// fifo is the pipe behind a named pipe.
func (s *Space) fifo(key fileKey) *Pipe {
	if s.fifos == nil {
		s.fifos = map[fileKey]*Pipe{}
	}
	if s.fifos[key] == nil {
		s.fifos[key] = NewPipe()
	}
	return s.fifos[key]
}

func copyFifos(c *Copier, old map[fileKey]*Pipe) map[fileKey]*Pipe {
	if old == nil {
		return nil
	}
	fresh := make(map[fileKey]*Pipe, len(old))
	for key, pipe := range old {
		fresh[fileKey{c.FileSystem(key.fs), key.ino}] = pipe.copy(c)
	}
	return fresh
}
