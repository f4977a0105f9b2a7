package shell

import (
	"mvdan.cc/sh/v3/syntax"

	"github.com/kubejig/kubejig/internal/simulation/process"
)

// commandOf is the command that starts a subshell.
func commandOf(sub *subshell, s *Shell, files map[int]int) process.Command {
	return process.Command{Program: sub, Args: s.p.Args(), Env: s.exported(), Files: files}
}

// child runs statements in a subshell and waits for it.
func (s *Shell) child(stmts []*syntax.Stmt) {
	sub, files := s.fork(stmts)
	pid, err := s.p.Spawn(commandOf(sub, s, files))
	if err != nil {
		s.fail(2, "can't fork: %v", err)
		return
	}
	s.await(pid)
}

// await waits for a foreground child and takes its status.
func (s *Shell) await(pid int) {
	exit, err := s.p.Wait(pid)
	if err != nil {
		s.status = 127
		return
	}
	s.status = exit.Status.ExitCode()
	s.report(exit.Status)
}

// deathMessages are what a shell says of a child that a signal killed.
var deathMessages = map[process.Signal]string{
	process.SIGKILL: "Killed", process.SIGTERM: "Terminated", process.SIGHUP: "Hangup",
	process.SIGQUIT: "Quit", process.SIGSEGV: "Segmentation fault", process.SIGABRT: "Aborted",
	process.SIGUSR1: "User defined signal 1", process.SIGUSR2: "User defined signal 2",
}

func (s *Shell) report(status process.Status) {
	if message, ok := deathMessages[status.Signal]; ok {
		s.printf(2, "%s\n", message)
	} else if status.Signal == process.SIGINT && s.interactive {
		s.printf(2, "\n")
	}
}

// pipeline runs a | b | c, each in a process of its own.
func (s *Shell) pipeline(cmd *syntax.BinaryCmd) {
	stages, both := stagesOf(cmd)
	pids := make([]int, len(stages))
	input := -1
	for i, st := range stages {
		sub, files := s.fork([]*syntax.Stmt{st})
		if input >= 0 {
			files[0], sub.state.fds[0] = input, 0
		}
		next, output := -1, -1
		if i < len(stages)-1 {
			next, output = s.p.Pipe()
			files[1], sub.state.fds[1] = output, 1
			if both[i] {
				files[2], sub.state.fds[2] = output, 2
			}
		}
		pids[i], _ = s.p.Spawn(commandOf(sub, s, files))
		for _, fd := range []int{input, output} {
			if fd >= 0 {
				s.p.Close(fd)
			}
		}
		input = next
	}
	failed := 0
	for _, pid := range pids {
		exit, _ := s.p.Wait(pid)
		s.status = exit.Status.ExitCode()
		if s.status != 0 {
			failed = s.status
		}
	}
	if s.options.pipefail && s.status == 0 {
		s.status = failed
	}
}

// stagesOf flattens a pipeline; both tells after which stages |& stands.
func stagesOf(cmd *syntax.BinaryCmd) (stages []*syntax.Stmt, both []bool) {
	if left, ok := cmd.X.Cmd.(*syntax.BinaryCmd); ok && (left.Op == syntax.Pipe || left.Op == syntax.PipeAll) && len(cmd.X.Redirs) == 0 {
		stages, both = stagesOf(left)
	} else {
		stages = []*syntax.Stmt{cmd.X}
	}
	both = append(both, cmd.Op == syntax.PipeAll)
	return append(stages, cmd.Y), both
}
