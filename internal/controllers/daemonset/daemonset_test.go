package daemonset_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

func newSet(change ...func(*appsv1.DaemonSet)) *appsv1.DaemonSet {
	labels := map[string]string{"app": "agent"}
	set := &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "agent"},
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: clustertest.Template("agent:1", labels),
		},
	}
	for _, f := range change {
		f(set)
	}
	return set
}

func setImage(image string) func(*appsv1.DaemonSet) {
	return func(s *appsv1.DaemonSet) { s.Spec.Template.Spec.Containers[0].Image = image }
}

// addNodes adds nodes that are ready and heartbeat for as long as tests take.
func addNodes(c *clustertest.Cluster, names ...string) {
	for _, name := range names {
		node := clustertest.Create(c, &corev1.Node{ObjectMeta: metav1.ObjectMeta{
			Name: name, Labels: map[string]string{"kubernetes.io/hostname": name},
		}})
		clustertest.UpdateStatus(c, node.Name, func(n *corev1.Node) {
			n.Status.Conditions = []corev1.NodeCondition{{
				Type: corev1.NodeReady, Status: corev1.ConditionTrue,
				LastHeartbeatTime: metav1.NewTime(clustertest.Start.AddDate(1, 0, 0)),
			}}
		})
	}
}

// byNode returns the names of the pods by the nodes that they are for.
func byNode(c *clustertest.Cluster) map[string]string {
	names := map[string]string{}
	for _, p := range clustertest.List[*corev1.Pod](c) {
		term := p.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms[0]
		names[term.MatchFields[0].Values[0]] = p.Name
	}
	return names
}

// images lists the nodes with the images of their pods.
func images(c *clustertest.Cluster) []string {
	list := []string{}
	for node, name := range byNode(c) {
		list = append(list, node+" "+clustertest.Get[*corev1.Pod](c, name).Spec.Containers[0].Image)
	}
	slices.Sort(list)
	return list
}

// runAll makes the pods run that don't yet.
func runAll(c *clustertest.Cluster) {
	for _, p := range clustertest.List[*corev1.Pod](c) {
		if p.Status.Phase == corev1.PodPending {
			c.Run(p.Name)
		}
	}
}

func status(c *clustertest.Cluster) appsv1.DaemonSetStatus {
	return clustertest.Get[*appsv1.DaemonSet](c, "agent").Status
}

func TestOnePodPerNode(t *testing.T) {
	c := clustertest.New(t)
	addNodes(c, "a", "b")
	clustertest.Create(c, newSet())
	require.Len(t, byNode(c), 2)
	addNodes(c, "c")
	require.Len(t, byNode(c), 3)

	runAll(c)
	s := status(c)
	require.Equal(t, []int32{3, 3, 3, 3, 3, 0, 0}, []int32{
		s.DesiredNumberScheduled, s.CurrentNumberScheduled, s.NumberReady, s.NumberAvailable,
		s.UpdatedNumberScheduled, s.NumberUnavailable, s.NumberMisscheduled,
	})

	pod := clustertest.List[*corev1.Pod](c)[0]
	require.Equal(t, "agent-", pod.GenerateName)
	require.Equal(t, "1", pod.Labels["pod-template-generation"])
	require.Contains(t, pod.Labels, "controller-revision-hash")
	keys := []string{}
	for _, toleration := range pod.Spec.Tolerations {
		keys = append(keys, fmt.Sprintf("%s:%s", toleration.Key, toleration.Effect))
	}
	require.Equal(t, []string{
		"node.kubernetes.io/not-ready:NoExecute", "node.kubernetes.io/unreachable:NoExecute",
		"node.kubernetes.io/disk-pressure:NoSchedule", "node.kubernetes.io/memory-pressure:NoSchedule",
		"node.kubernetes.io/pid-pressure:NoSchedule", "node.kubernetes.io/unschedulable:NoSchedule",
	}, keys)
}

func TestNodesAreChosenByLabelsAndTaints(t *testing.T) {
	c := clustertest.New(t)
	addNodes(c, "a", "b", "c")
	clustertest.Update(c, "b", func(n *corev1.Node) {
		n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: "gpu", Effect: corev1.TaintEffectNoSchedule})
	})
	clustertest.Update(c, "c", func(n *corev1.Node) { n.Spec.Unschedulable = true })
	clustertest.Create(c, newSet())
	require.ElementsMatch(t, []string{"a agent:1", "c agent:1"}, images(c))

	clustertest.Update(c, "agent", func(s *appsv1.DaemonSet) {
		s.Spec.Template.Spec.NodeSelector = map[string]string{"kubernetes.io/hostname": "c"}
	})
	require.Equal(t, []string{"c agent:1"}, images(c))
}

