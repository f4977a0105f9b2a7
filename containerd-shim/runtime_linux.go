package containerdshim

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"

	containerd "github.com/containerd/containerd/v2/client"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/containerd-shim/internal/cgroup"
	"github.com/kubejig/kubejig/containerd-shim/internal/podnet"
	"github.com/kubejig/kubejig/containerd-shim/internal/volume"
	"github.com/kubejig/kubejig/internal/kubelet"
)

// Runtime is the kubelet.Runtime of one node.
type Runtime struct {
	node        string
	dir         string
	client      *containerd.Client // of the node's containerd namespace
	snapshotter string
	group       cgroup.Group
	network     *podnet.Node
	tokens      volume.Tokens
	complaints  io.Writer // nil for nowhere
	executions  atomic.Uint64
	meter       meter

	ctx    context.Context // of all that is under way
	cancel context.CancelFunc
	work   sync.WaitGroup // goroutines

	mu      sync.Mutex
	deliver func(kubelet.Event)
	pods    map[types.UID]*pod
	closed  bool
}

// Do starts to carry out a command of the node's kubelet.
func (r *Runtime) Do(command kubelet.Command) {
	switch c := command.(type) {
	case kubelet.PullImage:
		r.start(func() { r.pull(c) })
	case kubelet.RunProbe:
		r.start(func() { r.probe(c) })
	case kubelet.RunHook:
		r.start(func() { r.hook(c) })
	case kubelet.CreateSandbox:
		r.queue(c.Pod, func(p *pod) { p.createSandbox(c.Sandbox) })
	case kubelet.StopSandbox:
		r.queue(c.Pod, func(p *pod) { p.stopSandbox(c.ID) })
	case kubelet.RemoveSandbox:
		r.queue(c.Pod, func(p *pod) { r.removePod(p, c.ID) })
	case kubelet.SetVolume:
		r.queue(c.Pod, func(p *pod) { p.setVolume(c.Volume) })
	case kubelet.StartContainer:
		r.queue(c.Pod, func(p *pod) { p.startContainer(c.Container) })
	case kubelet.UpdateContainer:
		r.queue(c.Pod, func(p *pod) { p.updateContainer(c) })
	case kubelet.StopContainer:
		r.queue(c.Pod, func(p *pod) { p.stopContainer(c) })
	case kubelet.KillContainer:
		r.queue(c.Pod, func(p *pod) { p.killContainer(c.ID) })
	case kubelet.RemoveContainer:
		r.queue(c.Pod, func(p *pod) { p.removeContainer(c.ID) })
	default:
		panic(fmt.Sprintf("containerdshim: unknown command %T", command))
	}
}

// start runs f beside everything else.
func (r *Runtime) start(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.work.Go(f)
	}
}

// queue lets a pod do f after what it was told before.
func (r *Runtime) queue(uid types.UID, f func(*pod)) {
	r.mu.Lock()
	p, ok := r.pods[uid]
	if !ok {
		p = newPod(r, uid)
		r.pods[uid] = p
	}
	r.mu.Unlock()
	p.enqueue(func() { f(p) })
}

// pod returns a pod, or nil.
func (r *Runtime) pod(uid types.UID) *pod {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pods[uid]
}

// removePod takes away a pod's last traces.
func (r *Runtime) removePod(p *pod, sandbox string) {
	if err := p.remove(r.ctx); err != nil {
		// The kubelet can do nothing about it. Close and the next Open sweep.
		r.complain(fmt.Errorf("remove pod %s: %w", p.uid, err))
	}
	r.mu.Lock()
	delete(r.pods, p.uid)
	r.mu.Unlock()
	r.report(kubelet.SandboxRemoved{Pod: p.uid, ID: sandbox})
}

// report hands an event to the kubelet. It must not be called from within Do.
func (r *Runtime) report(event kubelet.Event) {
	r.mu.Lock()
	deliver := r.deliver
	r.mu.Unlock()
	if deliver != nil {
		deliver(event)
	}
}

// podsDir holds a folder for each pod.
func (r *Runtime) podsDir() string { return filepath.Join(r.dir, "pods") }
