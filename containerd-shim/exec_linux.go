package containerdshim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/pkg/cio"
	"github.com/containerd/errdefs"

	"github.com/kubejig/kubejig/internal/apiserver/remote"
)

// execution is a process that runs in a container beside its first one.
type execution struct {
	process containerd.Process
	io      cio.IO
	started chan struct{} // closed when the process runs
}

// exec runs a command in the container and returns its exit code. When the
// context ends, the command is killed.
func (c *container) exec(ctx context.Context, command []string, tty bool, s remote.Streams) (int, error) {
	over, cancel := context.WithCancel(c.pod.runtime.ctx)
	defer cancel()
	e, err := c.newExecution(ctx, over, command, tty, s)
	if err != nil {
		return 0, err
	}
	defer e.delete(c)
	exit, err := e.process.Wait(c.pod.runtime.ctx)
	if err != nil {
		return 0, err
	}
	if err := e.process.Start(ctx); err != nil {
		return 0, fmt.Errorf("failed to start exec %q: %w", e.process.ID(), err)
	}
	close(e.started)
	stop := follow(c.pod.runtime.ctx, s.Resize, e.process)
	defer stop()
	select {
	case status := <-exit:
		drainIO(e.io, drainTimeout)
		return int(status.ExitCode()), status.Error()
	case <-ctx.Done():
		return 0, errors.Join(ctx.Err(), e.kill(c.pod.runtime.ctx, exit))
	}
}

// newExecution makes a process that has yet to be started. Its input is read
// at once, until over is done.
func (c *container) newExecution(ctx, over context.Context, command []string, tty bool, s remote.Streams) (*execution, error) {
	if c.task == nil {
		return nil, fmt.Errorf("container %s does not run: %w", c.Name, errdefs.ErrFailedPrecondition)
	}
	spec := *c.spec.Process
	spec.Args, spec.Terminal = command, tty
	if tty {
		spec.Env = append(spec.Env[:len(spec.Env):len(spec.Env)], "TERM=xterm")
	}
	e := &execution{started: make(chan struct{})}
	id := "exec-" + strconv.FormatUint(c.pod.runtime.executions.Add(1), 10)
	var err error
	e.process, err = c.task.Exec(ctx, id, &spec, func(id string) (cio.IO, error) {
		options := []cio.Opt{
			cio.WithFIFODir(filepath.Join(c.dir, "fifo")),
			cio.WithStreams(e.closing(over, s.Stdin), discardNil(s.Stdout), discardNil(s.Stderr)),
		}
		if tty {
			options = append(options, cio.WithTerminal)
		}
		var err error
		e.io, err = cio.NewCreator(options...)(id)
		return e.io, err
	})
	if err != nil {
		return nil, fmt.Errorf("failed to exec in container: %w", err)
	}
	return e, nil
}

// discardNil keeps a process from being blocked by output that nobody wants.
func discardNil(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}

// closing tells the process of the end of its input, as soon as it runs.
func (e *execution) closing(over context.Context, stdin io.Reader) io.Reader {
	if stdin == nil {
		return nil
	}
	return &eofReader{Reader: stdin, atEnd: func() {
		select {
		case <-e.started:
			_ = e.process.CloseIO(over, containerd.WithStdinCloser) // it may have ended
		case <-over.Done():
		}
	}}
}

// eofReader does something at the end of a reader.
type eofReader struct {
	io.Reader
	atEnd func()
	done  atomic.Bool
}

func (r *eofReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	if err != nil && r.done.CompareAndSwap(false, true) {
		go r.atEnd() // after what was read has been handed on
	}
	return n, err
}

// kill ends the process and waits for its end.
func (e *execution) kill(ctx context.Context, exit <-chan containerd.ExitStatus) error {
	if err := e.process.Kill(ctx, syscall.SIGKILL); err != nil && !errdefs.IsNotFound(err) {
		return err
	}
	select {
	case <-exit:
	case <-ctx.Done():
	}
	return nil
}

func (e *execution) delete(c *container) {
	e.io.Cancel()
	_, err := e.process.Delete(c.pod.runtime.ctx)
	if err != nil && !errdefs.IsNotFound(err) && c.pod.runtime.ctx.Err() == nil {
		c.pod.runtime.complain(fmt.Errorf("delete exec of container %s: %w", c.ID, err))
	}
}

// terminal is what can be resized.
type terminal interface {
	Resize(ctx context.Context, width, height uint32) error
}

// follow resizes a terminal as its user does, until stop is called.
func follow(ctx context.Context, sizes <-chan remote.Size, t terminal) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	if sizes == nil {
		return cancel
	}
	go func() {
		for {
			select {
			case size, ok := <-sizes:
				if !ok {
					return
				}
				_ = t.Resize(ctx, uint32(size.Width), uint32(size.Height)) // it may have ended
			case <-ctx.Done():
				return
			}
		}
	}()
	return cancel
}
