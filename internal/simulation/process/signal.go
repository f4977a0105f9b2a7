package process

import (
	"strconv"
	"strings"
)

// Signal is the number of a signal, as on Linux.
type Signal int

// The signals that have a meaning here.
const (
	SIGHUP   Signal = 1
	SIGINT   Signal = 2
	SIGQUIT  Signal = 3
	SIGABRT  Signal = 6
	SIGKILL  Signal = 9
	SIGUSR1  Signal = 10
	SIGSEGV  Signal = 11
	SIGUSR2  Signal = 12
	SIGPIPE  Signal = 13
	SIGALRM  Signal = 14
	SIGTERM  Signal = 15
	SIGCHLD  Signal = 17
	SIGCONT  Signal = 18
	SIGSTOP  Signal = 19
	SIGTSTP  Signal = 20
	SIGWINCH Signal = 28
)

// signalNames are the names by number, as `kill -l` shows them.
var signalNames = strings.Fields("EXIT HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM " +
	"STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH POLL PWR SYS")

// String is the name of the signal without SIG.
func (s Signal) String() string {
	if s >= 0 && int(s) < len(signalNames) {
		return signalNames[s]
	}
	return strconv.Itoa(int(s))
}

// ParseSignal reads a name, with or without SIG, or a number. EXIT is 0.
func ParseSignal(name string) (Signal, bool) {
	if n, err := strconv.Atoi(name); err == nil {
		return Signal(n), n >= 0 && n <= 64
	}
	name = strings.TrimPrefix(strings.ToUpper(name), "SIG")
	for n, known := range signalNames {
		if known == name {
			return Signal(n), true
		}
	}
	return 0, false
}

// signalSet is a set of signals as bits.
type signalSet uint64

func (s signalSet) has(sig Signal) bool { return s>>sig&1 != 0 }
func (s *signalSet) add(sig Signal)     { *s |= 1 << sig }
func (s *signalSet) remove(sig Signal)  { *s &^= 1 << sig }
func setOf(signals ...Signal) (s signalSet) {
	for _, sig := range signals {
		s.add(sig)
	}
	return s
}

// harmless are the signals that do nothing by default.
var harmless = setOf(SIGCHLD, SIGWINCH, SIGCONT, 23)

// Deliver sends a signal to the process from outside its PID namespace, as a
// container runtime does.
func (p *Process) Deliver(sig Signal) { p.deliver(sig, true) }

func (p *Process) deliver(sig Signal, outside bool) {
	if p.state != Running || sig == 0 {
		return
	}
	if sig == SIGCONT && p.stopped {
		p.stopped = false
		p.task.Wake()
	}
	switch {
	case sig == SIGKILL || sig == SIGSTOP:
		if p.pid == 1 && !outside {
			return
		}
		p.act(sig)
	case p.ignored.has(sig):
	case p.caught.has(sig):
		p.pending.add(sig)
		p.task.Wake()
	default:
		p.byDefault(sig)
	}
}

// byDefault does what a signal does to a process that has said nothing about
// it. An init process gets no signal that it has no handler for.
func (p *Process) byDefault(sig Signal) {
	if d := p.daemon(); d != nil {
		if code, ends := d.Signal(p, sig); ends {
			p.Exit(code)
			return
		}
	}
	if p.pid == 1 || harmless.has(sig) {
		return
	}
	p.act(sig)
}

// act stops or ends the process.
func (p *Process) act(sig Signal) {
	switch sig {
	case SIGSTOP, SIGTSTP, 21, 22:
		p.stopped = true
	default:
		p.exit(Status{Signal: sig})
	}
}

// Catch makes signals wait to be taken by TakeSignal.
func (p *Process) Catch(signals ...Signal) { p.dispose(&p.caught, &p.ignored, signals) }

// Ignore makes signals have no effect.
func (p *Process) Ignore(signals ...Signal) { p.dispose(&p.ignored, &p.caught, signals) }

// Default makes signals do what they do by default.
func (p *Process) Default(signals ...Signal) { p.dispose(nil, nil, signals) }

func (p *Process) dispose(in, out *signalSet, signals []Signal) {
	Do(p, func() struct{} {
		for _, sig := range signals {
			p.caught.remove(sig)
			p.ignored.remove(sig)
			if in != nil {
				in.add(sig)
				out.remove(sig)
			}
		}
		return struct{}{}
	})
}

// TakeSignal returns a caught signal that has arrived, or 0.
func (p *Process) TakeSignal() Signal {
	return Do(p, func() Signal {
		for sig := Signal(1); sig < 64; sig++ {
			if p.pending.has(sig) {
				p.pending.remove(sig)
				return sig
			}
		}
		return 0
	})
}

// Kill sends a signal to the process pid, to the group -pid if pid is less
// than -1, to all but init and itself if it is -1, and to its own group if 0.
func (p *Process) Kill(pid int, sig Signal) error {
	return doErr(p, func() error { return p.space.kill(p, pid, sig) })
}
