package remote

import (
	"context"
	"fmt"
	"io"

	"k8s.io/client-go/tools/remotecommand"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/terminal"
)

// Session is the user's side of a connection: the flags -i, -t and -q, and the
// streams as they are then connected.
type Session struct {
	Stdin bool
	TTY   bool
	Quiet bool
	// Nudge makes programs that are running already draw anew, by telling a
	// slightly larger window first.
	Nudge bool

	environment factory.Environment
	streams     factory.IOStreams
	in          io.Reader
}

// Open takes the user's streams and environment. What is no terminal is not treated as one,
// which the user is told.
func (s *Session) Open(f *factory.Factory) {
	streams := f.IOStreams
	s.environment, s.streams = f.Environment, streams
	if !s.Stdin {
		s.TTY = false
		return
	}
	s.in = streams.In
	if s.TTY && !terminal.IsTerminal(streams.In) {
		s.TTY = false
		if !s.Quiet {
			fmt.Fprintln(streams.ErrOut, "Unable to use a TTY - input is not a terminal or the right kind of file")
		}
	}
}

// Run calls connect with the streams, and fails when a signal ends us while the
// user types.
func (s *Session) Run(ctx context.Context, connect func(context.Context, Streams) error) error {
	streams := Streams{In: s.in, Out: s.streams.Out, ErrOut: s.streams.ErrOut}
	converse := func() error { return connect(ctx, streams) }
	if terminal.IsTerminal(s.in) {
		converse = func() error {
			return s.environment.UnlessTerminated(ctx, func(ctx context.Context) error { return connect(ctx, streams) })
		}
	}
	if !s.TTY {
		return converse()
	}
	window := terminal.Terminal{In: s.streams.In, Out: s.streams.Out}
	var stop func()
	streams.Sizes, stop = window.Sizes(s.initialSizes(window)...)
	defer stop()
	streams.TTY, streams.ErrOut = true, nil
	return window.Raw(converse)
}

func (s *Session) initialSizes(window terminal.Terminal) []*remotecommand.TerminalSize {
	size := window.Size()
	if size == nil || !s.Nudge {
		return []*remotecommand.TerminalSize{size}
	}
	return []*remotecommand.TerminalSize{{Width: size.Width + 1, Height: size.Height + 1}, size}
}
