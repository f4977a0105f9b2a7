package process

import (
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// State is a stage in the life of a process.
type State uint8

// The states of a process.
const (
	Running State = iota
	Zombie
	Reaped
)

// Status is how a process ended: by a signal, or with an exit code.
type Status struct {
	Code   int
	Signal Signal
}

// ExitCode is the code as a shell or a container runtime reports it: 128 and
// the number of the signal for a process that was killed.
func (s Status) ExitCode() int {
	if s.Signal != 0 {
		return 128 + int(s.Signal)
	}
	return s.Code
}

// Reaper learns of the end of a process that has no parent: a container's
// first process, or an exec session.
type Reaper interface {
	ProcessExited(p *Process, status Status)
	CopyReaper(c *Copier) Reaper
}

// Process is a running program. What a program may call is exported by
// methods that go through Do or Await; the other exported methods are for
// those who run processes.
type Process struct {
	task  Task
	space *Space
	pid   int
	ppid  int
	group int

	program Program
	begun   bool     // the daemon was started
	Data    Data     // of a daemon
	args    []string // immutable
	env     []string // immutable
	variant string

	cwd   string
	who   filesystem.Credential
	umask uint32
	files fileTable
	tty   *Terminal

	started time.Time
	state   State
	status  Status
	stopped bool
	reaper  Reaper
	exits   Waiters // of children

	caught, ignored, pending signalSet

	journal []any
	cursor  int
	spent   int // calls of Spend since the last journal entry
	repeat  int // of those, the ones that replay has still to repeat

	calls               int
	naps                int
	busySince, napUntil time.Time

	resume func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
	code   int
}

func (p *Process) kernel() *Kernel { return p.task.kernel }

// PID is the process's number in its namespace.
func (p *Process) PID() int { return p.pid }

// Args is the command line, the program's name first.
func (p *Process) Args() []string { return p.args }

// Environ is the environment that the process was started with, as KEY=value.
func (p *Process) Environ() []string { return p.env }

// Variant tells the versions of a program apart, such as "1.28".
func (p *Process) Variant() string { return p.variant }

// State is the current state.
func (p *Process) State() State { return p.state }

// Task is where the process waits; Await's callers register it.
func (p *Process) Task() *Task { return &p.task }

// Space is the namespace that the process lives in.
func (p *Process) Space() *Space { return p.space }

// Terminal is the controlling terminal, or nil.
func (p *Process) Terminal() *Terminal { return p.tty }

// Getenv returns a variable of the environment, or "".
func (p *Process) Getenv(name string) string {
	value, _ := p.LookupEnv(name)
	return value
}

// LookupEnv returns a variable of the environment and whether it is set.
func (p *Process) LookupEnv(name string) (string, bool) {
	for i := len(p.env) - 1; i >= 0; i-- {
		if kv := p.env[i]; len(kv) > len(name) && kv[len(name)] == '=' && kv[:len(name)] == name {
			return kv[len(name)+1:], true
		}
	}
	return "", false
}

// onCPU reports whether the process is the one that is running.
func (p *Process) onCPU() bool { return p.space.running == p }

// exit ends the process: its files are closed, its children go to init, and
// its parent or reaper is told.
func (p *Process) exit(status Status) {
	if p.state != Running {
		return
	}
	p.state, p.status = Zombie, status
	p.task.Disarm()
	p.release()
	p.files.closeAll()
	p.journal, p.cursor = nil, 0
	p.space.exited(p)
}

// CopyRunner copies the process into a fork. The copy has no coroutine: it is
// made when the copy runs.
func (p *Process) CopyRunner(c *Copier) *Task { return &p.copy(c).task }

func (p *Process) copy(c *Copier) *Process {
	return Copy(c, p, func(fresh *Process) {
		fresh.task = p.task.copyTask(c, fresh)
		fresh.space = p.space.Copy(c)
		fresh.files = p.files.copy(c)
		fresh.tty = p.tty.copy(c)
		fresh.exits = p.exits.Copy(c)
		fresh.journal = p.journal[:len(p.journal):len(p.journal)]
		p.journal = fresh.journal
		fresh.cursor, fresh.repeat = 0, p.spent
		if p.Data != nil {
			fresh.Data = p.Data.CopyData()
		}
		fresh.resume, fresh.stop, fresh.yield = nil, nil, nil
		if p.reaper != nil {
			fresh.reaper = p.reaper.CopyReaper(c)
		}
	})
}

// CopyProcess is the copy of a process in a fork.
func CopyProcess(c *Copier, p *Process) *Process {
	if p == nil {
		return nil
	}
	return p.copy(c)
}

// Stopped reports whether a signal has stopped the process.
func (p *Process) Stopped() bool { return p.stopped }
