package node

import (
	"github.com/kubejig/kubejig/internal/kubelet"
	"k8s.io/apimachinery/pkg/types"
)

// crashed is the exit code of what ran on a machine that has lost its power.
const crashed = 255

// Crash ends everything that runs on a node, as a power failure does. Its
// kubelet, which should be stopped as well, learns of it when it is back.
func (w *World) Crash(node string) {
	w.containers.Scan(func(id string, c *container) bool {
		if c.node != node {
			return true
		}
		if _, _, running := w.ContainerUsage(id); running {
			w.tell(node, kubelet.ContainerExited{Pod: c.config.Pod, ID: id, ExitCode: crashed})
		}
		return true
	})
	w.pods.Scan(func(uid types.UID, p pod) bool {
		if p.node == node {
			w.world.RemoveSandbox(p.sandbox)
			w.tell(node, kubelet.SandboxStopped{Pod: uid, ID: p.sandbox})
		}
		return true
	})
}
