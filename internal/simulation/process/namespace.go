package process

import "slices"

// Namespace is a PID namespace: that of one container, and of those that have
// joined it to see and signal its processes.
type Namespace struct {
	processes []*Process // that have not been reaped, by PID
	last      int
}

func (n *Namespace) find(pid int) *Process {
	i, ok := slices.BinarySearchFunc(n.processes, pid, func(p *Process, pid int) int { return p.pid - pid })
	if !ok {
		return nil
	}
	return n.processes[i]
}

func (n *Namespace) remove(which func(*Process) bool) {
	n.processes = slices.DeleteFunc(slices.Clone(n.processes), which)
}

// kill kills the processes that a condition names.
func (n *Namespace) kill(which func(*Process) bool) {
	for _, p := range slices.Clone(n.processes) {
		if which(p) {
			p.exit(Status{Signal: SIGKILL})
		}
	}
}

func (n *Namespace) copy(c *Copier) *Namespace {
	return Copy(c, n, func(fresh *Namespace) {
		fresh.processes = make([]*Process, len(n.processes))
		for i, p := range n.processes {
			fresh.processes[i] = p.copy(c)
		}
	})
}
