// Package kubelet is a node's agent: it registers its node, keeps it alive
// with heartbeats, and takes each pod that is bound to it through its life,
// with the timing, statuses, reasons and messages of Kubernetes 1.37.
//
// It is one deterministic state machine for simulated and for real nodes. What
// it wants done leaves as Commands to a Runtime, what came of them comes back
// as Events through Kubelet.Deliver, and time is the loop's. It starts no
// goroutine, does no I/O and knows nothing of containerd or of the simulation;
// all that it keeps is plain data, so that a Fork costs next to nothing.
//
// Where to find what: a pod's way from admission to its end is in pod.go and
// sync.go; starting containers in start.go and images.go; ending them in
// stop.go; probes in probes.go; what the API shows in status.go and
// conditions.go; environment, volumes and name resolution in env.go,
// volumes.go and dns.go; the node itself in node.go and lease.go.
package kubelet
