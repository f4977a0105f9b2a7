package containerdshim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/containerd-shim/internal/check"
	"github.com/kubejig/kubejig/internal/apiserver/remote"
	"github.com/kubejig/kubejig/internal/kubelet"
)

// maxOutput is how much of the output of a probe's or hook's command is kept.
const maxOutput = 10 << 10

// probe checks a container and reports the outcome.
func (r *Runtime) probe(command kubelet.RunProbe) {
	ctx, cancel := context.WithTimeout(r.ctx, command.Timeout)
	defer cancel()
	outcome, output := r.carryOut(ctx, command)
	if r.ctx.Err() != nil {
		return
	}
	r.report(kubelet.ProbeResult{
		Pod: command.Pod, Container: command.Container, Kind: command.Kind, Outcome: outcome, Output: output,
	})
}

func (r *Runtime) carryOut(ctx context.Context, command kubelet.RunProbe) (kubelet.Outcome, string) {
	switch c := command.Check; {
	case c.HTTP != nil:
		return check.HTTP(ctx, r.network.Dial, c.HTTP, command.Timeout)
	case c.GRPC != nil:
		return check.GRPC(ctx, r.network.Dial, c.GRPC, command.Timeout)
	case c.TCP != "":
		return check.TCP(ctx, r.network.Dial, c.TCP)
	default:
		return r.probeByCommand(ctx, command)
	}
}

// probeByCommand runs a command in the container: it has succeeded if its exit
// code is 0.
func (r *Runtime) probeByCommand(ctx context.Context, command kubelet.RunProbe) (kubelet.Outcome, string) {
	code, output, err := r.output(ctx, command.Pod, command.Container, command.Check.Exec)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return kubelet.Failed, fmt.Sprintf("command timed out: %q timed out after %s", strings.Join(command.Check.Exec, " "), command.Timeout)
	case err != nil:
		return kubelet.Errored, "rpc error: code = Unknown desc = " + err.Error()
	case code != 0:
		return kubelet.Failed, output
	}
	return kubelet.Succeeded, output
}

// output runs a command in a container and returns what it wrote.
func (r *Runtime) output(ctx context.Context, pod types.UID, id string, command []string) (code int, output string, err error) {
	c, err := r.runningContainer(pod, id)
	if err != nil {
		return 0, "", err
	}
	out := &capped{left: maxOutput}
	code, err = c.exec(ctx, command, false, remote.Streams{Stdout: out, Stderr: out})
	return code, out.String(), err
}

// capped keeps the beginning of what is written to it.
type capped struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	left int
}

// Write keeps as much as there is room for.
func (c *capped) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(len(b), c.left)
	c.left -= n
	c.buf.Write(b[:n])
	return len(b), nil
}

func (c *capped) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.buf.String()
}

// hookTimeout bounds hooks of containers that outlive them.
const hookTimeout = time.Hour

// hook carries out a lifecycle hook and reports the outcome.
func (r *Runtime) hook(command kubelet.RunHook) {
	ctx, cancel := context.WithTimeout(r.ctx, hookTimeout)
	defer cancel()
	err := r.runHook(ctx, command)
	if r.ctx.Err() != nil {
		return
	}
	result := kubelet.HookResult{Pod: command.Pod, Container: command.Container, Kind: command.Kind}
	if err != nil {
		result.Error = err.Error()
	}
	r.report(result)
}

func (r *Runtime) runHook(ctx context.Context, command kubelet.RunHook) error {
	switch c := command.Check; {
	case c.HTTP != nil:
		return check.Get(ctx, r.network.Dial, c.HTTP)
	case c.TCP != "":
		conn, err := r.network.Dial(ctx, "tcp", c.TCP)
		if err != nil {
			return err
		}
		return conn.Close()
	default:
		code, output, err := r.output(ctx, command.Pod, command.Container, c.Exec)
		if err == nil && code != 0 {
			err = fmt.Errorf("command '%s' exited with %d: %s", strings.Join(c.Exec, " "), code, output)
		}
		return err
	}
}
