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

// Space is a PID namespace with what its processes share: mounts, network and
// names. A container has one.
type Space struct {
	Kernel      *Kernel
	Hostname    string
	Machine     *Machine // immutable
	Mounter     Mounter
	Network     Network
	Load        Loader
	MemoryLimit int64 // bytes; 0: none

	mounted   filesystem.Mounts // nil until a process looks at files
	processes []*Process        // by PID
	last      int
	running   *Process
	caller    *Process // for whom /proc/self is read
	fifos     map[fileKey]*Pipe
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

// StartProcess starts a process that has no parent. The first one of a space
// is its init process, whose end ends the others.
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
	s.last++
	p := &Process{space: s, pid: s.last, started: s.Kernel.Now()}
	p.task.Init(s.Kernel, p)
	return p
}

// add makes the process visible and ready to run.
func (s *Space) add(p *Process) {
	s.processes = append(s.processes, p)
	p.task.Wake()
}

// Find returns a process that has not been reaped, or nil.
func (s *Space) Find(pid int) *Process {
	i, ok := slices.BinarySearchFunc(s.processes, pid, func(p *Process, pid int) int { return p.pid - pid })
	if !ok {
		return nil
	}
	return s.processes[i]
}

// Quiet reports whether there is nothing but daemons.
func (s *Space) Quiet() bool {
	for _, p := range s.processes {
		if p.daemon() == nil {
			return false
		}
	}
	return true
}

// Processes are all that have not been reaped, by PID.
func (s *Space) Processes() []*Process { return s.processes }

func (s *Space) reap(p *Process) {
	p.state = Reaped
	s.processes = slices.DeleteFunc(slices.Clone(s.processes), func(other *Process) bool { return other == p })
}

// exited passes on the end of a process.
func (s *Space) exited(p *Process) {
	for _, child := range s.processes {
		if child.ppid == p.pid {
			s.orphan(child)
		}
	}
	if p.pid == 1 {
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

// KillAll kills every process.
func (s *Space) KillAll() {
	for _, p := range slices.Clone(s.processes) {
		p.exit(Status{Signal: SIGKILL})
	}
}

// Close ends all processes without telling their reapers: the space is about
// to be forgotten.
func (s *Space) Close() {
	for _, p := range s.processes {
		p.state = Reaped
		p.reaper = nil
		p.task.Disarm()
		p.release()
		p.files.closeAll()
	}
	s.processes = nil
}

func (s *Space) kill(sender *Process, pid int, sig Signal) error {
	var targets []*Process
	for _, p := range s.processes {
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
	for _, p := range slices.Clone(s.processes) {
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
		fresh.processes = make([]*Process, len(s.processes))
		for i, p := range s.processes {
			fresh.processes[i] = p.copy(c)
		}
	})
}
