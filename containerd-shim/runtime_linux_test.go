package containerdshim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	containerdshim "github.com/kubejig/kubejig/containerd-shim"
	"github.com/kubejig/kubejig/internal/apiserver/remote"
	"github.com/kubejig/kubejig/internal/kubelet"
)

func TestRuntime(t *testing.T) {
	n := newNode(t)
	for name, test := range map[string]func(*node){
		"a container's life":       testLife,
		"a crash":                  testCrash,
		"a command that is absent": testAbsentCommand,
		"stop and kill":            testStop,
		"what a container sees":    testSurroundings,
		"volumes":                  testVolumes,
		"users and rights":         testSecurity,
		"exec":                     testExec,
		"attach":                   testAttach,
		"probes":                   testProbes,
		"hooks":                    testHooks,
		"out of memory":            testOOM,
		"update":                   testUpdate,
	} {
		t.Run(name, func(t *testing.T) {
			n.T = t
			test(n)
		})
	}
}

func testLife(n *node) {
	pod := n.pod()
	c := n.start(pod, "echo out; echo err >&2; echo bye > /dev/termination-log")
	exited := await[kubelet.ContainerExited](n)
	require.WithinDuration(n, time.Now(), exited.At, patience)
	exited.At = time.Time{}
	require.Equal(n, kubelet.ContainerExited{Pod: pod, ID: c, Message: "bye\n"}, exited)
	require.ElementsMatch(n, []byte("out\nerr\n"), []byte(n.logs(pod, c)))

	n.runtime.Do(kubelet.StopSandbox{Pod: pod, ID: "x"})
	require.Equal(n, kubelet.SandboxStopped{Pod: pod, ID: "x"}, await[kubelet.SandboxStopped](n))
	require.NotEmpty(n, n.logs(pod, c), "logs outlive the sandbox")
	n.runtime.Do(kubelet.RemoveSandbox{Pod: pod, ID: "x"})
	require.Equal(n, kubelet.SandboxRemoved{Pod: pod, ID: "x"}, await[kubelet.SandboxRemoved](n))
	require.Error(n, n.runtime.Logs(n.Context(), pod, c, containerdshim.LogOptions{}, io.Discard, io.Discard))
}

func testCrash(n *node) {
	pod := n.pod()
	fromLog := func(c *kubelet.Container) { c.Termination.FromLog = true }
	first := n.start(pod, "echo oops; exit 3", fromLog)
	exited := await[kubelet.ContainerExited](n)
	require.Equal(n, int32(3), exited.ExitCode)
	require.Equal(n, "oops\n", exited.Message, "from the log")
	second := n.start(pod, "exit 4", func(c *kubelet.Container) { c.Attempt = 1 })
	exited = await[kubelet.ContainerExited](n)
	require.Equal(n, int32(4), exited.ExitCode)
	require.Equal(n, "oops\n", n.logs(pod, first))
	n.runtime.Do(kubelet.RemoveContainer{Pod: pod, ID: first})
	n.runtime.Do(kubelet.RemoveContainer{Pod: pod, ID: second})
}

func testAbsentCommand(n *node) {
	pod := n.pod()
	c := kubelet.Container{ID: id(), Pod: pod, Name: "main", Image: image, Command: []string{"absent"}}
	n.runtime.Do(kubelet.StartContainer{Container: c})
	failed := await[kubelet.ContainerStartFailed](n)
	require.True(n, failed.Created)
	require.Contains(n, failed.Error, `exec: "absent": executable file not found in $PATH`)

	c.ID, c.Image = id(), "absent:1"
	n.runtime.Do(kubelet.StartContainer{Container: c})
	failed = await[kubelet.ContainerStartFailed](n)
	require.False(n, failed.Created)
	require.Contains(n, failed.Error, `failed to get image "absent:1"`)
}

func testStop(n *node) {
	pod := n.pod()
	polite := n.start(pod, "trap 'echo got it; exit 7' TERM; echo ready; while :; do sleep 0.05; done")
	n.awaitLine(pod, polite, "ready")
	n.runtime.Do(kubelet.StopContainer{Pod: pod, ID: polite, Grace: time.Minute})
	require.Equal(n, int32(7), await[kubelet.ContainerExited](n).ExitCode)
	require.Equal(n, "ready\ngot it\n", n.logs(pod, polite))

	deaf := n.start(pod, "echo ready; sleep 1000; true") // before, runc would heed the signal
	n.awaitLine(pod, deaf, "ready")
	n.runtime.Do(kubelet.StopContainer{Pod: pod, ID: deaf, Grace: time.Minute})
	n.runtime.Do(kubelet.KillContainer{Pod: pod, ID: deaf})
	require.Equal(n, int32(137), await[kubelet.ContainerExited](n).ExitCode)
	n.runtime.Do(kubelet.KillContainer{Pod: pod, ID: deaf}) // again does no harm
}

