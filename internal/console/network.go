package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/network"
)

// PortForward carries a connection to a port of a pod.
func (c *Console) PortForward(ctx context.Context, pod *corev1.Pod, port uint16, conn io.ReadWriteCloser) error {
	var inside *network.Conn
	err := errors.New("the pod does not run")
	c.Do(func() {
		for _, status := range pod.Status.ContainerStatuses {
			found, missing := c.running(pod, status.Name)
			if missing != nil {
				continue
			}
			id := found.Sandbox().ID
			var failure *network.Failure
			inside, failure = c.World.PortForward(id, int(port))
			err = unreachable(pod, id, port, failure)
			return
		}
	})
	if err != nil {
		return err
	}
	return c.join(ctx, inside, conn)
}

// unreachable is why a port of a pod can't be connected to, as containerd tells
// it.
func unreachable(pod *corev1.Pod, sandbox string, port uint16, f *network.Failure) error {
	if f == nil {
		return nil
	}
	namespace := "host"
	if !pod.Spec.HostNetwork {
		namespace = "/var/run/netns/cni-" + sandbox[:min(len(sandbox), 32)]
	}
	why := strings.ToLower(f.Err.Error())
	return fmt.Errorf("failed to execute portforward in network namespace %q: "+
		"failed to connect to localhost:%d inside namespace %q, "+
		"IPv4: dial tcp4 127.0.0.1:%d: connect: %s IPv6 dial tcp6 [::1]:%d: connect: %s ",
		namespace, port, sandbox, port, why, port, why)
}

// Dial connects to an address in the cluster's network.
func (c *Console) Dial(ctx context.Context, address string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	var inside *network.Conn
	var failure *network.Failure
	c.Do(func() { inside, failure = c.World.Dial(to) })
	if failure != nil { // in the words of a shell's programs, which begin with a capital
		return nil, fmt.Errorf("dial tcp %s: connect: %s", address, strings.ToLower(failure.Err.Error()))
	}
	near, far := net.Pipe()
	go func() { _ = c.join(context.WithoutCancel(ctx), inside, far) }() // ends with the connection
	return near, nil
}

// join moves bytes between a connection of the simulation and one of the
// world outside, until both directions have ended.
func (c *Console) join(ctx context.Context, inside *network.Conn, outside io.ReadWriteCloser) error {
	j := &junction{Console: c, inside: inside, outside: outside, readable: newSignal(), writable: newSignal()}
	c.Do(func() {
		inside.Notify(func() { j.readable.raise(); j.writable.raise() })
	})
	c.Waiting(1)
	defer c.Waiting(-1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var out sync.WaitGroup
	out.Go(func() { j.outward(ctx); outside.Close(); cancel() })
	j.inward(ctx)
	c.Do(inside.CloseWrite)
	out.Wait()
	c.Do(inside.Close)
	return nil
}

// junction joins a connection inside to one outside.
type junction struct {
	*Console
	inside             *network.Conn
	outside            io.ReadWriteCloser
	readable, writable signal
}

const chunk = 64 << 10

// outward passes on what comes from inside.
func (j *junction) outward(ctx context.Context) {
	for {
		var data []byte
		var err error
		j.Do(func() { data, err = j.inside.Read(chunk) })
		switch {
		case len(data) > 0:
			if _, err := j.outside.Write(data); err != nil {
				return
			}
			continue
		case err != filesystem.EAGAIN:
			return
		}
		select {
		case <-j.readable:
		case <-ctx.Done():
			return
		}
	}
}

// inward passes on what comes from outside.
func (j *junction) inward(ctx context.Context) {
	buffer := make([]byte, chunk)
	for {
		n, err := j.outside.Read(buffer)
		if !j.push(ctx, buffer[:n]) || err != nil {
			return
		}
	}
}

func (j *junction) push(ctx context.Context, data []byte) bool {
	for len(data) > 0 {
		var n int
		var err error
		j.Do(func() { n, err = j.inside.Write(data) })
		data = data[n:]
		if err == nil {
			continue
		}
		if err != filesystem.EAGAIN {
			return false
		}
		select {
		case <-j.writable:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
