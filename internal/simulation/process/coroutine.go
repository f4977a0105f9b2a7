package process

import (
	"fmt"
	"iter"
)

// Program is what a process runs. Main returns the exit code. A Program is
// shared by all processes that run it and by their copies in forks: Main must
// not change it, and must learn what it needs through p alone.
type Program interface {
	Main(p *Process) int
}

// Func is a program that is a function.
type Func func(p *Process) int

// Main calls the function.
func (f Func) Main(p *Process) int { return f(p) }

// Daemon is a program that reacts instead of running: its process needs no
// coroutine, and costs next to nothing. It must not change itself, nor call
// what may block; what changes stands in the process's Data.
type Daemon interface {
	Program
	// Start is called once, when the process begins.
	Start(p *Process)
	// Alarm is called when the timer of the process's Task is due.
	Alarm(p *Process)
	// Signal returns the exit code with which the program ends on a signal,
	// and whether it does.
	Signal(p *Process, sig Signal) (code int, ends bool)
}

// Data is what changes about a daemon.
type Data interface {
	CopyData() Data
}

// Chooser is a program that stands for another one, depending on its command
// line.
type Chooser interface {
	Program
	Choose(args []string) Program
}

func (p *Process) daemon() Daemon {
	d, _ := p.program.(Daemon)
	return d
}

// Run lets the process go on until it waits for something.
func (p *Process) Run() {
	if p.state != Running || p.stopped {
		return
	}
	if d := p.daemon(); d != nil {
		p.runDaemon(d)
		return
	}
	if p.resume == nil {
		p.resume, p.stop = iter.Pull(p.coroutine)
	}
	before := p.space.running
	p.space.running = p
	_, more := p.resume()
	p.space.running = before
	switch {
	case more || p.state != Running:
	case p.daemon() != nil:
		p.resume, p.stop = nil, nil
		p.Run()
	default:
		p.Exit(p.code & 0xff)
	}
}

func (p *Process) runDaemon(d Daemon) {
	if !p.begun {
		p.begun = true
		d.Start(p)
		return
	}
	d.Alarm(p)
}

// Exit ends a daemon's process.
func (p *Process) Exit(code int) { p.exit(Status{Code: code}) }

// Output writes to an open file of the process without waiting, for daemons.
func (p *Process) Output(fd int, text string) {
	if f := p.files.get(fd); f != nil {
		f.Write([]byte(text)) //nolint:errcheck // a daemon's log may be lost
	}
}

// Retitle changes the command line that ps shows.
func (p *Process) Retitle(title string) { p.args = []string{title} }

// park gives the processor back until the process is woken.
func (p *Process) park() {
	if !p.yield(struct{}{}) || p.state != Running {
		panic(unwind{})
	}
}

// coroutine is the life of the process.
func (p *Process) coroutine(yield func(struct{}) bool) {
	p.yield = yield
	for again := true; again; {
		again = p.runProgram() && p.daemon() == nil
	}
}

// runProgram runs the program, and reports whether it was replaced by another
// one (see Exec).
func (p *Process) runProgram() (replaced bool) {
	defer func() {
		switch cause := recover().(type) {
		case nil, unwind:
		case replaceProgram:
			replaced = true
		default:
			p.crash(cause)
		}
	}()
	p.code = p.program.Main(p)
	return false
}

// replaceProgram is what a coroutine panics with when Exec has set another
// program.
type replaceProgram struct{}

// crash ends a process whose Go code panicked as the Go runtime would.
func (p *Process) crash(cause any) {
	p.code = 2
	if file := p.files.get(2); file != nil {
		file.Write(fmt.Appendf(nil, "panic: %v\n", cause)) //nolint:errcheck // nobody left to tell
	}
}

// release ends the coroutine, if there is one that is not the caller.
func (p *Process) release() {
	if p.stop != nil && p.yield != nil && !p.onCPU() {
		p.stop()
	}
	p.resume, p.stop = nil, nil
}
