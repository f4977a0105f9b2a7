//go:build !windows

package cluster

import (
	"os"
	"os/exec"
	"syscall"
)

// alive reports whether a process is there.
func alive(pid int) bool { return pid > 0 && syscall.Kill(pid, 0) == nil }

// terminate asks a process to end.
func terminate(pid int) error { return syscall.Kill(pid, syscall.SIGTERM) }

// kill ends a process that did not.
func kill(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) }

// detach lets a command live on without its parent and terminal.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// interrupts are the signals that end a cluster in the foreground.
func interrupts() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }

// signalNumber is the signal that ended a process.
func signalNumber(exit *exec.ExitError) int {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return int(status.Signal())
	}
	return 0
}