func testSurroundings(n *node) {
	server := n.pod()
	n.start(server, "while :; do echo hello | nc -l -p 80; done")
	pod := n.pod()
	c := n.start(pod, "sleep 1000", func(c *kubelet.Container) {
		c.Env = []kubelet.EnvVar{{Name: "GREETING", Value: "hi there"}}
		c.WorkingDir = "/tmp"
	})
	for script, want := range map[string]string{
		"hostname; cat /etc/hostname":                                  string(pod) + "\n" + string(pod) + "\n",
		"cat /etc/resolv.conf":                                         "nameserver 10.96.0.10\n",
		"cat /etc/hosts":                                               "127.0.0.1\tlocalhost\n",
		"echo $GREETING from $HOSTNAME in $PWD":                        "hi there from " + string(pod) + " in /tmp\n",
		"ip -4 -o addr show eth0 | awk '{print $4}'":                   fmt.Sprintf("10.244.0.%d/32\n", n.pods+1),
		fmt.Sprintf("nc 10.244.0.%d 80", n.pods):                       "hello\n",
		"touch /dev/shm/x && df /dev/shm | tail -1 | awk '{print $2}'": "65536\n",
	} {
		require.Equal(n, want, n.exec(pod, c, script), script)
	}
	var conn net.Conn
	require.Eventually(n, func() (ok bool) { // nc takes a moment to listen again
		var err error
		conn, err = n.runtime.Dial(n.Context(), server, 80)
		return err == nil
	}, patience, 10*time.Millisecond)
	greeting, err := io.ReadAll(conn)
	require.NoError(n, err)
	require.Equal(n, "hello\n", string(greeting))
}

func testVolumes(n *node) {
	pod := n.pod()
	set := func(data string) {
		n.runtime.Do(kubelet.SetVolume{Pod: pod, Volume: kubelet.Volume{Name: "config", Files: []kubelet.File{{Path: "key", Mode: 0o644, Data: data}}}})
	}
	set("one")
	n.runtime.Do(kubelet.SetVolume{Pod: pod, Volume: kubelet.Volume{Name: "scratch", Source: &corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}})
	c := n.start(pod, "sleep 1000", func(c *kubelet.Container) {
		c.Mounts = []kubelet.Mount{
			{Volume: "config", Path: "/etc/config", ReadOnly: true},
			{Volume: "config", Path: "/single", SubPath: "key"},
			{Volume: "scratch", Path: "/scratch"},
		}
	})
	require.Equal(n, "oneone", n.exec(pod, c, "cat /etc/config/key /single; echo x > /scratch/x"))
	set("two")
	require.Eventually(n, func() bool { return n.exec(pod, c, "cat /etc/config/key") == "two" }, patience, time.Millisecond)
	require.Equal(n, "x\n", n.exec(pod, c, "cat /scratch/x; ! touch /etc/config/new 2>/dev/null"))

	n.runtime.Do(kubelet.SetVolume{Pod: pod, Volume: kubelet.Volume{Name: "far", Source: &corev1.VolumeSource{NFS: &corev1.NFSVolumeSource{}}}})
	require.Equal(n, "volumes of type nfs are not supported on this node", await[kubelet.VolumeFailed](n).Error)
}

func testSecurity(n *node) {
	pod := n.pod()
	uid, gid := int64(1000), int64(2000)
	c := n.start(pod, "sleep 1000", func(c *kubelet.Container) {
		c.Security = kubelet.Security{
			RunAsUser: &uid, RunAsGroup: &gid, SupplementalGroups: []int64{3000}, ReadOnlyRoot: true, NoNewPrivileges: true,
			Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}, Add: []corev1.Capability{"NET_BIND_SERVICE"}},
			Seccomp:      &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		}
	})
	require.Equal(n, "1000 2000 3000\n", n.exec(pod, c, "echo $(id -u) $(id -g) $(id -G | cut -d' ' -f2)"))
	require.Equal(n, "CapBnd:\t0000000000000400\nNoNewPrivs:\t1\nSeccomp:\t2\n", n.exec(pod, c, "grep -E 'CapBnd|NoNewPrivs|Seccomp:' /proc/1/status"))
	require.Contains(n, n.exec(pod, c, "touch /x 2>&1 || true"), "Read-only file system")
}

