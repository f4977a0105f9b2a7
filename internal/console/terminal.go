package console

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/apiserver/remote"
	"github.com/kubejig/kubejig/internal/simulation/container"
)

// guest is what a client is connected to: a command or a container. All
// methods are called within Do.
type guest interface {
	Notify(func())
	Write([]byte) int
	CloseInput()
	Read(container.Stream) []byte
	Resize(rows, cols int)
	Done() (code int, done bool)
	HangUp()
}

// Exec starts a command in a container, once the client has its streams.
func (c *Console) Exec(_ context.Context, pod *corev1.Pod, options *corev1.PodExecOptions) (remote.Run, error) {
	var err error
	c.Do(func() { _, err = c.running(pod, options.Container) })
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, streams remote.Streams) error {
		return c.serve(ctx, streams, func(size remote.Size) (guest, error) {
			found, err := c.running(pod, options.Container)
			if err != nil {
				return nil, err
			}
			session, err := found.Exec(container.ExecOptions{
				Args: options.Command, Stdin: options.Stdin, TTY: options.TTY,
				Rows: int(size.Height), Cols: int(size.Width),
			})
			if err != nil {
				return nil, startError(found.ID, options.Command, err)
			}
			return session, nil
		})
	}, nil
}

// Attach joins a client to a container that runs.
func (c *Console) Attach(_ context.Context, pod *corev1.Pod, options *corev1.PodAttachOptions) (remote.Run, error) {
	var err error
	c.Do(func() { _, err = c.running(pod, options.Container) })
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, streams remote.Streams) error {
		return c.serve(ctx, streams, func(remote.Size) (guest, error) {
			found, err := c.running(pod, options.Container)
			if err != nil {
				return nil, err
			}
			attachment, err := found.Attach()
			return visitor{attachment}, err
		})
	}, nil
}

// visitor is a client of a container that goes on without it.
type visitor struct{ *container.Attachment }

// Done reports whether the container has ended. Clients are not told how:
// runtimes do not say, and the pod's status does.
func (v visitor) Done() (code int, done bool) { return 0, v.Ended() }

// HangUp leaves the container alone.
func (v visitor) HangUp() { v.Detach() }

// visit is a client with a guest.
type visit struct {
	*Console
	guest   guest
	streams remote.Streams
	output  signal // there may be output, or an end
	room    signal // there may be room for input
}

// serve moves bytes between a client and a guest until one of them is done.
func (c *Console) serve(ctx context.Context, streams remote.Streams, open func(remote.Size) (guest, error)) error {
	v := &visit{Console: c, streams: streams, output: newSignal(), room: newSignal()}
	var err error
	c.Do(func() {
		if v.guest, err = open(firstSize(streams.Resize)); err == nil {
			v.guest.Notify(func() { v.output.raise(); v.room.raise() })
		}
	})
	if err != nil {
		return err
	}
	c.Waiting(1)
	defer c.Waiting(-1)
	defer c.Do(func() { v.guest.HangUp() })
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if streams.Stdin != nil {
		go v.feed(ctx)
	}
	return v.show(ctx)
}

// firstSize is the size that the client's terminal has from the start, zero if
// it has not said.
func firstSize(sizes <-chan remote.Size) remote.Size {
	select {
	case size := <-sizes:
		return size
	default:
		return remote.Size{}
	}
}

// startError is a command that can't be started, in containerd's words. The
// name that containerd would give the command comes from what it is.
func startError(id string, command []string, err error) error {
	name := sha256.Sum256([]byte(id + strings.Join(command, "\x00")))
	return fmt.Errorf("failed to exec in container: failed to start exec %q: %w", hex.EncodeToString(name[:]), err)
}

// show passes output on until the guest is done.
func (v *visit) show(ctx context.Context) error {
	for {
		var out, errOut []byte
		var code int
		var done bool
		v.Do(func() {
			code, done = v.guest.Done()
			out, errOut = v.guest.Read(container.Stdout), v.guest.Read(container.Stderr)
		})
		if err := v.write(out, errOut); err != nil {
			return err
		}
		if done && len(out)+len(errOut) == 0 {
			return exit(code)
		}
		if done {
			continue // there may be more that did not fit
		}
		select {
		case <-v.output:
		case size := <-v.streams.Resize:
			v.Do(func() { v.guest.Resize(int(size.Height), int(size.Width)) })
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (v *visit) write(out, errOut []byte) error {
	for _, part := range []struct {
		to   io.Writer
		data []byte
	}{{v.streams.Stdout, out}, {v.streams.Stderr, errOut}} {
		if part.to == nil || len(part.data) == 0 {
			continue
		}
		if _, err := part.to.Write(part.data); err != nil {
			return err
		}
	}
	return nil
}

func exit(code int) error {
	if code != 0 {
		return remote.ExitError{Code: code}
	}
	return nil
}

// feed passes input on until there is none, or nobody to take it.
func (v *visit) feed(ctx context.Context) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := v.streams.Stdin.Read(buffer)
		for rest := buffer[:n]; len(rest) > 0; {
			taken := 0
			v.Do(func() { taken = v.guest.Write(rest) })
			if rest = rest[taken:]; len(rest) == 0 {
				break
			}
			select {
			case <-v.room:
			case <-ctx.Done():
				return
			}
		}
		if err != nil {
			v.Do(v.guest.CloseInput)
			return
		}
	}
}
