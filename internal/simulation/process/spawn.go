package process

import (
	"bytes"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// binaryMagic begins an executable file; the program's name and variant
// follow.
const binaryMagic = "\x7fELF\x02\x01\x01\x00\x00\x00program "

// Binary is the content of an executable file that runs the program that a
// Loader knows by name.
func Binary(name, variant string) []byte {
	return []byte(binaryMagic + name + " " + variant + "\n")
}

// loaded is a program as found in a file.
type loaded struct {
	program Program
	variant string
	args    []string
}

// maxInterpreters is how many scripts may interpret each other.
const maxInterpreters = 4

// load finds the program in an executable file.
func (p *Process) load(path string, args []string, depth int) (loaded, error) {
	v := p.view()
	info, err := v.Stat(path)
	if err != nil {
		return loaded{}, err
	}
	if info.Kind != filesystem.Regular {
		return loaded{}, filesystem.EACCES
	}
	if err := v.Access(path, "x"); err != nil {
		return loaded{}, err
	}
	data, err := (&filesystem.View{Mounts: v.Mounts}).ReadFile(path)
	if err != nil {
		return loaded{}, err
	}
	if name, ok := bytes.CutPrefix(data, []byte(binaryMagic)); ok {
		name, variant, _ := strings.Cut(strings.TrimSuffix(string(name), "\n"), " ")
		if program, ok := p.space.Load(name); ok {
			return loaded{program, variant, args}, nil
		}
		return loaded{}, filesystem.ENOEXEC
	}
	if line, ok := bytes.CutPrefix(data, []byte("#!")); ok && depth < maxInterpreters {
		line, _, _ = bytes.Cut(line, []byte("\n"))
		return p.loadInterpreter(strings.TrimSpace(string(line)), path, args, depth)
	}
	return loaded{}, filesystem.ENOEXEC
}

// loadInterpreter loads what the first line of a script names.
func (p *Process) loadInterpreter(line, path string, args []string, depth int) (loaded, error) {
	interpreter, argument, _ := strings.Cut(line, " ")
	full := []string{interpreter}
	if argument = strings.TrimSpace(argument); argument != "" {
		full = append(full, argument)
	}
	full = append(full, path)
	if len(args) > 1 {
		full = append(full, args[1:]...)
	}
	return p.load(interpreter, full, depth+1)
}

func (p *Process) become(l loaded) {
	p.program, p.variant, p.args, p.begun = l.program, l.variant, l.args, false
	if c, ok := l.program.(Chooser); ok {
		p.program = c.Choose(l.args)
	}
}

// NoMain is embedded by daemons and choosers, whose Main is never called.
type NoMain struct{}

// Main does nothing.
func (NoMain) Main(*Process) int { return 0 }

// Command says how to run a child process or another program in the same one.
type Command struct {
	Program  Program // nil: load it from Path
	Path     string
	Args     []string
	Env      []string    // nil: the parent's own
	Files    map[int]int // the child's descriptors and which of the parent's they are
	NewGroup bool        // lead a process group of its own
	Ignore   []Signal    // signals that the child ignores
}

// maxProcesses is how many processes a space may have.
const maxProcesses = 1024

// Spawn starts a child process and returns its PID.
func (p *Process) Spawn(cmd Command) (int, error) {
	return do2(p, func() (int, error) { return p.spawn(cmd) })
}

func (p *Process) spawn(cmd Command) (int, error) {
	l := loaded{cmd.Program, p.variant, cmd.Args}
	if cmd.Program == nil {
		var err error
		if l, err = p.load(p.abs(cmd.Path), cmd.Args, 0); err != nil {
			return 0, err
		}
	}
	if len(p.space.Processes()) >= maxProcesses {
		return 0, filesystem.EAGAIN
	}
	p.calls += spawnCalls
	child := p.space.newProcess()
	child.become(l)
	child.env = cmd.Env
	if cmd.Env == nil {
		child.env = p.env
	}
	child.ppid, child.group = p.pid, p.group
	if cmd.NewGroup {
		child.group = child.pid
	}
	child.cwd, child.who, child.umask, child.tty = p.cwd, p.who, p.umask, p.tty
	child.ignored = p.ignored
	for _, sig := range cmd.Ignore {
		child.ignored.add(sig)
	}
	child.files = p.files.inherit(cmd.Files)
	p.space.add(child)
	return child.pid, nil
}

// Exec replaces the program of the process. It returns only when that fails.
func (p *Process) Exec(cmd Command) error {
	err := doErr(p, func() error {
		l, err := p.load(p.abs(cmd.Path), cmd.Args, 0)
		if err != nil {
			return err
		}
		p.become(l)
		if cmd.Env != nil {
			p.env = cmd.Env
		}
		files := p.files.inherit(cmd.Files)
		p.files.closeAll()
		p.files = files
		p.caught, p.pending = 0, 0
		return nil
	})
	if err == nil {
		p.journal, p.cursor = nil, 0
		panic(replaceProgram{})
	}
	return err
}

// Exit is how a child ended.
type Exit struct {
	PID    int
	Status Status
}

// Wait waits for the end of a child, or of any if pid is -1. A signal does not
// interrupt it; see WaitInterruptible.
func (p *Process) Wait(pid int) (Exit, error) {
	r := Await(p, func() (result[Exit], bool) {
		exit, err := p.tryWait(pid)
		return result[Exit]{exit, err}, err != filesystem.EAGAIN
	})
	return r.value, r.err
}

// WaitInterruptible is Wait, which a caught signal ends with EINTR.
func (p *Process) WaitInterruptible(pid int) (Exit, error) {
	return Interruptible(p, func() (Exit, error) { return p.tryWait(pid) })
}

// Poll is Wait without waiting: EAGAIN says that no child has ended.
func (p *Process) Poll(pid int) (Exit, error) {
	return do2(p, func() (Exit, error) { return p.tryWait(pid) })
}

func (p *Process) tryWait(pid int) (Exit, error) {
	found := false
	for _, child := range p.space.Processes() {
		if child.ppid != p.pid || pid > 0 && child.pid != pid {
			continue
		}
		found = true
		if child.state == Zombie {
			p.space.reap(child)
			return Exit{child.pid, child.status}, nil
		}
	}
	if !found {
		return Exit{}, filesystem.ECHILD
	}
	p.exits.Add(&p.task)
	return Exit{}, filesystem.EAGAIN
}
