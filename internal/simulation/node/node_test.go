package node_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controlplane"
	"github.com/kubejig/kubejig/internal/kubelet"
	"github.com/kubejig/kubejig/internal/simulation/node"
)

// world is a whole cluster on simulated nodes.
type world struct {
	t       *testing.T
	cluster *controlplane.ControlPlane
	sim     *node.World
}

func newWorld(t *testing.T, nodes ...string) *world {
	w := &world{t: t}
	o := controlplane.Options{
		Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Seed: 1,
		World: func(h controlplane.Host) controlplane.World {
			made := node.New(node.Options{Seed: 1})(h)
			w.sim = made.(*node.World)
			return made
		},
	}
	for _, name := range nodes {
		o.Nodes = append(o.Nodes, kubelet.Config{Name: name})
	}
	w.cluster = controlplane.New(o)
	t.Cleanup(w.cluster.Close)
	return w
}

func (w *world) api() *client.Client {
	return client.ForUser(w.cluster.Registry(), "test", "admin", "system:masters")
}

// run creates a pod and lets ten seconds pass.
func (w *world) run(manifest string) {
	w.t.Helper()
	p := &corev1.Pod{}
	require.NoError(w.t, yaml.UnmarshalStrict([]byte(manifest), p))
	p.Namespace = "default"
	w.cluster.Do(func() {
		_, err := client.Create(w.api(), p)
		require.NoError(w.t, err)
	})
	w.advance(10 * time.Second)
}

func (w *world) advance(d time.Duration) {
	require.NoError(w.t, w.cluster.Advance(context.Background(), d))
}

func (w *world) pod(name string) (p *corev1.Pod) {
	w.cluster.Do(func() { p, _ = client.Get[*corev1.Pod](w.api(), "default", name) })
	return p
}

// log is what the first container of a pod has printed.
func (w *world) log(name string) string {
	_, id, _ := strings.Cut(w.pod(name).Status.ContainerStatuses[0].ContainerID, "://")
	var b strings.Builder
	w.cluster.Do(func() {
		l := w.sim.Simulation().Container(id).Log()
		for i, next := l.Range(); i < next; i++ {
			fmt.Fprintln(&b, string(l.At(i).Text))
		}
	})
	return b.String()
}

func TestAScriptSeesItsPod(t *testing.T) {
	w := newWorld(t, "n1")
	w.run(`
metadata: {name: script}
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  containers:
  - name: c
    image: busybox:1.36
    command: [sh, -c, 'hostname; echo $WHO on $NODE; cat /config/greeting; echo bye > /dev/termination-log; exit 3']
    env:
    - {name: WHO, value: me}
    - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
    volumeMounts: [{name: v, mountPath: /config}]
  volumes:
  - name: v
    downwardAPI: {items: [{path: greeting, fieldRef: {fieldPath: metadata.name}}]}
`)
	p := w.pod("script")
	require.Equal(t, "script\nme on n1\nscript\n", w.log("script"))
	ended := p.Status.ContainerStatuses[0].State.Terminated
	require.NotNil(t, ended, "%+v", p.Status)
	require.Equal(t, int32(3), ended.ExitCode)
	require.Equal(t, "bye\n", ended.Message)
	require.Equal(t, corev1.PodFailed, p.Status.Phase)
}

func TestHTTPProbes(t *testing.T) {
	w := newWorld(t, "n1")
	w.run(`
metadata: {name: good}
spec:
  automountServiceAccountToken: false
  containers: [{name: c, image: "nginx:1.25", readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 1}}]
`)
	require.True(t, w.pod("good").Status.ContainerStatuses[0].Ready)
	w.run(`
metadata: {name: bad}
spec:
  automountServiceAccountToken: false
  containers: [{name: c, image: "nginx:1.25", readinessProbe: {httpGet: {path: /nothing, port: 80}, periodSeconds: 1}}]
`)
	require.False(t, w.pod("bad").Status.ContainerStatuses[0].Ready)
	require.Contains(t, w.events("bad"), "Readiness probe failed: HTTP probe failed with statuscode: 404")
	w.run(`
metadata: {name: deaf}
spec:
  automountServiceAccountToken: false
  containers: [{name: c, image: "nginx:1.25", livenessProbe: {tcpSocket: {port: 81}, periodSeconds: 1, failureThreshold: 1}}]
`)
	require.Contains(t, w.events("deaf"), fmt.Sprintf("Liveness probe failed: dial tcp %s:81: connect: connection refused", w.pod("deaf").Status.PodIP))
	require.NotZero(t, w.pod("deaf").Status.ContainerStatuses[0].RestartCount)
}

func (w *world) events(pod string) (out []string) {
	w.cluster.Do(func() {
		for _, e := range client.List[*corev1.Event](w.api(), "default", nil) {
			if e.InvolvedObject.Name == pod {
				out = append(out, e.Message)
			}
		}
	})
	return out
}

func TestDeletion(t *testing.T) {
	w := newWorld(t, "n1")
	w.run(web)
	p := w.pod("web")
	require.Equal(t, corev1.PodRunning, p.Status.Phase)
	w.cluster.Do(func() { require.NoError(t, w.api().Delete(p, metav1.DeleteOptions{})) })
	w.advance(30 * time.Second)
	require.Nil(t, w.pod("web"))
}

func TestUsage(t *testing.T) {
	w := newWorld(t, "n1")
	w.run(web)
	_, id, _ := strings.Cut(w.pod("web").Status.ContainerStatuses[0].ContainerID, "://")
	w.cluster.Do(func() {
		cpu, memory, ok := w.sim.ContainerUsage(id)
		require.True(t, ok)
		require.Positive(t, cpu)
		require.Positive(t, memory)
	})
}

const web = `
metadata: {name: web}
spec:
  automountServiceAccountToken: false
  containers: [{name: c, image: "nginx:1.25"}]
`

func TestCrash(t *testing.T) {
	w := newWorld(t, "n1")
	w.run(web)
	w.cluster.Do(func() { w.sim.Crash("n1") })
	w.advance(10 * time.Second)
	p := w.pod("web")
	require.Equal(t, corev1.PodRunning, p.Status.Phase)
	require.Equal(t, int32(255), p.Status.ContainerStatuses[0].LastTerminationState.Terminated.ExitCode)
	require.Contains(t, w.events("web"), "Pod sandbox changed, it will be killed and re-created.")
}

func TestFork(t *testing.T) {
	w := newWorld(t, "n1")
	w.run(`
metadata: {name: probed}
spec:
  automountServiceAccountToken: false
  containers: [{name: c, image: "nginx:1.25", readinessProbe: {httpGet: {port: 80}, periodSeconds: 1}}]
`)
	f, err := w.cluster.Fork()
	require.NoError(t, err)
	t.Cleanup(f.Close)
	fork := &world{t: t, cluster: f}
	fork.run(web)
	require.Equal(t, corev1.PodRunning, fork.pod("web").Status.Phase)
	require.True(t, fork.pod("probed").Status.ContainerStatuses[0].Ready)
	require.Nil(t, w.pod("web"))
}
