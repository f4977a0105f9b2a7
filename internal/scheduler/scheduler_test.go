package scheduler_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/scheduler"
	"github.com/kubejig/kubejig/internal/store"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// world is a cluster of nodes and a scheduler, without anybody who runs pods.
type world struct {
	t         testing.TB
	loop      *loop.Loop
	registry  *registry.Registry
	api       *client.Client
	scheduler *scheduler.Scheduler
}

func newWorld(t testing.TB, seed uint64) *world {
	l := loop.New(start, seed)
	r := registry.New(l, store.New(), resources.Builtin())
	w := &world{t: t, loop: l, registry: r, api: client.ForUser(r, "test", "admin", "system:masters")}
	w.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "default"}})
	w.scheduler = scheduler.New(r)
	return w
}

func (w *world) create(obj store.Object) store.Object {
	w.t.Helper()
	created, err := client.Create(w.api, obj)
	require.NoError(w.t, err)
	return created
}

// node adds a node with the given CPUs and memory and room for 110 pods.
func (w *world) node(name string, change ...func(*corev1.Node)) {
	w.t.Helper()
	n := decode[corev1.Node](w.t, `
metadata: {labels: {kubernetes.io/hostname: `+name+`}}
status:
  capacity: {cpu: "4", memory: 8Gi, pods: "110"}
  allocatable: {cpu: "4", memory: 8Gi, pods: "110"}
`)
	n.Name = name
	for _, f := range change {
		f(n)
	}
	w.create(n)
}

func (w *world) nodes(names ...string) {
	for _, name := range names {
		w.node(name)
	}
}

func decode[T any](t testing.TB, manifest string) *T {
	t.Helper()
	obj := new(T)
	require.NoError(t, yaml.UnmarshalStrict([]byte(manifest), obj))
	return obj
}

// pod creates a pod from the YAML of its spec, with one container if the spec
// names none, and settles.
func (w *world) pod(name, spec string, labels ...string) *corev1.Pod {
	w.t.Helper()
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default", Labels: map[string]string{}}}
	for _, l := range labels {
		k, v, _ := strings.Cut(l, "=")
		p.Labels[k] = v
	}
	p.Spec = *decode[corev1.PodSpec](w.t, cmp.Or(spec, "{}"))
	if len(p.Spec.Containers) == 0 {
		p.Spec.Containers = []corev1.Container{{Name: "c", Image: "nginx"}}
	}
	w.create(p)
	w.loop.Settle()
	return w.get(name)
}

// asking is the spec of a pod that asks for CPUs.
func asking(cpu string) string {
	return fmt.Sprintf(`containers: [{name: c, image: nginx, resources: {requests: {cpu: "%s"}}}]`, cpu)
}

func (w *world) get(name string) *corev1.Pod {
	p, _ := client.Get[*corev1.Pod](w.api, "default", name)
	return p
}

func (w *world) advance(d time.Duration) { w.loop.AdvanceTo(w.loop.Now().Add(d)) }

// why is the message with which a pod was last turned away.
func why(p *corev1.Pod) string {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return c.Message
		}
	}
	return ""
}

// events are the events about pods, oldest first.
func (w *world) events() (out []string) {
	for _, e := range client.List[*corev1.Event](w.api, "", nil) {
		out = append(out, fmt.Sprintf("%s %s %s: %s", e.InvolvedObject.Name, e.Type, e.Reason, e.Message))
	}
	return out
}

func TestPodsGoToNodes(t *testing.T) {
	w := newWorld(t, 1)
	w.nodes("n1", "n2")
	p := w.pod("a", asking("1"))
	require.NotEmpty(t, p.Spec.NodeName)
	require.Equal(t, []string{"a Normal Scheduled: Successfully assigned default/a to " + p.Spec.NodeName}, w.events())
	require.Equal(t, corev1.PodScheduled, p.Status.Conditions[0].Type)
	require.Equal(t, corev1.ConditionTrue, p.Status.Conditions[0].Status)

	q := w.pod("b", asking("1"))
	require.NotEqual(t, p.Spec.NodeName, q.Spec.NodeName, "the least used node is the best")
	other := w.pod("c", "schedulerName: mine")
	require.Empty(t, other.Spec.NodeName, "a pod of another scheduler")
}

