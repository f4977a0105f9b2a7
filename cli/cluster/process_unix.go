//go:build !windows

package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// hold marks a cluster as served by this process, until the process ends,
// however it does. The lock also says which process that is.
func hold(d folder) error {
	fd, err := syscall.Open(d.lock(), syscall.O_CREAT|syscall.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return fmt.Errorf("open %s: %w", d.lock(), err)
	}
	err = syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errors.New("another process serves it already")
	}
	if err != nil {
		return fmt.Errorf("lock %s: %w", d.lock(), err)
	}
	id := []byte(fmt.Sprintf("%-10d\n", os.Getpid())) // Over an older one, and as long.
	if _, err := syscall.Pwrite(fd, id, 0); err != nil {
		return fmt.Errorf("write %s: %w", d.lock(), err)
	}
	return nil
}

// alive reports whether the process that serves a cluster is there. A process
// ID alone would not tell: it may be a zombie's, or somebody else's by now.
func alive(d folder, _ int) bool {
	fd, err := syscall.Open(d.lock(), syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer syscall.Close(fd)
	return syscall.Flock(fd, syscall.LOCK_SH|syscall.LOCK_NB) == syscall.EWOULDBLOCK
}

// terminate asks a process to end.
func terminate(pid int) error { return syscall.Kill(pid, syscall.SIGTERM) }

// kill ends a process that did not.
func kill(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) }

// detach lets a command live on without its parent and terminal.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// typed reports whether a signal comes from a key at our terminal, and so has
// reached all that we have started too.
func typed(signal os.Signal) bool {
	if signal != os.Interrupt && signal != syscall.SIGQUIT {
		return false
	}
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer tty.Close()
	foreground, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && foreground == syscall.Getpgrp()
}

// signalNumber is the signal that ended a process.
func signalNumber(exit *exec.ExitError) int {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return int(status.Signal())
	}
	return 0
}
