// Package ptytest is a user at a terminal, for tests: it starts a program on a
// pseudoterminal, types, reads what the screen gets, and changes the window's
// size. It is for Linux; tests that use it are skipped elsewhere.
package ptytest

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for something to appear.
const patience = 20 * time.Second

// Keys that have no letter.
const (
	CtrlC = "\x03"
	CtrlD = "\x04"
	CtrlP = "\x10"
	CtrlQ = "\x11"
	Tab   = "\t"
	Enter = "\r"
)

// Session is a program that runs on a terminal.
type Session struct {
	t       testing.TB
	command *exec.Cmd
	// terminal is the user's end, device the program's.
	terminal, device *os.File
	ended, drained   chan struct{}
	left             bool // Whether the program left the terminal raw.

	mu      sync.Mutex
	screen  strings.Builder
	seen    int           // How much of the screen earlier calls of Await have seen.
	changed chan struct{} // Closed when the screen changes.
}

// Start starts a command on a new terminal of 24 rows and 80 columns, which is
// all it has for input and output. It is killed at the end of the test.
func Start(t testing.TB, command *exec.Cmd) *Session {
	t.Helper()
	terminal, device, err := open()
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("pseudoterminals are opened on Linux only")
	}
	require.NoError(t, err)
	s := &Session{
		t: t, command: command, terminal: terminal, device: device,
		ended: make(chan struct{}), drained: make(chan struct{}), changed: make(chan struct{}),
	}
	s.Resize(24, 80)
	command.Stdin, command.Stdout, command.Stderr = device, device, device
	command.SysProcAttr = controlling()
	CatchHangups(t)
	require.NoError(t, command.Start())
	go s.read()
	go func() {
		defer close(s.ended)
		_ = command.Wait() // How it ended is read from its state.
	}()
	t.Cleanup(func() {
		_ = command.Process.Kill() // It may have ended.
		<-s.ended
		device.Close()
		terminal.Close()
	})
	return s
}

// CatchHangups lets the programs that a test starts have hangups. Where the test
// itself runs under nohup they would be kept from those, too.
func CatchHangups(t testing.TB) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hangups) })
}

// read collects what the program writes.
func (s *Session) read() {
	defer close(s.drained)
	buffer := make([]byte, 4096)
	for {
		n, err := s.terminal.Read(buffer)
		s.mu.Lock()
		s.screen.Write(buffer[:n])
		close(s.changed)
		s.changed = make(chan struct{})
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Type types keys.
func (s *Session) Type(keys string) {
	s.t.Helper()
	_, err := s.terminal.WriteString(keys)
	require.NoError(s.t, err)
}

// Await waits until the program has written a text, after what earlier calls
// have waited for, and returns what it wrote before it.
func (s *Session) Await(text string) string {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		s.mu.Lock()
		changed, screen := s.changed, s.screen.String()[s.seen:]
		before, _, found := strings.Cut(screen, text)
		if found {
			s.seen += len(before) + len(text)
		}
		s.mu.Unlock()
		if found {
			return before
		}
		select {
		case <-changed:
		case <-deadline:
			require.FailNow(s.t, "the terminal does not show "+text, "it shows: %q", screen)
		}
	}
}

// Exit waits for the end of the program, and of all that it has written, and
// returns its exit status, -1 if a signal ended it.
func (s *Session) Exit() int {
	s.t.Helper()
	s.wait(s.ended)
	s.left = s.raw()
	s.device.Close()
	s.wait(s.drained)
	return s.command.ProcessState.ExitCode()
}

func (s *Session) wait(end <-chan struct{}) {
	s.t.Helper()
	select {
	case <-end:
	case <-time.After(patience):
		require.FailNow(s.t, "the program does not end", "the terminal shows: %q", s.Screen())
	}
}

// Raw says whether keys go to the program as they are: without echo, editing of
// lines and signals. After Exit, it says what the program has left behind.
func (s *Session) Raw() bool {
	s.t.Helper()
	select {
	case <-s.drained:
		return s.left
	default:
		return s.raw()
	}
}

// AwaitRaw waits until the program has put the terminal in raw mode: what is
// typed earlier is echoed by the terminal too.
func (s *Session) AwaitRaw() {
	s.t.Helper()
	require.Eventually(s.t, s.Raw, patience, time.Millisecond, "the terminal does not become raw")
}

// Signal sends the program a signal.
func (s *Session) Signal(signal os.Signal) {
	s.t.Helper()
	require.NoError(s.t, s.command.Process.Signal(signal))
}

// Screen is all that the program has written.
func (s *Session) Screen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.screen.String()
}