// Each case has a pod that fits nowhere among the nodes n1 and n2, and the
// words in which kube-scheduler 1.37 says so.
func TestWhyAPodDoesNotFit(t *testing.T) {
	unhelpful := " preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling."
	noVictims := " preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod."
	for name, c := range map[string]struct {
		prepare func(w *world)
		spec    string
		want    string
	}{
		"more than any node has": {
			spec: asking("5"),
			want: "0/2 nodes are available: 2 Insufficient cpu." + unhelpful,
		},
		"more than is left": {
			prepare: func(w *world) { w.pod("a", asking("3")); w.pod("b", asking("3")) },
			spec:    asking("2"),
			want:    "0/2 nodes are available: 2 Insufficient cpu." + noVictims,
		},
		"several resources": {
			spec: `containers: [{name: c, image: x, resources: {requests: {cpu: 5, memory: 9Gi, example.com/gpu: 1}, limits: {example.com/gpu: 1}}}]`,
			want: "0/2 nodes are available: 2 Insufficient cpu, 2 Insufficient example.com/gpu, 2 Insufficient memory." + unhelpful,
		},
		"node selector": {
			spec: "nodeSelector: {disk: ssd}",
			want: "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector." + unhelpful,
		},
		"one tainted, one cordoned": {
			prepare: func(w *world) {
				w.change("n1", func(n *corev1.Node) { n.Spec.Unschedulable = true })
				w.change("n2", func(n *corev1.Node) {
					n.Spec.Taints = []corev1.Taint{{Key: "dedicated", Value: "db", Effect: corev1.TaintEffectNoSchedule}}
				})
			},
			want: "0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable." + unhelpful,
		},
		"host port": {
			prepare: func(w *world) {
				for _, n := range []string{"a", "b"} {
					w.pod(n, "containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: 80}]}]")
				}
			},
			spec: "containers: [{name: c, image: x, ports: [{containerPort: 80, hostPort: 80}]}]",
			want: "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports." + noVictims,
		},
		"affinity to a pod that is not there": {
			spec: `affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: db}}}]}}`,
			want: "0/2 nodes are available: 2 node(s) didn't match pod affinity rules." + unhelpful,
		},
		"anti-affinity": {
			prepare: func(w *world) { w.pod("a", antiTo("db"), "app=db"); w.pod("b", antiTo("db"), "app=db") },
			spec:    antiTo("db"),
			want:    "0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules." + noVictims,
		},
		"a spread constraint without its label": {
			spec: `topologySpreadConstraints: [{maxSkew: 1, topologyKey: rack, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]`,
			want: "0/2 nodes are available: 2 node(s) didn't match pod topology spread constraints (missing required label)." + unhelpful,
		},
		"never preempting": {
			spec: "preemptionPolicy: Never\n" + asking("5"),
			want: "0/2 nodes are available: 2 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.",
		},
		"missing claim": {
			spec: "volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]\n" +
				"containers: [{name: c, image: x, volumeMounts: [{name: v, mountPath: /v}]}]",
			want: `0/2 nodes are available: persistentvolumeclaim "data" not found. not found`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.nodes("n1", "n2")
			if c.prepare != nil {
				c.prepare(w)
			}
			p := w.pod("p", c.spec)
			require.Equal(t, c.want, why(p))
			require.Contains(t, w.events(), "p Warning FailedScheduling: "+c.want)
		})
	}
}

func antiTo(app string) string {
	return `affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: ` + app + `}}}]}}`
}

// change updates a node.
func (w *world) change(name string, f func(*corev1.Node)) {
	w.t.Helper()
	n, _ := client.Get[*corev1.Node](w.api, "", name)
	n = n.DeepCopy()
	f(n)
	_, err := client.Update(w.api, n)
	require.NoError(w.t, err)
	w.loop.Settle()
}

func TestNoNodes(t *testing.T) {
	w := newWorld(t, 1)
	require.Equal(t, "no nodes available to schedule pods", why(w.pod("p", "")))
	w.nodes("n1")
	w.advance(time.Second)
	require.Equal(t, "n1", w.get("p").Spec.NodeName, "a new node helps, once the back-off is over")
}

func TestAPodIsTriedAgainWhenSomethingChanges(t *testing.T) {
	w := newWorld(t, 1)
	w.nodes("n1")
	w.change("n1", func(n *corev1.Node) { n.Spec.Unschedulable = true })
	w.pod("p", "")
	w.advance(time.Minute)
	require.Len(t, w.events(), 1, "nothing has changed")
	w.change("n1", func(n *corev1.Node) { n.Spec.Unschedulable = false })
	require.Equal(t, "n1", w.get("p").Spec.NodeName)
}

func TestSchedulingGates(t *testing.T) {
	w := newWorld(t, 1)
	w.nodes("n1")
	p := w.pod("p", "schedulingGates: [{name: example.com/wait}]")
	require.Empty(t, p.Spec.NodeName)
	require.Empty(t, w.events())
	p = p.DeepCopy()
	p.Spec.SchedulingGates = nil
	_, err := client.Update(w.api, p)
	require.NoError(t, err)
	w.loop.Settle()
	require.Equal(t, "n1", w.get("p").Spec.NodeName)
}

