package shell

import (
	"maps"
	"slices"
	"strconv"

	"github.com/kubejig/kubejig/internal/simulation/process"
)

// trap says what to do on signals.
func (s *Shell) trap(args []string) {
	args = args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 || args[0] == "-p" {
		for _, sig := range slices.Sorted(maps.Keys(s.traps)) {
			s.printf(1, "trap -- %s %s\n", quote(s.traps[sig]), sig)
		}
		return
	}
	if args[0] == "-l" {
		for n := process.Signal(1); n < 32; n++ {
			s.printf(1, "%2d) %s\n", int(n), n)
		}
		return
	}
	action, names := args[0], args[1:]
	if _, err := strconv.Atoi(action); err == nil || len(names) == 0 {
		action, names = "-", args
	}
	for _, name := range names {
		sig, ok := process.ParseSignal(name)
		if !ok {
			s.fail(1, "trap: %s: invalid signal specification", name)
			continue
		}
		s.setTrap(sig, action)
	}
}

func (s *Shell) setTrap(sig process.Signal, action string) {
	if action == "-" {
		delete(s.traps, sig)
	} else {
		s.traps[sig] = action
	}
	switch {
	case sig == 0:
	case action == "-":
		s.p.Default(sig)
	case action == "":
		s.p.Ignore(sig)
	default:
		s.p.Catch(sig)
	}
}

// catches reports whether the shell may have caught a signal.
func (s *Shell) catches() bool {
	if s.interactive {
		return true
	}
	for sig, action := range s.traps {
		if sig != 0 && action != "" {
			return true
		}
	}
	return false
}

// runTraps runs the actions for signals that have arrived.
func (s *Shell) runTraps() {
	if !s.catches() || s.inTrap {
		return
	}
	for s.flow == flowNone {
		sig := s.p.TakeSignal()
		if sig == 0 {
			return
		}
		s.onSignal(sig)
	}
}

// onSignal runs the action for one signal; the status survives it.
func (s *Shell) onSignal(sig process.Signal) {
	action, ok := s.traps[sig]
	if !ok || action == "" {
		return
	}
	status, rest := s.status, s.rest
	s.inTrap, s.rest = true, nil
	s.evalText(action)
	s.inTrap, s.rest = false, rest
	if s.flow != flowExit {
		s.status = status
	}
}

// interrupted runs the traps after a signal has ended a wait, and sets the
// status for that.
func (s *Shell) interrupted() {
	for s.flow == flowNone {
		sig := s.p.TakeSignal()
		if sig == 0 {
			return
		}
		s.status = 128 + int(sig)
		s.onSignal(sig)
	}
}
