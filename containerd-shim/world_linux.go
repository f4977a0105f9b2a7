package containerdshim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"time"

	containerd "github.com/containerd/containerd/v2/client"
	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/containerd-shim/internal/cgroup"
	"github.com/kubejig/kubejig/containerd-shim/internal/daemon"
	"github.com/kubejig/kubejig/containerd-shim/internal/mounts"
	"github.com/kubejig/kubejig/containerd-shim/internal/podnet"
	"github.com/kubejig/kubejig/internal/apiserver"
	"github.com/kubejig/kubejig/internal/controlplane"
	"github.com/kubejig/kubejig/internal/kubelet"
)

// nodeName and nodeIP are those of the only node.
const (
	nodeName = "node-1"
	nodeIP   = "172.18.0.2"
)

// closeTimeout is how long Close may take for what normally takes a second.
const closeTimeout = 30 * time.Second

// World runs the containers of a cluster on containerd. It is a
// controlplane.World.
type World struct {
	options   Options
	namespace string         // containerd's
	daemon    *daemon.Daemon // nil for somebody else's
	version   string
	node      *Runtime
}

// Open gets ready to run the containers of one node. It fails with the way out
// where containerd is missing or may not be used.
func Open(ctx context.Context, o Options) (*World, error) {
	o.Name = cmp.Or(o.Name, "kubejig")
	o.Dir = cmp.Or(o.Dir, filepath.Join("/run/kubejig", o.Name))
	w := &World{options: o, namespace: "kubejig-" + o.Name + "-" + nodeName}
	if err := w.open(ctx); err != nil {
		return nil, fmt.Errorf("containerd: %w", errors.Join(err, w.close()))
	}
	return w, nil
}

