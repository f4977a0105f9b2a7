package cluster

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// hold marks a cluster as served by this process: on Windows its ID does.
func hold(d folder) error {
	return os.WriteFile(d.lock(), []byte(strconv.Itoa(os.Getpid())), 0o600)
}

// alive reports whether the process that serves a cluster is there.
func alive(_ folder, pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	_ = p.Release()
	return pid > 0
}

// terminate ends a process; Windows has no polite way for one without window.
func terminate(pid int) error { return kill(pid) }

// kill ends a process.
func kill(pid int) error {
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return p.Kill()
}

// detachedProcess and newProcessGroup are flags of CreateProcess.
const (
	detachedProcess = 0x00000008
	newProcessGroup = 0x00000200
)

// detach lets a command live on without its parent and console.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: detachedProcess | newProcessGroup}
}

// typed reports whether a signal comes from a key at our console, and so has
// reached all that we have started too: others do not reach us.
func typed(os.Signal) bool { return true }

// signalNumber is the signal that ended a process: Windows has none.
func signalNumber(*exec.ExitError) int { return 0 }
