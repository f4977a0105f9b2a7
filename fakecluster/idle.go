package fakecluster

import (
	"strings"

	"github.com/kubejig/kubejig/internal/controlplane"
	"github.com/kubejig/kubejig/internal/kubelet"
	"github.com/kubejig/kubejig/internal/loop"
)

// idleWorld runs containers that do nothing. It stands in until the simulation is wired.
type idleWorld struct {
	host  controlplane.Host
	id    loop.ID
	queue []func()
}

func newIdleWorld(h controlplane.Host) controlplane.World {
	w := &idleWorld{host: h}
	w.id = h.Registry.Loop.Register(w)
	return w
}

func (w *idleWorld) Handle(loop.Key) {
	q := w.queue
	w.queue = nil
	for _, f := range q {
		f()
	}
}

func (w *idleWorld) Runtime(node string) kubelet.Runtime { return idleRuntime{w, node} }
func (w *idleWorld) Fork(h controlplane.Host) (controlplane.World, error) {
	return newIdleWorld(h), nil
}
func (w *idleWorld) Close() {}

type idleRuntime struct {
	*idleWorld
	node string
}

func (r idleRuntime) Do(c kubelet.Command) {
	var ev kubelet.Event
	switch c := c.(type) {
	case kubelet.PullImage:
		ev = kubelet.ImagePulled{Pod: c.Pod, Name: c.Image, Image: kubelet.Image{ID: "sha256:abc", Ref: c.Image + "@sha256:abc", Names: []string{c.Image}, Size: 1234}}
		if strings.HasPrefix(c.Image, "fail.example/") {
			ev = kubelet.ImagePullFailed{Pod: c.Pod, Name: c.Image, Error: "no such host"}
		}
	case kubelet.CreateSandbox:
		ev = kubelet.SandboxReady{Pod: c.Pod, ID: c.ID}
	case kubelet.StopSandbox:
		ev = kubelet.SandboxStopped{Pod: c.Pod, ID: c.ID}
	case kubelet.RemoveSandbox:
		ev = kubelet.SandboxRemoved{Pod: c.Pod, ID: c.ID}
	case kubelet.StartContainer:
		ev = kubelet.ContainerStarted{Pod: c.Pod, ID: c.ID}
	case kubelet.StopContainer:
		ev = kubelet.ContainerExited{Pod: c.Pod, ID: c.ID, ExitCode: 0}
	case kubelet.KillContainer:
		ev = kubelet.ContainerExited{Pod: c.Pod, ID: c.ID, ExitCode: 137}
	default:
		return
	}
	node := r.node
	r.queue = append(r.queue, func() { r.host.Deliver(node, ev) })
	r.host.Registry.Loop.Enqueue(r.id, loop.Key{})
}