func TestPodOnATaintedNodeIsMisscheduled(t *testing.T) {
	c := clustertest.New(t)
	addNodes(c, "a")
	clustertest.Create(c, newSet())
	clustertest.Update(c, "a", func(n *corev1.Node) {
		n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: "gpu", Effect: corev1.TaintEffectNoSchedule})
	})
	require.Zero(t, status(c).NumberMisscheduled, "the set is not looked at for that")
	touch(c)
	s := status(c)
	require.Equal(t, []int32{0, 0, 1}, []int32{s.DesiredNumberScheduled, s.CurrentNumberScheduled, s.NumberMisscheduled})
}

func TestRollingUpdate(t *testing.T) {
	c := clustertest.New(t)
	addNodes(c, "a", "b", "c")
	clustertest.Create(c, newSet())
	runAll(c)
	clustertest.Update(c, "agent", setImage("agent:2"))
	require.Equal(t, []string{"a agent:2", "b agent:1", "c agent:1"}, images(c))
	runAll(c)
	require.Equal(t, []string{"a agent:2", "b agent:2", "c agent:1"}, images(c))
	runAll(c)
	runAll(c)
	require.Equal(t, []string{"a agent:2", "b agent:2", "c agent:2"}, images(c))
	require.EqualValues(t, 3, status(c).UpdatedNumberScheduled)
	require.Len(t, clustertest.List[*appsv1.ControllerRevision](c), 2)
}

func TestSurgingUpdateStartsTheNewPodFirst(t *testing.T) {
	c := clustertest.New(t)
	addNodes(c, "a", "b")
	clustertest.Create(c, newSet(func(s *appsv1.DaemonSet) {
		s.Spec.UpdateStrategy.Type = appsv1.RollingUpdateDaemonSetStrategyType
		s.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateDaemonSet{
			MaxSurge: ptr.To(intstr.FromInt32(1)), MaxUnavailable: ptr.To(intstr.FromInt32(0)),
		}
	}))
	runAll(c)
	clustertest.Update(c, "agent", setImage("agent:2"))
	require.Len(t, clustertest.List[*corev1.Pod](c), 3)
	runAll(c)
	runAll(c)
	require.Equal(t, []string{"a agent:2", "b agent:2"}, images(c))
	require.Len(t, clustertest.List[*corev1.Pod](c), 2)
}

func TestOnDeleteLeavesPodsAlone(t *testing.T) {
	c := clustertest.New(t)
	addNodes(c, "a", "b")
	clustertest.Create(c, newSet(func(s *appsv1.DaemonSet) { s.Spec.UpdateStrategy.Type = appsv1.OnDeleteDaemonSetStrategyType }))
	runAll(c)
	clustertest.Update(c, "agent", setImage("agent:2"))
	require.Equal(t, []string{"a agent:1", "b agent:1"}, images(c))
	clustertest.Delete[*corev1.Pod](c, byNode(c)["a"])
	require.Equal(t, []string{"a agent:2", "b agent:1"}, images(c))
}

func TestFailedPodsAreReplacedLaterAndLater(t *testing.T) {
	c := clustertest.New(t)
	addNodes(c, "a")
	clustertest.Create(c, newSet())
	var replaced []time.Duration
	for range 4 {
		name := byNode(c)["a"]
		failed := c.Now()
		c.End(corev1.PodFailed, name)
		for byNode(c)["a"] == name {
			c.After(time.Second)
		}
		replaced = append(replaced, c.Now().Sub(failed))
	}
	require.Equal(t, []time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second}, replaced)
	require.Contains(t, c.Events("agent")[1], "FailedDaemonPod: Found failed daemon pod default/agent-")
}

func TestPodsOfMissingNodesGo(t *testing.T) {
	c := clustertest.New(t)
	addNodes(c, "a", "b")
	clustertest.Create(c, newSet())
	c.Do(func() {
		node, _ := client.Get[*corev1.Node](c.Admin(), "", "b")
		require.NoError(t, c.Admin().Delete(node, metav1.DeleteOptions{}))
	})
	touch(c)
	require.Equal(t, []string{"a agent:1"}, images(c))
}

// touch has the set looked at.
func touch(c *clustertest.Cluster) {
	clustertest.Update(c, "agent", func(s *appsv1.DaemonSet) { s.Annotations["touched"] = "" })
}
