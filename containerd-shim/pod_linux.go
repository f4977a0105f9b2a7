package containerdshim

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/containerd-shim/internal/cgroup"
	"github.com/kubejig/kubejig/containerd-shim/internal/mounts"
	"github.com/kubejig/kubejig/containerd-shim/internal/volume"
	"github.com/kubejig/kubejig/internal/kubelet"
)

// pod is what a node keeps of a pod. What it is told it does one after the
// other; its streams and probes come from elsewhere at any time.
type pod struct {
	runtime *Runtime
	uid     types.UID
	dir     string
	group   cgroup.Group

	mu         sync.Mutex // guards everything below
	todo       []func()
	working    bool
	sandbox    *sandbox
	volumes    map[string]volume.Made
	renewals   map[string]*time.Timer
	containers map[string]*container
}

func newPod(r *Runtime, uid types.UID) *pod {
	return &pod{
		runtime:    r,
		uid:        uid,
		dir:        filepath.Join(r.podsDir(), string(uid)),
		group:      cgroup.Group(filepath.Join(string(r.group), "pod"+string(uid))),
		volumes:    map[string]volume.Made{},
		renewals:   map[string]*time.Timer{},
		containers: map[string]*container{},
	}
}

// enqueue lets f run after what was enqueued before.
func (p *pod) enqueue(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.todo = append(p.todo, f)
	if !p.working {
		p.working = true
		p.runtime.start(p.drain)
	}
}

// drain does what there is to do.
func (p *pod) drain() {
	for {
		p.mu.Lock()
		if len(p.todo) == 0 || p.runtime.ctx.Err() != nil {
			p.working = false
			p.mu.Unlock()
			return
		}
		f := p.todo[0]
		p.todo = p.todo[1:]
		p.mu.Unlock()
		f()
	}
}

// container returns a container of the pod, or nil.
func (p *pod) container(id string) *container {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.containers[id]
}

// all returns the pod's containers.
func (p *pod) all() []*container {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := make([]*container, 0, len(p.containers))
	for _, c := range p.containers {
		list = append(list, c)
	}
	return list
}

func (p *pod) volumesDir() string { return filepath.Join(p.dir, "volumes") }

// setVolume makes a volume, and again when a token in it is to be renewed.
func (p *pod) setVolume(v kubelet.Volume) {
	made, err := p.makeVolume(v)
	if err != nil {
		p.runtime.report(kubelet.VolumeFailed{Pod: p.uid, Volume: v.Name, Error: err.Error()})
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.volumes[v.Name] = made
	if t := p.renewals[v.Name]; t != nil {
		t.Stop()
		delete(p.renewals, v.Name)
	}
	if !made.Renew.IsZero() {
		p.renewals[v.Name] = time.AfterFunc(time.Until(made.Renew), func() {
			p.enqueue(func() { p.setVolume(v) })
		})
	}
}

func (p *pod) makeVolume(v kubelet.Volume) (volume.Made, error) {
	if err := os.MkdirAll(p.volumesDir(), 0o755); err != nil {
		return volume.Made{}, err
	}
	return volume.Make(p.runtime.ctx, p.volumesDir(), v, p.runtime.tokens)
}

// volume is a volume that was made, by name.
func (p *pod) volume(name string) (volume.Made, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	v, ok := p.volumes[name]
	return v, ok
}

// remove takes away everything of the pod.
func (p *pod) remove(ctx context.Context) error {
	p.mu.Lock()
	for _, t := range p.renewals {
		t.Stop()
	}
	p.mu.Unlock()
	p.killAll(ctx)
	var errs []error
	for _, c := range p.all() {
		errs = append(errs, c.remove(ctx))
	}
	return errors.Join(append(errs, p.releaseSandbox(), p.group.Remove(), mounts.RemoveAll(p.dir))...)
}

// abandon lets go of what this process holds of a pod whose containers are
// gone.
func (p *pod) abandon() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.renewals {
		t.Stop()
	}
	var errs []error
	for _, c := range p.containers {
		errs = append(errs, c.abandon())
	}
	return errors.Join(errs...)
}
