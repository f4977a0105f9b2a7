package process

import (
	"bytes"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// Terminal is the line discipline between a client's screen and keyboard and
// the processes of a session: it echoes, edits lines, turns ^C into SIGINT
// and "\n" into "\r\n".
type Terminal struct {
	Rows, Cols int
	Raw        bool // no editing, no echo, no signals
	NoEcho     bool
	Sink       File // where the screen is kept; nil: for Take

	space      *Space
	foreground int // process group that gets signals
	line       []byte
	input      []byte
	eof        bool
	hungUp     bool
	screen     []byte
	changed    Waiters
	notify     func()
}

// NewTerminal returns a terminal for a session in a space.
func NewTerminal(space *Space) *Terminal {
	return &Terminal{Rows: 24, Cols: 80, space: space}
}

// Notify calls f whenever there is something on the screen to Take.
func (t *Terminal) Notify(f func()) { t.notify = f }

// Take returns what was written to the screen since the last call.
func (t *Terminal) Take() []byte {
	out := t.screen
	t.screen = nil
	t.changed.Wake()
	return out
}

// Type is the client's keyboard.
func (t *Terminal) Type(keys []byte) {
	if t.Raw {
		t.input = append(t.input, keys...)
	} else {
		for _, key := range keys {
			t.press(key)
		}
	}
	t.changed.Wake()
}

// The keys that the line discipline acts on.
const (
	keyInterrupt = 3
	keyEOF       = 4
	keyBackspace = 8
	keyKill      = 21
	keyQuit      = 28
	keyDelete    = 127
)

func (t *Terminal) press(key byte) {
	switch key {
	case keyInterrupt:
		t.signal("^C", SIGINT)
	case keyQuit:
		t.signal("^\\", SIGQUIT)
	case keyEOF:
		t.eof = t.eof || len(t.line) == 0
		t.enterLine()
	case keyBackspace, keyDelete:
		t.erase(1)
	case keyKill:
		t.erase(len(t.line))
	case '\r', '\n':
		t.line = append(t.line, '\n')
		t.echo("\n")
		t.enterLine()
	default:
		t.line = append(t.line, key)
		t.echo(string(key))
	}
}

func (t *Terminal) signal(shown string, sig Signal) {
	t.line = nil
	t.echo(shown)
	t.space.SignalGroup(t.foreground, sig)
}

func (t *Terminal) erase(n int) {
	for range min(n, len(t.line)) {
		t.line = t.line[:len(t.line)-1]
		t.echo("\b \b")
	}
}

func (t *Terminal) enterLine() {
	t.input = append(t.input, t.line...)
	t.line = nil
}

func (t *Terminal) echo(text string) {
	if !t.NoEcho {
		t.show([]byte(text))
	}
}

func (t *Terminal) show(b []byte) {
	shown := bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))
	if t.Sink != nil {
		t.Sink.Write(shown) //nolint:errcheck // a sink takes everything
		return
	}
	t.screen = append(t.screen, shown...)
	if t.notify != nil {
		t.notify()
	}
}

// HangUp says that the client is gone: reads end, and the session's processes
// get SIGHUP.
func (t *Terminal) HangUp() {
	t.hungUp = true
	t.changed.Wake()
	t.space.SignalGroup(t.foreground, SIGHUP)
}

// Resize tells the session of the client's window size.
func (t *Terminal) Resize(rows, cols int) {
	t.Rows, t.Cols = rows, cols
	t.space.SignalGroup(t.foreground, SIGWINCH)
}

// Read returns typed lines.
func (t *Terminal) Read(n int) ([]byte, error) {
	if len(t.input) > 0 {
		if end := bytes.IndexByte(t.input, '\n'); end >= 0 && !t.Raw {
			n = min(n, end+1)
		}
		n = min(n, len(t.input))
		out := t.input[:n:n]
		t.input = t.input[n:]
		return out, nil
	}
	if t.eof || t.hungUp {
		t.eof = false
		return nil, nil
	}
	return nil, filesystem.EAGAIN
}

// Write shows text on the screen.
func (t *Terminal) Write(b []byte) (int, error) {
	if len(t.screen) > pipeSize && !t.hungUp {
		return 0, filesystem.EAGAIN
	}
	t.show(b)
	return len(b), nil
}

// Readable reports whether Read has something to return.
func (t *Terminal) Readable() bool { return len(t.input) > 0 || t.eof || t.hungUp }

// Watch wakes a task when something is typed or taken.
func (t *Terminal) Watch(task *Task) { t.changed.Add(task) }

// Close does nothing: the session ends with its first process.
func (t *Terminal) Close() {}

// Info says that this is a terminal device.
func (t *Terminal) Info() filesystem.Info {
	return filesystem.Info{Kind: filesystem.Device, Mode: 0o620, Links: 1, Target: "tty"}
}

// CopyFile is the terminal in a fork, where nobody sits.
func (t *Terminal) CopyFile(c *Copier) File { return t.copy(c) }

// CopyTerminal is the terminal in a fork.
func CopyTerminal(c *Copier, t *Terminal) *Terminal { return t.copy(c) }

func (t *Terminal) copy(c *Copier) *Terminal {
	return Copy(c, t, func(fresh *Terminal) {
		fresh.space = t.space.Copy(c)
		fresh.notify = nil
		if t.Sink != nil {
			fresh.Sink = t.Sink.CopyFile(c)
		}
		fresh.changed = t.changed.Copy(c)
		fresh.line = bytes.Clone(t.line)
		fresh.input = bytes.Clone(t.input)
		fresh.screen = bytes.Clone(t.screen)
	})
}

// SetForeground makes a process group the one that the keyboard's signals go
// to, if the process has a terminal.
func (p *Process) SetForeground(group int) {
	Do(p, func() struct{} {
		if p.tty != nil {
			p.tty.foreground = group
		}
		return struct{}{}
	})
}

// SetTerminal changes the modes of the terminal, if there is one.
func (p *Process) SetTerminal(change func(t *Terminal)) {
	Do(p, func() struct{} {
		if p.tty != nil {
			change(p.tty)
		}
		return struct{}{}
	})
}

// WindowSize is the size of the terminal, or zeros.
func (p *Process) WindowSize() (rows, cols int) {
	size := Do(p, func() [2]int {
		if p.tty == nil {
			return [2]int{}
		}
		return [2]int{p.tty.Rows, p.tty.Cols}
	})
	return size[0], size[1]
}
