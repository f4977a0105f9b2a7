package containerdshim_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"

	containerdshim "github.com/kubejig/kubejig/containerd-shim"
	"github.com/kubejig/kubejig/containerd-shim/internal/daemon"
	"github.com/kubejig/kubejig/containerd-shim/internal/imagetest"
	"github.com/kubejig/kubejig/internal/apiserver/remote"
	"github.com/kubejig/kubejig/internal/controlplane"
	"github.com/kubejig/kubejig/internal/kubelet"
)

const image = "docker.io/library/busybox:1.36"

// patience is how long a test waits for what takes milliseconds.
const patience = 20 * time.Second

// node is a node on containerd whose kubelet is the test.
type node struct {
	*testing.T
	world   *containerdshim.World
	runtime *containerdshim.Runtime
	events  chan kubelet.Event
	pods    int
}

// needContainerd skips a test where containers can't be run.
func needContainerd(t testing.TB) {
	if err := daemon.Available(); err != nil {
		t.Skipf("skipped: %v", err)
	}
}

func openWorld(t testing.TB) *containerdshim.World {
	needContainerd(t)
	archive := imagetest.Busybox(t, image)
	var complaints bytes.Buffer
	dir, err := os.MkdirTemp("", "kj") // sockets take short paths
	require.NoError(t, err)
	world, err := containerdshim.Open(t.Context(), containerdshim.Options{
		Name: filepath.Base(dir), Dir: dir, Complaints: &complaints,
	})
	require.NoError(t, err)
	t.Cleanup(func() {
		world.Close()
		require.Empty(t, complaints.String())
		require.NoDirExists(t, dir)
	})
	_, err = world.Node().Import(t.Context(), bytes.NewReader(archive))
	require.NoError(t, err)
	return world
}

func newNode(t *testing.T) *node {
	n := &node{T: t, world: openWorld(t), events: make(chan kubelet.Event, 100)}
	n.world.Join(controlplane.Host{
		Do:      func(f func()) { f() },
		Deliver: func(_ string, e kubelet.Event) { n.events <- e },
	})
	n.runtime = n.world.Node()
	found := await[kubelet.ImagesFound](n)
	require.Equal(t, []string{image}, found.Images[0].Names)
	return n
}

// await returns the next event, which must be of a type.
func await[E kubelet.Event](n *node) E {
	n.Helper()
	select {
	case e := <-n.events:
		require.IsType(n, *new(E), e, "%+v", e)
		return e.(E)
	case <-time.After(patience):
		require.FailNow(n, "no event", "want %T", *new(E))
		panic("unreachable")
	}
}

// pod makes a sandbox and returns the pod's UID.
func (n *node) pod(change ...func(*kubelet.Sandbox)) types.UID {
	n.Helper()
	n.pods++
	uid := types.UID(fmt.Sprintf("pod-%d", n.pods))
	s := kubelet.Sandbox{
		ID: id(), Pod: uid, Namespace: "default", Name: string(uid), Hostname: string(uid),
		IPs: []string{fmt.Sprintf("10.244.0.%d", n.pods+1)}, ResolvConf: "nameserver 10.96.0.10\n",
	}
	for _, f := range change {
		f(&s)
	}
	n.runtime.Do(kubelet.CreateSandbox{Sandbox: s})
	require.Equal(n, kubelet.SandboxReady{Pod: uid, ID: s.ID}, await[kubelet.SandboxReady](n))
	return uid
}

// start starts a container that runs a shell script.
func (n *node) start(pod types.UID, script string, change ...func(*kubelet.Container)) string {
	n.Helper()
	c := kubelet.Container{
		ID: id(), Pod: pod, Name: "main", Image: image, Command: []string{"sh", "-c", script},
		Hosts: "127.0.0.1\tlocalhost\n", Termination: kubelet.Termination{Path: "/dev/termination-log"},
	}
	for _, f := range change {
		f(&c)
	}
	n.runtime.Do(kubelet.StartContainer{Container: c})
	require.Equal(n, c.ID, await[kubelet.ContainerStarted](n).ID)
	return c.ID
}

func (n *node) logs(pod types.UID, container string) string {
	n.Helper()
	var out bytes.Buffer
	require.NoError(n, n.runtime.Logs(n.Context(), pod, container, containerdshim.LogOptions{}, &out, &out))
	return out.String()
}

// awaitLine waits until a container has written a line.
func (n *node) awaitLine(pod types.UID, container, line string) {
	n.Helper()
	ctx, cancel := context.WithTimeout(n.Context(), patience)
	defer cancel()
	r, w := io.Pipe()
	defer r.Close()
	go func() {
		w.CloseWithError(n.runtime.Logs(ctx, pod, container, containerdshim.LogOptions{Follow: true}, w, w))
	}()
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if lines.Text() == line {
			return
		}
	}
	require.FailNow(n, "the line did not come", "%q: %v", line, lines.Err())
}

// exec runs a script in a container, which must succeed, and returns what it
// wrote to stdout.
func (n *node) exec(pod types.UID, container, script string) string {
	n.Helper()
	var out, errs bytes.Buffer
	ctx, cancel := context.WithTimeout(n.Context(), patience)
	defer cancel()
	code, err := n.runtime.Exec(ctx, pod, container, []string{"sh", "-c", script}, false, remote.Streams{Stdout: &out, Stderr: &errs})
	require.NoError(n, err)
	require.Zero(n, code, errs.String())
	return out.String()
}

// id is an identifier as kubelets give them.
func id() string {
	f, err := os.ReadFile("/proc/sys/kernel/random/uuid")
	if err != nil {
		panic(err)
	}
	return strings.ReplaceAll(strings.TrimSpace(string(f)), "-", "")
}
