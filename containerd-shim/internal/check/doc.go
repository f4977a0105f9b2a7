// Package check carries out the checks of probes and hooks that go through the
// network, and judges them as a real kubelet does. It must not know of
// containerd.
package check