func testExec(n *node) {
	pod := n.pod()
	c := n.start(pod, "sleep 1000")
	run := func(ctx context.Context, s remote.Streams, command ...string) (int, error) {
		return n.runtime.Exec(ctx, pod, c, command, s.Resize != nil, s)
	}
	var out, errs bytes.Buffer
	code, err := run(n.Context(), remote.Streams{Stdin: bytes.NewBufferString("in\n"), Stdout: &out, Stderr: &errs}, "sh", "-c", "cat; echo err >&2; exit 5")
	require.NoError(n, err)
	require.Equal(n, 5, code)
	require.Equal(n, "in\n", out.String())
	require.Equal(n, "err\n", errs.String())

	out.Reset()
	sizes := make(chan remote.Size, 1)
	sizes <- remote.Size{Width: 120, Height: 40}
	code, err = run(n.Context(), remote.Streams{Stdout: &out, Resize: sizes}, "sh", "-c", "until [ \"$(stty size 2>/dev/null)\" = '40 120' ]; do :; done; tty; echo $TERM")
	require.NoError(n, err)
	require.Zero(n, code)
	require.Equal(n, "/dev/pts/0\r\nxterm\r\n", out.String())

	ctx, cancel := context.WithTimeout(n.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = run(ctx, remote.Streams{}, "sleep", "1000")
	require.ErrorIs(n, err, context.DeadlineExceeded)
	_, err = run(n.Context(), remote.Streams{}, "absent")
	require.ErrorContains(n, err, `exec: "absent": executable file not found in $PATH`)
}

func testAttach(n *node) {
	pod := n.pod()
	c := n.start(pod, "while read line; do echo got $line; done; echo end", func(c *kubelet.Container) {
		c.Stdin, c.StdinOnce = true, true
	})
	in, typed := io.Pipe()
	var out bytes.Buffer
	done := make(chan error)
	go func() {
		done <- n.runtime.Attach(n.Context(), pod, c, remote.Streams{Stdin: in, Stdout: &out})
	}()
	fmt.Fprintln(typed, "one")
	typed.Close()
	require.NoError(n, <-done)
	require.Equal(n, "got one\nend\n", out.String())
	require.Zero(n, await[kubelet.ContainerExited](n).ExitCode)
	require.Equal(n, "got one\nend\n", n.logs(pod, c))
}

func testProbes(n *node) {
	pod := n.pod()
	c := n.start(pod, "while :; do printf 'HTTP/1.0 503 no\r\n\r\n' | nc -l -p 80; done")
	host := fmt.Sprintf("10.244.0.%d", n.pods+1)
	require.Eventually(n, func() bool {
		conn, err := n.runtime.Dial(n.Context(), pod, 80)
		return err == nil && errors.Join(conn.Close()) == nil
	}, patience, 10*time.Millisecond)
	for _, test := range []struct {
		check   kubelet.Check
		outcome kubelet.Outcome
		output  string
	}{
		{kubelet.Check{Exec: []string{"true"}}, kubelet.Succeeded, ""},
		{kubelet.Check{Exec: []string{"sh", "-c", "echo bad; exit 1"}}, kubelet.Failed, "bad\n"},
		{kubelet.Check{Exec: []string{"sleep", "9"}}, kubelet.Failed, `command timed out: "sleep 9" timed out after 1s`},
		{kubelet.Check{TCP: host + ":81"}, kubelet.Failed, "dial tcp " + host + ":81: connect: connection refused"},
		{kubelet.Check{HTTP: &kubelet.HTTPCheck{URL: "http://" + host + ":81/"}}, kubelet.Failed, `Get "http://` + host + `:81/": dial tcp ` + host + ":81: connect: connection refused"},
	} {
		n.runtime.Do(kubelet.RunProbe{Pod: pod, Container: c, Kind: kubelet.Readiness, Check: test.check, Timeout: time.Second})
		require.Equal(n, kubelet.ProbeResult{Pod: pod, Container: c, Kind: kubelet.Readiness, Outcome: test.outcome, Output: test.output},
			await[kubelet.ProbeResult](n))
	}
	require.Eventually(n, func() bool { // nc takes a moment to listen again
		n.runtime.Do(kubelet.RunProbe{Pod: pod, Container: c, Check: kubelet.Check{HTTP: &kubelet.HTTPCheck{URL: "http://" + host}}, Timeout: time.Second})
		return await[kubelet.ProbeResult](n).Output == "HTTP probe failed with statuscode: 503"
	}, patience, 10*time.Millisecond)
}

func testHooks(n *node) {
	pod := n.pod()
	c := n.start(pod, "sleep 1000")
	for command, want := range map[string]string{
		"true":             "",
		"echo why; exit 2": "command 'sh -c echo why; exit 2' exited with 2: why\n",
	} {
		n.runtime.Do(kubelet.RunHook{Pod: pod, Container: c, Kind: kubelet.PreStop, Check: kubelet.Check{Exec: []string{"sh", "-c", command}}})
		require.Equal(n, want, await[kubelet.HookResult](n).Error)
	}
}

func testOOM(n *node) {
	pod := n.pod()
	n.start(pod, "x=x; while :; do x=$x$x; done", func(c *kubelet.Container) {
		c.Resources.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("16Mi")}
	})
	exited := await[kubelet.ContainerExited](n)
	require.True(n, exited.OOMKilled)
	require.Equal(n, int32(137), exited.ExitCode)
}

func testUpdate(n *node) {
	pod := n.pod()
	c := n.start(pod, "sleep 1000")
	n.runtime.Do(kubelet.UpdateContainer{Pod: pod, ID: c, Resources: corev1.ResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("500m")},
		Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("64Mi")},
	}})
	require.Empty(n, await[kubelet.ContainerUpdated](n).Error)
	require.Eventually(n, func() bool {
		_, memory, ok := n.world.ContainerUsage(c)
		return ok && memory > 0
	}, patience, 10*time.Millisecond)
}
