package containerdshim

import (
	"context"
	"fmt"
	"io"
	"net"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/containerd-shim/internal/podlog"
	"github.com/kubejig/kubejig/containerd-shim/internal/podnet"
	"github.com/kubejig/kubejig/internal/apiserver/remote"
)

// LogOptions say which part of a container's log is wanted.
type LogOptions = podlog.Options

// container returns a container of a pod.
func (r *Runtime) container(pod types.UID, id string) (*container, error) {
	if p := r.pod(pod); p != nil {
		if c := p.container(id); c != nil {
			return c, nil
		}
	}
	return nil, fmt.Errorf("an error occurred when try to find container %q: not found", id)
}

// runningContainer returns a container that runs.
func (r *Runtime) runningContainer(pod types.UID, id string) (*container, error) {
	c, err := r.container(pod, id)
	if err != nil {
		return nil, err
	}
	if c.hasEnded() {
		return nil, fmt.Errorf("container %s is not running", c.Name)
	}
	return c, nil
}

// Logs writes the log of a container, which may have ended, to two writers,
// which may be the same.
func (r *Runtime) Logs(ctx context.Context, pod types.UID, container string, o LogOptions, stdout, stderr io.Writer) error {
	c, err := r.container(pod, container)
	if err != nil {
		return err
	}
	return c.log.Read(ctx, o, stdout, stderr)
}

// Exec runs a command in a container, with a terminal or without, and returns
// its exit code. Stdout and Stderr are written to at the same time.
func (r *Runtime) Exec(ctx context.Context, pod types.UID, container string, command []string, tty bool, s remote.Streams) (int, error) {
	c, err := r.runningContainer(pod, container)
	if err != nil {
		return 0, err
	}
	return c.exec(ctx, command, tty, s)
}

// Attach connects to the first process of a container until it ends.
func (r *Runtime) Attach(ctx context.Context, pod types.UID, container string, s remote.Streams) error {
	c, err := r.runningContainer(pod, container)
	if err != nil {
		return err
	}
	defer follow(ctx, s.Resize, c.task)()
	return c.streams.attach(ctx, s.Stdin, s.Stdout, s.Stderr)
}

// Dial connects to a port on the loopback interface of a pod.
func (r *Runtime) Dial(ctx context.Context, pod types.UID, port int32) (net.Conn, error) {
	p := r.pod(pod)
	if p == nil {
		return nil, fmt.Errorf("pod %s is not on this node", pod)
	}
	s := p.currentSandbox()
	if s == nil {
		return nil, fmt.Errorf("pod %s has no network any more", pod)
	}
	return podnet.DialLocal(ctx, p.networkNamespace(s), port)
}

// running are the containers that run.
func (r *Runtime) running() []*container {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []*container
	for _, p := range r.pods {
		for _, c := range p.all() {
			if !c.hasEnded() {
				list = append(list, c)
			}
		}
	}
	return list
}
