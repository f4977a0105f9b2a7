package kubelet_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/kubelet"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
)

func quantity(s string) resource.Quantity { return resource.MustParse(s) }

func (w *world) node(name string) *corev1.Node {
	n, _ := client.Get[*corev1.Node](w.api, "", name)
	return n
}

func TestRegistration(t *testing.T) {
	w := newWorld(t, "n1")
	n := w.node("n1")
	require.Equal(t, "n1", n.Labels[corev1.LabelHostname])
	require.Equal(t, []corev1.NodeAddress{
		{Type: corev1.NodeInternalIP, Address: "172.18.0.2"}, {Type: corev1.NodeHostName, Address: "n1"},
	}, n.Status.Addresses)
	ready := n.Status.Conditions[3]
	require.Equal(t, corev1.NodeReady, ready.Type)
	require.Equal(t, corev1.ConditionTrue, ready.Status)
	require.Equal(t, "kubelet is posting ready status", ready.Message)
	var reasons []string
	for _, e := range client.List[*corev1.Event](w.api, "default", nil) {
		reasons = append(reasons, e.Reason)
	}
	require.ElementsMatch(t, []string{"Starting", "NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID", "NodeAllocatableEnforced", "NodeReady"}, reasons)
}

func TestHeartbeats(t *testing.T) {
	w := newWorld(t, "n1", "n2")
	renewed := func(node string) time.Duration {
		l, ok := client.Get[*coordinationv1.Lease](w.api, "kube-node-lease", node)
		require.True(t, ok)
		return w.loop.Now().Sub(l.Spec.RenewTime.Time)
	}
	w.advance(time.Hour)
	require.LessOrEqual(t, renewed("n1"), 10*time.Second)
	require.NotEqual(t, renewed("n1"), renewed("n2"), "nodes do not all renew at once")
	heartbeat := w.node("n1").Status.Conditions[3].LastHeartbeatTime
	require.LessOrEqual(t, w.loop.Now().Sub(heartbeat.Time), 5*time.Minute)

	w.fleet.Kubelet("n1").LoseHeartbeats(true)
	w.fleet.Kubelet("n2").Stop()
	w.advance(time.Minute)
	require.Greater(t, renewed("n1"), 50*time.Second)
	require.Greater(t, renewed("n2"), 50*time.Second)
	w.fleet.Kubelet("n1").LoseHeartbeats(false)
	w.fleet.Kubelet("n2").Start()
	require.Zero(t, renewed("n1"))
	require.Zero(t, renewed("n2"))
}

func TestWhatAKubeletMissedItCatchesUpWith(t *testing.T) {
	w := quiet(t)
	w.run("metadata: {name: ends}\nspec:\n  restartPolicy: Never\n  containers: [{name: ends, image: \"a:1\"}]")
	w.run("metadata: {name: goes}\nspec:\n  containers: [{name: goes, image: \"a:1\"}]")
	w.runtimes["n1"].lives["ends"] = []life{{after: 5 * time.Second}}
	w.advance(time.Second)
	k := w.fleet.Kubelet("n1")
	k.Stop()
	zero := int64(0)
	require.NoError(t, w.api.Delete(w.pod("goes"), metav1.DeleteOptions{GracePeriodSeconds: &zero}))
	w.run("metadata: {name: comes}\nspec:\n  containers: [{name: comes, image: \"a:1\"}]")
	w.advance(time.Minute)
	require.Equal(t, "Running ends=running+", summary(w.pod("ends")), "nobody tells")
	require.Equal(t, "Pending", summary(w.pod("comes")))
	k.Start()
	w.advance(time.Minute)
	require.Equal(t, "Succeeded ends=Completed(0)", summary(w.pod("ends")))
	require.Equal(t, "Running comes=running+", summary(w.pod("comes")))
	require.Contains(t, w.stopped(), "goes")
}

func TestForkGoesItsOwnWay(t *testing.T) {
	w := quiet(t)
	w.run("metadata: {name: p}\nspec:\n  containers: [{name: c, image: \"a:1\"}]")
	w.advance(time.Second)

	l := w.loop.Fork()
	r := registry.New(l, w.registry.Store.Fork(), resources.Builtin())
	f := &world{t: t, loop: l, registry: r, api: client.ForUser(r, "test", "admin", "system:masters"), runtimes: map[string]*runtime{}}
	rt := newRuntimeAt(l)
	f.runtimes["n1"] = rt
	f.fleet = w.fleet.Fork(r, func(string) kubelet.Runtime { return rt })
	rt.id = l.Register(rt)
	rt.names = w.runtimes["n1"].names
	rt.kubelet = f.fleet.Kubelet("n1")

	id := w.runtimes["n1"].started("c").ID
	rt.kubelet.Deliver(kubelet.ContainerExited{Pod: w.pod("p").UID, ID: id, ExitCode: 1})
	f.advance(time.Second)
	require.Equal(t, "Running c=running+#1", summary(f.pod("p")))
	require.Equal(t, "Running c=running+", summary(w.pod("p")))
	require.NoError(t, w.api.Delete(w.pod("p"), metav1.DeleteOptions{}))
	w.advance(time.Second)
	require.Nil(t, w.pod("p"))
	require.NotNil(t, f.pod("p"))
}

func TestANewKubeletTakesOverWhatRuns(t *testing.T) {
	w := quiet(t)
	w.run("metadata: {name: p}\nspec:\n  containers: [{name: c, image: \"a:1\"}]")
	w.advance(time.Second)
	p, before := w.pod("p"), w.runtimes["n1"]
	w.transcript()

	w.fleet.Remove("n1")
	rt := newRuntime(w.loop)
	w.runtimes["n1"] = rt
	config := nodeConfig("n1", 0)
	config.AwaitRuntime = true
	rt.kubelet = w.fleet.Add(config, rt)
	w.advance(0)
	rt.kubelet.Deliver(kubelet.PodFound{Pod: "stranger", Sandbox: "s"})
	rt.kubelet.Deliver(kubelet.PodFound{
		Pod: p.UID, Sandbox: before.commands[0].(kubelet.CreateSandbox).ID, IPs: []string{p.Status.PodIP},
		Containers: []kubelet.ContainerFound{
			{ID: "old", Name: "c", Exit: &kubelet.ContainerExited{ExitCode: 1}},
			{ID: "new", Name: "c", Attempt: 1, Image: imageOf("a:1"), Started: start},
		},
	})
	rt.kubelet.Deliver(kubelet.RuntimeReady{})
	w.advance(time.Second)
	w.script("1s     * Running c=running+#1\n")
	require.Equal(t, []kubelet.Command{kubelet.RemoveSandbox{Pod: "stranger", ID: "s"}}, rt.commands, "nothing is started again")
	require.Equal(t, int32(1), w.pod("p").Status.ContainerStatuses[0].LastTerminationState.Terminated.ExitCode)
	require.Equal(t, p.Status.PodIP, w.pod("p").Status.PodIP)
}