func TestPriorityGoesFirst(t *testing.T) {
	w := newWorld(t, 1)
	for _, p := range []struct {
		name     string
		priority int32
	}{{"low", 1}, {"high", 10}} {
		pod := decode[corev1.Pod](t, "spec:\n  "+asking("3"))
		pod.Name, pod.Namespace, pod.Spec.Priority = p.name, "default", &p.priority
		w.create(pod)
	}
	w.nodes("n1")
	w.loop.Settle()
	require.Equal(t, "n1", w.get("high").Spec.NodeName)
	require.Empty(t, w.get("low").Spec.NodeName)
}

func TestPreemption(t *testing.T) {
	w := newWorld(t, 1)
	w.nodes("n1")
	w.pod("cheap", "priority: 1\n"+asking("1"))
	w.pod("dear", "priority: 5\n"+asking("3"))
	p := w.pod("urgent", "priority: 9\n"+asking("1"))
	require.Empty(t, p.Spec.NodeName)
	require.Equal(t, "n1", p.Status.NominatedNodeName)
	require.Equal(t, "0/1 nodes are available: 1 Insufficient cpu. preemption: found a potential placement for pod on node n1, preempting 1 victims", why(p))
	require.Contains(t, w.events(), fmt.Sprintf("cheap Normal Preempted: Preempted by pod %s on node n1", p.UID))
	require.NotNil(t, w.get("cheap").DeletionTimestamp, "the least important pod goes")
	require.Nil(t, w.get("dear").DeletionTimestamp)

	zero := int64(0)
	require.NoError(t, w.api.Delete(w.get("cheap"), metav1.DeleteOptions{GracePeriodSeconds: &zero}))
	w.advance(time.Second)
	require.Equal(t, "n1", w.get("urgent").Spec.NodeName)
	require.Empty(t, w.get("urgent").Status.NominatedNodeName)
}

func TestTopologySpread(t *testing.T) {
	w := newWorld(t, 1)
	for i, zone := range []string{"a", "a", "b"} {
		w.node(fmt.Sprintf("n%d", i), func(n *corev1.Node) { n.Labels[corev1.LabelTopologyZone] = zone })
	}
	zones := map[string]int{}
	for i := range 6 {
		p := w.pod(fmt.Sprintf("p%d", i), `topologySpreadConstraints: [{maxSkew: 1, topologyKey: topology.kubernetes.io/zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]`, "app=web")
		zones[p.Labels[corev1.LabelTopologyZone]]++
	}
	require.Equal(t, map[string]int{"a": 3, "b": 3}, zones)
}

func TestReplicasAreSpreadByDefault(t *testing.T) {
	w := newWorld(t, 1)
	w.nodes("n1", "n2", "n3")
	w.create(decode[corev1.Service](t, `
metadata: {name: web, namespace: default}
spec: {selector: {app: web}, ports: [{port: 80}], clusterIP: None}
`))
	nodes := map[string]int{}
	for i := range 9 {
		nodes[w.pod(fmt.Sprintf("p%d", i), "", "app=web").Spec.NodeName]++
	}
	require.Equal(t, map[string]int{"n1": 3, "n2": 3, "n3": 3}, nodes)
}

func TestForkGoesItsOwnWay(t *testing.T) {
	w := newWorld(t, 1)
	w.nodes("n1", "n2")
	w.pod("a", asking("3"))
	l := w.loop.Fork()
	r := registry.New(l, w.registry.Store.Fork(), resources.Builtin())
	w.scheduler.Fork(r)
	f := &world{t: t, loop: l, registry: r, api: client.ForUser(r, "test", "admin", "system:masters")}

	require.NotEqual(t, w.get("a").Spec.NodeName, f.pod("b", asking("3")).Spec.NodeName)
	require.Nil(t, w.get("b"))
	require.NotEqual(t, w.get("a").Spec.NodeName, w.pod("c", asking("3")).Spec.NodeName, "the original has room still")
	require.Empty(t, f.pod("d", asking("2")).Spec.NodeName)
}

func TestSameSeedSamePlaces(t *testing.T) {
	places := func(seed uint64) (out []string) {
		w := newWorld(t, seed)
		w.nodes("n1", "n2", "n3", "n4", "n5")
		for i := range 10 {
			out = append(out, w.pod(fmt.Sprintf("p%d", i), "").Spec.NodeName)
		}
		return out
	}
	require.Equal(t, places(1), places(1))
	require.NotEqual(t, places(1), places(2))
}

func BenchmarkSchedule(b *testing.B) {
	const pods, nodes = 1000, 100
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b, 1)
		for i := range nodes {
			w.node(fmt.Sprintf("n%d", i))
		}
		for i := range pods {
			p := decode[corev1.Pod](b, "spec:\n  "+asking("10m"))
			p.Name, p.Namespace = fmt.Sprintf("p%d", i), "default"
			p.Labels = map[string]string{"app": "web"}
			w.create(p)
		}
		b.StartTimer()
		w.loop.Settle()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*pods), "µs/pod")
}
