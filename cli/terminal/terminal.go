// Package terminal lends the user's terminal to a program in a container: raw
// input, the window's size as it changes, and keys to get out.
package terminal

import (
	"errors"
	"io"

	"github.com/moby/term"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/tools/remotecommand"
)

// Terminal is a terminal for input, and the one that shows the output, if it
// is one.
type Terminal struct {
	In  io.Reader
	Out io.Writer
}

// IsTerminal says whether a stream is a terminal.
func IsTerminal(stream any) bool { return printers.IsTerminal(stream) }

// Raw runs fn while every key goes to the program as it is, and puts the
// terminal back afterwards, however fn ends.
func (t Terminal) Raw(fn func() error) error {
	fd, isTerminal := term.GetFdInfo(t.In)
	if !isTerminal {
		return fn()
	}
	state, err := term.MakeRaw(fd)
	if err != nil {
		return err
	}
	defer term.RestoreTerminal(fd, state) //nolint:errcheck // There is nobody left to tell.
	return fn()
}

// Lend runs fn, which may change the terminal's mode, and puts it back
// afterwards, however fn ends.
func (t Terminal) Lend(fn func() error) error {
	fd, isTerminal := term.GetFdInfo(t.In)
	if !isTerminal {
		return fn()
	}
	state, err := term.SaveState(fd)
	if err != nil {
		return err
	}
	defer term.RestoreTerminal(fd, state) //nolint:errcheck // There is nobody left to tell.
	return fn()
}

// Size is the size of the output's window, nil if it is none.
func (t Terminal) Size() *remotecommand.TerminalSize {
	fd, isTerminal := term.GetFdInfo(t.Out)
	if !isTerminal {
		return nil
	}
	return sizeOf(fd)
}

func sizeOf(fd uintptr) *remotecommand.TerminalSize {
	size, err := term.GetWinsize(fd)
	if err != nil {
		return nil
	}
	return &remotecommand.TerminalSize{Width: size.Width, Height: size.Height}
}

// Sizes tells the window's size as it changes, until stopped. The initial
// sizes come first.
func (t Terminal) Sizes(initial ...*remotecommand.TerminalSize) (queue remotecommand.TerminalSizeQueue, stop func()) {
	fd, isTerminal := term.GetFdInfo(t.Out)
	if !isTerminal {
		return nil, func() {}
	}
	q := &sizes{next: make(chan remotecommand.TerminalSize, len(initial)+1), stop: make(chan struct{})}
	for _, size := range initial {
		if size != nil {
			q.next <- *size
		}
	}
	go q.follow(fd)
	return q, func() { close(q.stop) }
}

// sizes is a queue in which only the newest sizes wait.
type sizes struct {
	next chan remotecommand.TerminalSize
	stop chan struct{}
}

// Next waits for the next size, nil after the end.
func (q *sizes) Next() *remotecommand.TerminalSize {
	select {
	case size := <-q.next:
		return &size
	case <-q.stop:
		return nil
	}
}

func (q *sizes) offer(size *remotecommand.TerminalSize) {
	if size == nil {
		return
	}
	select {
	case q.next <- *size:
	default:
	}
}

// Detachable ends the input when the user types the keys, such as
// "ctrl-p,ctrl-q".
func Detachable(in io.Reader, keys string) (io.Reader, error) {
	sequence, err := term.ToBytes(keys)
	if err != nil {
		return nil, err
	}
	return detachable{term.NewEscapeProxy(in, sequence)}, nil
}

type detachable struct{ in io.Reader }

func (d detachable) Read(p []byte) (int, error) {
	n, err := d.in.Read(p)
	if errors.Is(err, term.EscapeError{}) {
		err = io.EOF
	}
	return n, err
}
