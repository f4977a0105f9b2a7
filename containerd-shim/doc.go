// Package containerdshim puts real containers in the place of simulated ones:
// it carries out the commands of the kubelets of internal/kubelet on containerd.
// Control plane, scheduler and pod lifecycle are the same code in both worlds.
//
//	world, err := containerdshim.Open(ctx, containerdshim.Options{Dir: dir})
//	if err != nil { ... }
//	plane := controlplane.New(controlplane.Options{
//		Clock: controlplane.Wall, Nodes: world.Nodes(), World: world.Join,
//	})
//
// A node is a network namespace, a containerd namespace and a parent of control
// groups. A pod is a set of namespaces without a process, a folder with its
// volumes and logs, and one containerd shim for all of its containers. Close
// leaves nothing of it behind, and Open sweeps up after a predecessor that was
// killed.
//
// Commands for one pod are carried out one after the other by a goroutine of
// the pod; pulls, probes and hooks, which take their time, beside it. Truth is
// what containerd says of a task, not an event about it.
//
// It works on Linux only, as root; elsewhere Open returns an error that says
// so. It must not import cli or fakecluster.
//
// Where to find what: commands are handed out in runtime_linux.go and
// pod_linux.go; a container's life is in container_linux.go and exit_linux.go,
// its configuration for runc in spec_linux.go, security_linux.go and
// resources_linux.go; logs, exec and attach in streams_linux.go and
// exec_linux.go. The packages below internal know nothing of containerd.
package containerdshim
