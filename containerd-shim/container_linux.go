package containerdshim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	containerd "github.com/containerd/containerd/v2/client"
	"github.com/containerd/errdefs"
	"github.com/moby/sys/signal"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/containerd-shim/internal/cgroup"
	"github.com/kubejig/kubejig/containerd-shim/internal/podlog"
	"github.com/kubejig/kubejig/internal/kubelet"
)

// container is a container of a pod, from its creation until it is removed.
type container struct {
	kubelet.Container
	pod   *pod
	dir   string
	group cgroup.Group
	spec  *specs.Spec
	// stopSignal is what asks it to end.
	stopSignal syscall.Signal

	started time.Time

	stored  containerd.Container
	task    containerd.Task // nil until it has been created
	log     *podlog.Log
	streams *streams
	// drained is closed when it has ended and all of its output has been read;
	// ended when the kubelet is about to know.
	drained, ended chan struct{}
}

// Timeouts of what normally takes milliseconds.
const (
	callTimeout  = time.Minute
	drainTimeout = 2 * time.Second
)

// Labels say in containerd's own store what a container is.
const (
	labelPodUID    = "io.kubernetes.pod.uid"
	labelNamespace = "io.kubernetes.pod.namespace"
	labelPod       = "io.kubernetes.pod.name"
	labelContainer = "io.kubernetes.container.name"
	labelAttempt   = "io.kubernetes.container.restartCount"
	labelSandbox   = "io.kubernetes.sandbox.id"
	labelLog       = "io.kubernetes.container.logPath"
)

// shimGroup makes the containers of a pod share a shim.
const shimGroup = "io.containerd.runc.v2.group"

// errUnstarted says that a container was created but did not start.
type errUnstarted struct{ error }

func (e errUnstarted) Unwrap() error { return e.error }

// startContainer creates and starts a container and reports it.
func (p *pod) startContainer(config kubelet.Container) {
	ctx, cancel := context.WithTimeout(p.runtime.ctx, callTimeout)
	defer cancel()
	c := &container{
		Container: config, pod: p,
		dir:     filepath.Join(p.dir, "containers", config.ID),
		group:   cgroup.Group(filepath.Join(string(p.group), config.ID)),
		drained: make(chan struct{}), ended: make(chan struct{}),
	}
	exit, err := c.start(ctx)
	if err != nil {
		close(c.drained)
		close(c.ended)
		created := errors.As(err, new(errUnstarted))
		p.runtime.report(kubelet.ContainerStartFailed{Pod: p.uid, ID: c.ID, Created: created, Error: err.Error()})
		return
	}
	p.runtime.report(kubelet.ContainerStarted{Pod: p.uid, ID: c.ID, User: c.user()})
	p.runtime.start(func() { c.watch(exit) })
}

// start creates and starts the container. Its end comes on the channel.
func (c *container) start(ctx context.Context) (<-chan containerd.ExitStatus, error) {
	sandbox := c.pod.currentSandbox()
	if sandbox == nil {
		return nil, errors.New("the pod has no sandbox")
	}
	if err := os.MkdirAll(c.dir, 0o711); err != nil {
		return nil, err
	}
	if err := c.create(ctx, sandbox); err != nil {
		return nil, errors.Join(err, os.RemoveAll(c.dir))
	}
	exit, err := c.run(ctx)
	c.pod.mu.Lock()
	c.pod.containers[c.ID] = c
	c.pod.mu.Unlock()
	if err != nil {
		return nil, errUnstarted{err}
	}
	return exit, nil
}

// create stores the container and its file system, without a process.
func (c *container) create(ctx context.Context, s *sandbox) error {
	r := c.pod.runtime
	image, err := r.image(ctx, c.Image)
	if err != nil {
		return err
	}
	if err := c.chooseStopSignal(ctx, image); err != nil {
		return err
	}
	c.stored, err = r.client.NewContainer(ctx, c.ID,
		containerd.WithContainerLabels(c.labels(s)),
		containerd.WithImage(image),
		containerd.WithSnapshotter(r.snapshotter),
		containerd.WithNewSnapshot(c.ID, image),
		containerd.WithRuntime("io.containerd.runc.v2", nil),
		containerd.WithNewSpec(c.specOptions(s, image)...),
	)
	if err != nil {
		// The snapshot was made first.
		if gone := r.client.SnapshotService(r.snapshotter).Remove(ctx, c.ID); gone != nil && !errdefs.IsNotFound(gone) {
			err = errors.Join(err, gone)
		}
		return fmt.Errorf("failed to create containerd container: %w", err)
	}
	return nil
}

