package containerdshim

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"time"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/pkg/cio"

	"github.com/kubejig/kubejig/containerd-shim/internal/podlog"
)

// streams are the near ends of a container's standard streams: what it writes
// goes to its log and to everybody who is attached; what it reads comes from
// them. They belong to the container and outlive its readers.
type streams struct {
	container      *container
	stdout, stderr *fanOut
	logs           []*podlog.Writer
	io             cio.IO

	stdin     *io.PipeWriter // nil without stdin
	stdinFrom *io.PipeReader
	stdinOnce sync.Once // for its end
}

func newStreams(c *container) *streams {
	out, errs := c.log.Writer(podlog.Stdout), c.log.Writer(podlog.Stderr)
	s := &streams{container: c, logs: []*podlog.Writer{out, errs}, stdout: newFanOut(out), stderr: newFanOut(errs)}
	if c.Stdin {
		s.stdinFrom, s.stdin = io.Pipe()
	}
	return s
}

// create is a cio.Creator.
func (s *streams) create(id string) (cio.IO, error) {
	options := []cio.Opt{
		cio.WithFIFODir(filepath.Join(s.container.dir, "fifo")),
		cio.WithStreams(reader(s.stdinFrom), s.stdout, s.stderr),
	}
	if s.container.TTY {
		options = append(options, cio.WithTerminal)
	}
	var err error
	s.io, err = cio.NewCreator(options...)(id)
	return s.io, err
}

// reader keeps a nil pipe from becoming an io.Reader that is not nil.
func reader(r *io.PipeReader) io.Reader {
	if r == nil {
		return nil
	}
	return r
}

// drain waits until the output of a container that has ended has been read. A
// process that it has left behind may hold it open; that must not last.
func (s *streams) drain(timeout time.Duration) {
	drainIO(s.io, timeout)
	if s.stdin != nil {
		s.stdin.Close()
	}
	for _, w := range s.logs {
		if err := w.Close(); err != nil {
			s.container.pod.runtime.complain(err)
		}
	}
}

func drainIO(streams cio.IO, timeout time.Duration) {
	done := make(chan struct{})
	go func() {
		streams.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(timeout):
		streams.Cancel()
	}
}

// endStdin lets the container read the end of its input.
func (s *streams) endStdin(ctx context.Context) (err error) {
	s.stdinOnce.Do(func() {
		s.stdin.Close()
		err = s.container.task.CloseIO(ctx, containerd.WithStdinCloser)
	})
	return err
}

// attach connects to the streams until the container ends, or the context does,
// or the client types no more. The latter ends the input of a container that is
// for one client and has no terminal; another one is left alone.
func (s *streams) attach(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer) error {
	defer s.stdout.add(stdout)()
	defer s.stderr.add(stderr)()
	left := make(chan struct{})
	if stdin != nil && s.stdin != nil {
		go func() {
			_, err := io.Copy(s.stdin, stdin)
			switch {
			case !s.container.StdinOnce || s.container.TTY:
				close(left)
			case !errors.Is(err, io.ErrClosedPipe):
				_ = s.endStdin(s.container.pod.runtime.ctx) // it may have ended
			}
		}()
	}
	select {
	case <-s.container.drained:
		return nil
	case <-left:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// fanOut is a writer to several writers. One that fails is left out from then
// on: it must not keep the others from reading.
type fanOut struct {
	mu      sync.Mutex
	writers []io.Writer
}

func newFanOut(w io.Writer) *fanOut { return &fanOut{writers: []io.Writer{w}} }

// add adds a writer, unless it is nil. The returned function takes it away.
func (f *fanOut) add(w io.Writer) (remove func()) {
	if w == nil {
		return func() {}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writers = append(f.writers, w)
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.writers = slices.DeleteFunc(f.writers, func(other io.Writer) bool { return other == w })
	}
}

// Write writes to all writers.
func (f *fanOut) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writers = slices.DeleteFunc(f.writers, func(w io.Writer) bool {
		_, err := w.Write(b)
		return err != nil
	})
	return len(b), nil
}