func (w *World) open(ctx context.Context) error {
	socket := w.options.Socket
	if socket == "" {
		var err error
		if w.daemon, err = daemon.Start(ctx, filepath.Join(w.options.Dir, "containerd")); err != nil {
			return err
		}
		socket = w.daemon.Socket()
	}
	client, err := containerd.New(socket, containerd.WithDefaultNamespace(w.namespace), containerd.WithTimeout(callTimeout))
	if err != nil {
		return err
	}
	r := &Runtime{
		node: nodeName, dir: filepath.Join(w.options.Dir, nodeName), client: client,
		group:  cgroup.Group("/" + w.namespace),
		tokens: w.options.Tokens, complaints: w.options.Complaints,
		pods: map[types.UID]*pod{},
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	w.node = r
	version, err := client.Version(ctx)
	if err != nil {
		return err
	}
	w.version = version.Version
	if r.snapshotter, err = chooseSnapshotter(ctx, client); err != nil {
		return err
	}
	return r.prepare(ctx)
}

// prepare sweeps up after a predecessor and makes the node's network.
func (r *Runtime) prepare(ctx context.Context) error {
	if err := errors.Join(r.sweep(ctx), mounts.RemoveAll(r.dir)); err != nil {
		return fmt.Errorf("sweep up what was left: %w", err)
	}
	if err := os.MkdirAll(r.podsDir(), 0o711); err != nil {
		return err
	}
	var err error
	r.network, err = podnet.NewNode(filepath.Join(r.dir, "network"), []netip.Addr{netip.MustParseAddr(nodeIP)})
	return err
}

// chooseSnapshotter finds a snapshotter that works here, the best one first.
func chooseSnapshotter(ctx context.Context, client *containerd.Client) (string, error) {
	plugins, err := client.IntrospectionService().Plugins(ctx, `type==io.containerd.snapshotter.v1`)
	if err != nil {
		return "", err
	}
	for _, name := range []string{"overlayfs", "native"} {
		for _, p := range plugins.Plugins {
			if p.ID == name && p.InitErr == nil {
				return name, nil
			}
		}
	}
	return "", errors.New("neither the overlayfs nor the native snapshotter works")
}

// Nodes are the cluster's nodes, for the control plane's options: what this
// machine has.
func (w *World) Nodes() []kubelet.Config {
	var info unix.Sysinfo_t
	memory := int64(0)
	if err := unix.Sysinfo(&info); err == nil {
		memory = int64(info.Totalram) * int64(info.Unit)
	}
	var disk unix.Statfs_t
	storage := int64(0)
	if err := unix.Statfs(w.options.Dir, &disk); err == nil {
		storage = int64(disk.Blocks) * disk.Bsize
	}
	const maxPods = 110
	return []kubelet.Config{{
		Name: nodeName, IPs: []string{nodeIP},
		Capacity: corev1.ResourceList{
			corev1.ResourceCPU:              *resource.NewQuantity(int64(runtime.NumCPU()), resource.DecimalSI),
			corev1.ResourceMemory:           *resource.NewQuantity(memory, resource.BinarySI),
			corev1.ResourceEphemeralStorage: *resource.NewQuantity(storage, resource.BinarySI),
			corev1.ResourcePods:             *resource.NewQuantity(maxPods, resource.DecimalSI),
		},
		Info: machineInfo(w.version),
	}}
}

// Join makes a world of the nodes, for the control plane's options.
func (w *World) Join(host controlplane.Host) controlplane.World {
	r := w.node
	r.mu.Lock()
	r.deliver = func(event kubelet.Event) {
		host.Do(func() { host.Deliver(r.node, event) })
	}
	r.mu.Unlock()
	r.start(r.measure)
	r.start(func() {
		if err := r.reportImages(r.ctx); err != nil {
			r.complain(err)
		}
	})
	return w
}

// Runtime carries out the commands of a node's kubelet.
func (w *World) Runtime(node string) kubelet.Runtime { return w.node }

// Node is the runtime of the only node.
func (w *World) Node() *Runtime { return w.node }

// ContainerUsage is what a container uses: CPU in cores and memory in bytes,
// false where it does not run or has just begun. It is a metrics.Source.
func (w *World) ContainerUsage(id string) (cpu float64, memory int64, ok bool) {
	return w.node.meter.read(id)
}

// Console is how clients reach what runs: logs, exec and the like.
func (w *World) Console(edge controlplane.Edge) apiserver.Nodes { return &console{w.node} }

func (w *World) load(ctx context.Context, archive io.Reader) error {
	_, err := w.node.Import(ctx, archive)
	return err
}

// Fork returns an error: what runs can't be copied.
func (w *World) Fork(controlplane.Host) (controlplane.World, error) {
	return nil, errors.New("a cluster of real containers can't be forked")
}

// Close ends all that runs and removes all that was kept.
func (w *World) Close() {
	if err := w.close(); err != nil {
		w.node.complain(err)
	}
}

func (w *World) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	var errs []error
	if w.node != nil {
		errs = append(errs, w.node.close(ctx, w.namespace))
	}
	if w.daemon != nil {
		errs = append(errs, w.daemon.Stop())
	}
	if err := errors.Join(errs...); err != nil {
		return err // and leave the traces for the next Open
	}
	return os.RemoveAll(w.options.Dir)
}

// close ends everything on the node.
func (r *Runtime) close(ctx context.Context, namespace string) error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.cancel()
	r.work.Wait()
	errs := []error{r.sweep(ctx)}
	r.mu.Lock()
	for _, p := range r.pods {
		errs = append(errs, p.abandon())
	}
	r.mu.Unlock()
	errs = append(errs, r.forget(ctx, namespace), r.client.Close())
	if r.network != nil {
		errs = append(errs, r.network.Close())
	}
	return errors.Join(append(errs, mounts.RemoveAll(r.dir), r.group.Remove())...)
}

// complain writes down a failure of which nobody else would hear.
func (r *Runtime) complain(err error) {
	if err == nil || r.complaints == nil || errors.Is(err, context.Canceled) {
		return
	}
	fmt.Fprintf(r.complaints, "%s %s: %v\n", time.Now().UTC().Format(time.RFC3339), r.node, err)
}
