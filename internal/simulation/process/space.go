package process

import (
	"slices"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// Machine describes the node that processes run on.
type Machine struct {
	CPUs   int
	Memory int64 // bytes
	Kernel string
	Boot   time.Time
}

// Network is a pod's network as processes carry it along; package network
// knows what it is.
type Network interface {
	CopyNetwork(c *Copier) Network
}

// Loader finds a program by the name that its binary carries.
type Loader func(name string) (Program, bool)

// Mounter makes the mounts of a space, when they are needed first.
type Mounter interface {
	Mounts(s *Space) filesystem.Mounts
	// Covers reports whether a volume is mounted at or below a directory.
	Covers(dir string) bool
	CopyMounter(c *Copier) Mounter
}

// Space is what the processes of a container share: a PID namespace, mounts,
// network and names.
type Space struct {
	Kernel      *Kernel
	Hostname    string
	Machine     *Machine // immutable
	Mounter     Mounter
	Network     Network
	Load        Loader
	MemoryLimit int64 // bytes; 0: none
	// PIDs are those of another space that this one joins; nil: its own.
	PIDs *Namespace

	mounted filesystem.Mounts // nil until a process looks at files
	first   *Process          // whose end ends the others
	running *Process
	caller  *Process // for whom /proc/self is read
	fifos   map[fileKey]*Pipe
}

// Start says what to run in a new process.
type Start struct {
	Program Program // nil: load it from Path
	Variant string  // of Program
	Path    string  // the file to run, absolute
	Args    []string
	Env     []string
	Dir     string
	Who     filesystem.Credential
	Files   []File // standard input, output and error
	TTY     *Terminal
	Reaper  Reaper
}

// StartProcess starts a process that has no parent. The end of a space's first
// one ends the others; that of a namespace's init process, which has PID 1, ends
// all of the namespace.
func (s *Space) StartProcess(start Start) (*Process, error) {
	p := s.newProcess()
	p.env = start.Env
	p.cwd, p.who, p.umask = start.Dir, start.Who, 0o022
	p.tty, p.reaper = start.TTY, start.Reaper
	p.group = p.pid
	found := loaded{start.Program, start.Variant, start.Args}
	if start.Program == nil {
		var err error
		if found, err = p.load(start.Path, start.Args, 0); err != nil {
			return nil, err
		}
	}
	p.become(found)
	for fd, file := range start.Files {
		p.files.set(fd, newDescription(file))
	}
	if p.tty != nil {
		p.tty.foreground = p.group
	}
	s.add(p)
	return p, nil
}

// mounts are the mounts of the space.
func (s *Space) mounts() filesystem.Mounts {
	if s.mounted == nil {
		s.mounted = s.Mounter.Mounts(s)
	}
	return s.mounted
}

// Covers reports whether a volume is mounted at or below a directory, so that
// a daemon does not look at files that can only be those of its image.
func (s *Space) Covers(dir string) bool { return s.mounted != nil || s.Mounter.Covers(dir) }

// View is the files as root sees them, for the keepers of the space.
func (s *Space) View() *filesystem.View {
	return &filesystem.View{Mounts: s.mounts(), Now: s.Kernel.Now()}
}

func (s *Space) newProcess() *Process {
	pids := s.Namespace()
	pids.last++
	p := &Process{space: s, pid: pids.last, started: s.Kernel.Now()}
	if s.first == nil {
		s.first = p
	}
	p.task.Init(s.Kernel, p)
	return p
}

// add makes the process visible and ready to run.
func (s *Space) add(p *Process) {
	s.PIDs.processes = append(s.PIDs.processes, p)
	p.task.Wake()
}

// Namespace is the space's PID namespace.
func (s *Space) Namespace() *Namespace {
	if s.PIDs == nil {
		s.PIDs = new(Namespace)
	}
	return s.PIDs
}

// Find returns a process that has not been reaped, or nil.
func (s *Space) Find(pid int) *Process { return s.Namespace().find(pid) }

// Quiet reports whether there is nothing but daemons.
func (s *Space) Quiet() bool {
	for _, p := range s.Processes() {
		if p.daemon() == nil {
			return false
		}
	}
	return true
}

// Processes are all of the namespace that have not been reaped, by PID.
func (s *Space) Processes() []*Process { return s.Namespace().processes }

func (s *Space) reap(p *Process) {
	p.state = Reaped
	s.PIDs.remove(func(other *Process) bool { return other == p })
}

// exited passes on the end of a process.
func (s *Space) exited(p *Process) {
	for _, child := range s.Processes() {
		if child.ppid == p.pid {
			s.orphan(child)
		}
	}
	switch {
	case p.pid == 1:
		s.PIDs.kill(func(*Process) bool { return true })
	case p == s.first:
		s.KillAll()
	}
	parent := s.Find(p.ppid)
	if parent == nil || parent.state != Running {
		s.reap(p)
	} else {
		parent.deliver(SIGCHLD, false)
		parent.exits.Wake()
		if parent.daemon() != nil || parent.ignored.has(SIGCHLD) {
			s.reap(p)
		}
	}
	if p.reaper != nil {
		p.reaper.ProcessExited(p, p.status)
	}
}

// orphan gives a process to init.
func (s *Space) orphan(p *Process) {
	p.ppid = 1
	init := s.Find(1)
	if p.state == Zombie && (init == nil || init.state != Running || init.daemon() != nil) {
		s.reap(p)
	} else if init != nil {
		init.exits.Wake()
	}
}

// KillAll kills every process of the space.
func (s *Space) KillAll() { s.Namespace().kill(s.has) }

// has reports whether a process of the namespace is the space's own.
func (s *Space) has(p *Process) bool { return p.space == s }

// Close ends all processes without telling their reapers: the space is about
// to be forgotten.
func (s *Space) Close() {
	for _, p := range s.Processes() {
		if !s.has(p) {
			continue
		}
		p.state = Reaped
		p.reaper = nil
		p.task.Disarm()
		p.release()
		p.files.closeAll()
	}
	s.PIDs.remove(s.has)
}

func (s *Space) kill(sender *Process, pid int, sig Signal) error {
	var targets []*Process
	for _, p := range s.Processes() {
		switch {
		case pid > 0 && p.pid == pid,
			pid == 0 && p.group == sender.group,
			pid == -1 && p.pid != 1 && p != sender,
			pid < -1 && p.group == -pid:
			targets = append(targets, p)
		}
	}
	if len(targets) == 0 {
		return filesystem.ESRCH
	}
	for _, p := range targets {
		if sender.who.UID != 0 && sender.who.UID != p.who.UID {
			return filesystem.EPERM
		}
		p.deliver(sig, false)
	}
	return nil
}

// SignalGroup sends a signal to a process group, as a terminal does.
func (s *Space) SignalGroup(group int, sig Signal) {
	for _, p := range slices.Clone(s.Processes()) {
		if p.group == group {
			p.deliver(sig, false)
		}
	}
}

// Copy is the space in a fork.
func (s *Space) Copy(c *Copier) *Space {
	return Copy(c, s, func(fresh *Space) {
		fresh.Kernel = c.Kernel
		fresh.running, fresh.caller = nil, nil
		fresh.mounted = s.mounted.Rebind(c.FileSystem)
		for i := range fresh.mounted {
			if _, ok := fresh.mounted[i].Synthetic.(procFS); ok {
				fresh.mounted[i].Synthetic = procFS{fresh}
			}
		}
		if s.Mounter != nil {
			fresh.Mounter = s.Mounter.CopyMounter(c)
		}
		if s.Network != nil {
			fresh.Network = s.Network.CopyNetwork(c)
		}
		fresh.fifos = copyFifos(c, s.fifos)
		fresh.PIDs = s.Namespace().copy(c)
		fresh.first = CopyProcess(c, s.first)
	})
}
