package shell

import (
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// job is a command in the background.
type job struct {
	pid    int
	text   string
	done   bool
	status process.Status
}

// background starts a statement without waiting for it.
func (s *Shell) background(st *syntax.Stmt) {
	s.collectJobs()
	foreground := *st
	foreground.Background = false
	sub, files := s.fork([]*syntax.Stmt{&foreground})
	cmd := commandOf(sub, s, files)
	input := -1
	if !s.interactive {
		input, _ = s.p.Open("/dev/null", filesystem.OpenRead, 0)
		files[0], sub.state.fds[0] = input, 0
		cmd.Ignore = []process.Signal{process.SIGINT, process.SIGQUIT}
	}
	pid, err := s.p.Spawn(cmd)
	if input >= 0 {
		s.p.Close(input)
	}
	if err != nil {
		s.fail(2, "can't fork: %v", err)
		return
	}
	var source strings.Builder
	syntax.NewPrinter(syntax.SingleLine(true)).Print(&source, &foreground) //nolint:errcheck // a builder does not fail
	s.jobs = append(s.jobs, job{pid: pid, text: source.String()})
	s.lastJob = pid
	s.status = 0
	if s.interactive && s.dialect == Bash {
		s.printf(2, "[%d] %d\n", len(s.jobs), pid)
	}
}

// collectJobs takes note of the jobs that have ended.
func (s *Shell) collectJobs() {
	for i := range s.jobs {
		if j := &s.jobs[i]; !j.done {
			if exit, err := s.p.Poll(j.pid); err == nil {
				j.done, j.status = true, exit.Status
			}
		}
	}
	if len(s.jobs) > 64 {
		s.jobs = slices.DeleteFunc(slices.Clone(s.jobs), func(j job) bool { return j.done })
	}
}

func (s *Shell) findJob(spec string) int {
	if number, ok := strings.CutPrefix(spec, "%"); ok {
		if number == "" || number == "%" || number == "+" {
			return len(s.jobs) - 1
		}
		n, _ := strconv.Atoi(number)
		if n > len(s.jobs) {
			return -1
		}
		return n - 1
	}
	pid, _ := strconv.Atoi(spec)
	return slices.IndexFunc(s.jobs, func(j job) bool { return j.pid == pid })
}

func (s *Shell) wait(args []string) {
	if len(args) > 1 && args[1] == "-n" {
		s.waitAny()
		return
	}
	if len(args) == 1 {
		for i := range s.jobs {
			if !s.waitJob(i) {
				return
			}
		}
		s.jobs, s.status = nil, 0
		return
	}
	for _, spec := range args[1:] {
		i := s.findJob(spec)
		if i < 0 {
			s.status = 127
			continue
		}
		if !s.waitJob(i) {
			return
		}
		s.status = s.jobs[i].status.ExitCode()
	}
}

// waitJob waits for one job. A trapped signal ends the wait.
func (s *Shell) waitJob(i int) bool {
	if s.jobs[i].done {
		return true
	}
	exit, err := s.p.WaitInterruptible(s.jobs[i].pid)
	if err == filesystem.EINTR {
		s.interrupted()
		return false
	}
	s.jobs[i].done, s.jobs[i].status = true, exit.Status
	return true
}

func (s *Shell) waitAny() {
	s.status = 127
	if !slices.ContainsFunc(s.jobs, func(j job) bool { return !j.done }) {
		return
	}
	exit, err := s.p.WaitInterruptible(-1)
	if err == filesystem.EINTR {
		s.interrupted()
		return
	}
	if i := s.findJob(strconv.Itoa(exit.PID)); i >= 0 {
		s.jobs[i].done, s.jobs[i].status = true, exit.Status
	}
	s.status = exit.Status.ExitCode()
}

func (s *Shell) listJobs([]string) {
	s.collectJobs()
	for i, j := range s.jobs {
		state := "Running"
		if j.done {
			state = "Done"
			if code := j.status.ExitCode(); code != 0 {
				state = "Done(" + strconv.Itoa(code) + ")"
			}
		}
		s.printf(1, "[%d]  %-23s %s\n", i+1, state, j.text)
	}
	s.jobs = slices.DeleteFunc(slices.Clone(s.jobs), func(j job) bool { return j.done })
}

func (s *Shell) noJobControl(args []string) {
	s.fail(1, "%s: no job control in this shell", args[0])
}

// kill sends signals.
func (s *Shell) kill(args []string) {
	sig, targets, ok := ParseKill(args[1:])
	if !ok || len(targets) == 0 {
		if ok && len(args) > 1 && args[1] == "-l" {
			for n := process.Signal(1); n < 32; n++ {
				s.printf(1, "%2d) %s\n", int(n), n)
			}
			return
		}
		if !ok {
			s.fail(1, "kill: bad signal name '%s'", strings.TrimPrefix(args[1], "-"))
			return
		}
		s.fail(1, "kill: you need to specify whom to kill")
		return
	}
	for _, target := range targets {
		pid, err := strconv.Atoi(target)
		if strings.HasPrefix(target, "%") {
			i := s.findJob(target)
			if i < 0 {
				s.fail(1, "kill: %s: no such job", target)
				continue
			}
			pid, err = s.jobs[i].pid, nil
		}
		if err != nil {
			s.fail(1, "kill: bad pid '%s'", target)
			continue
		}
		if err := s.p.Kill(pid, sig); err != nil {
			s.fail(1, "kill: can't kill pid %d: %v", pid, err)
		}
	}
}

// ParseKill reads the arguments of kill: the signal, and whom to send it to.
func ParseKill(args []string) (process.Signal, []string, bool) {
	sig, ok := process.SIGTERM, true
	if len(args) == 0 || !strings.HasPrefix(args[0], "-") {
		return sig, args, true
	}
	name := args[0][1:]
	args = args[1:]
	switch {
	case name == "-":
		return sig, args, true
	case name == "l":
		return sig, nil, true
	case (name == "s" || name == "n") && len(args) > 0:
		name, args = args[0], args[1:]
	}
	sig, ok = process.ParseSignal(name)
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	return sig, args, ok
}