func (c *container) labels(s *sandbox) map[string]string {
	return map[string]string{
		labelPodUID: string(c.pod.uid), labelNamespace: s.Namespace, labelPod: s.Name,
		labelContainer: c.Name, labelAttempt: fmt.Sprint(c.Attempt), labelSandbox: s.ID,
		labelLog: c.logPath(),
	}
}

func (c *container) logPath() string { return filepath.Join(c.dir, "log") }

// run makes the container's first process and starts it.
func (c *container) run(ctx context.Context) (<-chan containerd.ExitStatus, error) {
	var err error
	if c.log, err = podlog.Create(c.logPath(), time.Now); err != nil {
		return nil, err
	}
	c.streams = newStreams(c)
	c.task, err = c.stored.NewTask(ctx, c.streams.create)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("failed to create containerd task: %w", err), c.log.Close())
	}
	exit, err := c.task.Wait(c.pod.runtime.ctx)
	if err == nil {
		err = c.task.Start(ctx)
	}
	if err != nil {
		_, gone := c.task.Delete(ctx, containerd.WithProcessKill)
		c.task = nil
		return nil, errors.Join(fmt.Errorf("failed to start containerd task %q: %w", c.ID, err), gone, c.log.Close())
	}
	c.started = time.Now()
	return exit, nil
}

// chooseStopSignal finds out what asks the container to end.
func (c *container) chooseStopSignal(ctx context.Context, image containerd.Image) error {
	name := string(c.StopSignal)
	if name == "" {
		var err error
		if name, err = containerd.GetOCIStopSignal(ctx, image, "SIGTERM"); err != nil {
			return err
		}
	}
	var err error
	c.stopSignal, err = signal.ParseSignal(name)
	return err
}

// user is as whom the container runs.
func (c *container) user() *corev1.LinuxContainerUser {
	u := c.spec.Process.User
	user := &corev1.LinuxContainerUser{UID: int64(u.UID), GID: int64(u.GID)}
	for _, gid := range u.AdditionalGids {
		user.SupplementalGroups = append(user.SupplementalGroups, int64(gid))
	}
	return user
}

// stopContainer sends a container its stop signal.
func (p *pod) stopContainer(command kubelet.StopContainer) {
	c := p.container(command.ID)
	if c == nil {
		return
	}
	sig := c.stopSignal
	if command.Signal != "" {
		parsed, err := signal.ParseSignal(string(command.Signal))
		if err == nil {
			sig = parsed
		}
	}
	c.signal(p.runtime.ctx, sig)
}

// killContainer ends a container at once.
func (p *pod) killContainer(id string) {
	if c := p.container(id); c != nil {
		c.kill(p.runtime.ctx)
	}
}

func (c *container) kill(ctx context.Context) { c.signal(ctx, syscall.SIGKILL) }

// signal sends a signal to a container that may have ended already.
func (c *container) signal(ctx context.Context, s syscall.Signal) {
	if c.hasEnded() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var options []containerd.KillOpts
	if s == syscall.SIGKILL {
		options = append(options, containerd.WithKillAll) // it may not have PIDs of its own
	}
	if err := c.task.Kill(ctx, s, options...); err != nil && !errdefs.IsNotFound(err) {
		c.pod.runtime.complain(fmt.Errorf("send %v to container %s: %w", s, c.ID, err))
	}
}

// hasEnded reports whether the container has ended, or never began.
func (c *container) hasEnded() bool {
	select {
	case <-c.drained:
		return true
	default:
		return false
	}
}

// await waits until the container has ended.
func (c *container) await(ctx context.Context) {
	select {
	case <-c.ended:
	case <-ctx.Done():
	}
}

// removeContainer takes away what is left of a container that has ended.
func (p *pod) removeContainer(id string) {
	c := p.container(id)
	if c == nil {
		return
	}
	if err := c.remove(p.runtime.ctx); err != nil {
		p.runtime.complain(fmt.Errorf("remove container %s: %w", id, err))
	}
}

func (c *container) remove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := c.stored.Delete(ctx, containerd.WithSnapshotCleanup)
	if err != nil && !errdefs.IsNotFound(err) {
		return err
	}
	c.pod.mu.Lock()
	delete(c.pod.containers, c.ID)
	c.pod.mu.Unlock()
	return os.RemoveAll(c.dir)
}

// abandon lets go of the streams of a container whose end nobody has reported.
func (c *container) abandon() error {
	if c.hasEnded() {
		return nil
	}
	c.streams.drain(drainTimeout)
	close(c.drained)
	return c.log.Close()
}
