package container

import (
	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// pause is the init process of a pod whose containers share a PID namespace. It
// heeds no signal, as pause from within its own namespace.
type pause struct{ process.NoMain }

// Start does nothing.
func (pause) Start(*process.Process) {}

// Alarm does nothing.
func (pause) Alarm(*process.Process) {}

// Signal does nothing: the sandbox ends it.
func (pause) Signal(*process.Process, process.Signal) (int, bool) { return 0, false }

// noFiles are the mounts of pause, into which nobody can look.
type noFiles struct{}

// Mounts are none.
func (noFiles) Mounts(*process.Space) filesystem.Mounts { return nil }

// Covers is never so.
func (noFiles) Covers(string) bool { return false }

// CopyMounter is the same in a fork.
func (noFiles) CopyMounter(*process.Copier) process.Mounter { return noFiles{} }

// namespace is the PID namespace that the pod's containers share.
func (s *Sandbox) namespace() (*process.Namespace, error) {
	if s.pause == nil {
		space := &process.Space{Kernel: s.kernel, Hostname: s.Config.Hostname, Machine: s.Machine, Mounter: noFiles{}, Network: s.Stack}
		if _, err := space.StartProcess(process.Start{Program: pause{}, Args: []string{"/pause"}, Who: filesystem.Credential{UID: 65535, GID: 65535}}); err != nil {
			return nil, err
		}
		s.pause = space
	}
	return s.pause.Namespace(), nil
}
