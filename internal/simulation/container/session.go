package container

import (
	"fmt"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// ErrNotRunning says that a container does not run.
var ErrNotRunning = fmt.Errorf("container is not running")

// ExecOptions say what to run in a container.
type ExecOptions struct {
	Args       []string
	Stdin, TTY bool
	Rows, Cols int // of the terminal; 0: 24x80
}

// Session is a command that runs in a container for a client outside. Reads
// and writes do not block; Notify tells when they are worth trying again. With
// a terminal, all output comes on Stdout. A fork's processes go on without
// their clients.
type Session struct {
	container *Container
	terminal  *process.Terminal
	in        *process.Pipe
	out       [2]*process.Pipe
	typing    process.File
	screen    [2]process.File
	notify    func()
	done      bool
	status    process.Status
	process   *process.Process
}

// execError is a failure to start a command, in runc's words.
func execError(err error) error {
	return fmt.Errorf("OCI runtime exec failed: exec failed: unable to start container process: %w: unknown", err)
}

// Exec starts a command.
func (c *Container) Exec(o ExecOptions) (*Session, error) {
	if c.status.State != Running {
		return nil, ErrNotRunning
	}
	c.sandbox.touch()
	env := c.environment()
	if o.TTY && !c.config.TTY {
		env = append(env, "TERM=xterm")
	}
	file, err := c.executable(o.Args[0], env, c.workingDir())
	if err != nil {
		return nil, execError(err)
	}
	s := &Session{container: c}
	who, err := c.user()
	if err != nil {
		return nil, execError(err)
	}
	start := process.Start{Path: file, Args: o.Args, Env: env, Dir: c.workingDir(), Who: who, Reaper: s}
	start.Files = s.openFiles(o)
	start.TTY = s.terminal
	if s.process, err = c.space.StartProcess(start); err != nil {
		return nil, execError(fmt.Errorf("exec: %q: %w", o.Args[0], err))
	}
	return s, nil
}

func (s *Session) openFiles(o ExecOptions) []process.File {
	if o.TTY {
		s.terminal = process.NewTerminal(s.container.space)
		if o.Rows > 0 && o.Cols > 0 {
			s.terminal.Rows, s.terminal.Cols = o.Rows, o.Cols
		}
		s.terminal.Notify(s.wake)
		return []process.File{s.terminal, s.terminal, s.terminal}
	}
	files := []process.File{process.NullFile(s.container.sandbox.kernel), nil, nil}
	if o.Stdin {
		s.in = process.NewPipe()
		s.in.Notify(s.wake)
		files[0], s.typing = s.in.Reader(), s.in.Writer()
	}
	for i := range s.out {
		s.out[i] = process.NewPipe()
		s.screen[i], files[1+i] = s.out[i].Reader(), s.out[i].Writer()
		s.out[i].Notify(s.wake)
	}
	return files
}

// Notify calls f when there may be output, room for input, or an end.
func (s *Session) Notify(f func()) { s.notify = f }

func (s *Session) wake() {
	if s.notify != nil {
		s.notify()
	}
}

// Write gives input to the command, and returns how much it took.
func (s *Session) Write(b []byte) int {
	switch {
	case s.terminal != nil:
		s.terminal.Type(b)
	case s.typing != nil:
		n, err := s.typing.Write(b)
		if err == filesystem.EAGAIN {
			return n
		}
	}
	return len(b)
}

// CloseInput says that no more input comes.
func (s *Session) CloseInput() {
	if s.typing != nil {
		s.typing.Close()
		s.typing = nil
	}
}

// Read returns output that has not been read yet.
func (s *Session) Read(stream Stream) []byte {
	if s.terminal != nil {
		if stream == Stderr {
			return nil
		}
		return s.terminal.Take()
	}
	var all []byte
	for {
		data, err := s.screen[stream].Read(1 << 20)
		if err != nil || len(data) == 0 {
			return all
		}
		all = append(all, data...)
	}
}

// Resize tells the command of the size of the client's window.
func (s *Session) Resize(rows, cols int) {
	if s.terminal != nil {
		s.terminal.Resize(rows, cols)
	}
}

// Done returns the command's exit code once it has ended.
func (s *Session) Done() (code int, done bool) { return s.status.ExitCode(), s.done }

// HangUp says that the client is gone.
func (s *Session) HangUp() {
	s.notify = nil
	if s.terminal != nil {
		s.terminal.HangUp()
	}
	s.CloseInput()
	for i, screen := range s.screen {
		if screen != nil {
			screen.Close()
			s.screen[i] = nil
			s.out[i].Notify(nil)
		}
	}
}

// ProcessExited takes note of the end of the command.
func (s *Session) ProcessExited(_ *process.Process, status process.Status) {
	s.done, s.status = true, status
	s.wake()
}

// CopyReaper is the session in a fork, where it has no client.
func (s *Session) CopyReaper(c *process.Copier) process.Reaper {
	return process.Copy(c, s, func(fresh *Session) {
		fresh.notify = nil
		fresh.container = s.container.Copy(c)
		fresh.process = process.CopyProcess(c, s.process)
		fresh.terminal = process.CopyTerminal(c, s.terminal)
		fresh.in = process.CopyPipe(c, s.in)
		for i := range s.out {
			fresh.out[i] = process.CopyPipe(c, s.out[i])
			fresh.screen[i] = copyFile(c, s.screen[i])
		}
		fresh.typing = copyFile(c, s.typing)
		c.Then(fmt.Sprintf("%s %d", s.container.ID, s.process.PID()), fresh.HangUp)
	})
}

func copyFile(c *process.Copier, f process.File) process.File {
	if f == nil {
		return nil
	}
	return f.CopyFile(c)
}

// ExecResult is the outcome of ExecSync.
type ExecResult struct {
	Code     int
	Output   []byte // standard output and error
	TimedOut bool
	Err      error // the command could not be started
}

// maxOutput is how much output of a command is kept.
const maxOutput = 16 << 10

// execSync is a command that runs for a probe or a hook. It is plain data, and
// so is in forks what it is in the original.
type execSync struct {
	container *Container
	token     string
	task      process.Task
	output    []byte
	process   *process.Process
	done      bool
}

// ExecSync runs a command for at most limit (0: without limit) and tells the
// observer of its outcome, under the given token.
func (c *Container) ExecSync(token string, args []string, limit time.Duration) {
	e := &execSync{container: c, token: token}
	e.task.Init(c.sandbox.kernel, e)
	if err := e.start(args); err != nil {
		c.observer().ExecFinished(token, ExecResult{Code: -1, Err: err})
		return
	}
	if limit > 0 {
		e.task.WakeAt(c.sandbox.kernel.Now().Add(limit))
	}
}

func (e *execSync) start(args []string) error {
	c := e.container
	if c.status.State != Running {
		return ErrNotRunning
	}
	c.sandbox.touch()
	env := c.environment()
	file, err := c.executable(args[0], env, c.workingDir())
	if err != nil {
		return execError(err)
	}
	who, err := c.user()
	if err != nil {
		return execError(err)
	}
	null := process.NullFile(c.sandbox.kernel)
	e.process, err = c.space.StartProcess(process.Start{
		Path: file, Args: args, Env: env, Dir: c.workingDir(), Who: who, Reaper: e, Files: []process.File{null, e, e},
	})
	if err != nil {
		return execError(fmt.Errorf("exec: %q: %w", args[0], err))
	}
	return nil
}

// Run is called when the time is over.
func (e *execSync) Run() {
	if !e.done {
		e.finish(ExecResult{Code: -1, Output: e.output, TimedOut: true})
		e.process.Deliver(process.SIGKILL)
	}
}

func (e *execSync) finish(r ExecResult) {
	e.done = true
	e.task.Disarm()
	e.container.observer().ExecFinished(e.token, r)
}

// ProcessExited takes note of the end of the command.
func (e *execSync) ProcessExited(_ *process.Process, status process.Status) {
	if !e.done {
		e.finish(ExecResult{Code: status.ExitCode(), Output: e.output})
	}
}

// Read has nothing.
func (e *execSync) Read(int) ([]byte, error) { return nil, nil }

// Write keeps the output.
func (e *execSync) Write(b []byte) (int, error) {
	e.output = append(e.output, b[:min(len(b), max(0, maxOutput-len(e.output)))]...)
	return len(b), nil
}

// Watch has nothing to wait for.
func (e *execSync) Watch(*process.Task) {}

// Close does nothing.
func (e *execSync) Close() {}

// CopyFile is the command's output in a fork.
func (e *execSync) CopyFile(c *process.Copier) process.File { return e.copy(c) }

// CopyReaper is the command in a fork.
func (e *execSync) CopyReaper(c *process.Copier) process.Reaper { return e.copy(c) }

// CopyRunner is the command's time limit in a fork.
func (e *execSync) CopyRunner(c *process.Copier) *process.Task { return &e.copy(c).task }

func (e *execSync) copy(c *process.Copier) *execSync {
	return process.Copy(c, e, func(fresh *execSync) {
		fresh.task = process.CopyTask(c, &e.task, fresh)
		fresh.container = e.container.Copy(c)
		fresh.process = process.CopyProcess(c, e.process)
		fresh.output = e.output[:len(e.output):len(e.output)]
		e.output = fresh.output
	})
}
