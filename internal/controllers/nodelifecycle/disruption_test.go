package nodelifecycle_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

// nodes adds nodes of a zone that are ready.
func nodes(c *clustertest.Cluster, zone string, count int) {
	for i := range count {
		name := fmt.Sprintf("%s%d", zone, i+1)
		clustertest.Create(c, &corev1.Node{ObjectMeta: metav1.ObjectMeta{
			Name: name, Labels: map[string]string{"topology.kubernetes.io/zone": zone},
		}})
		say(c, corev1.ConditionTrue, name)
	}
}

// say is what kubelets report of whether their nodes are ready.
func say(c *clustertest.Cluster, status corev1.ConditionStatus, names ...string) {
	for _, name := range names {
		clustertest.UpdateStatus(c, name, func(n *corev1.Node) {
			n.Status.Conditions = []corev1.NodeCondition{{
				Type: corev1.NodeReady, Status: status,
				// They say it again before anybody misses them.
				LastHeartbeatTime: metav1.NewTime(clustertest.Start.Add(time.Hour)),
			}}
		})
	}
	c.After(time.Second)
}

// emptied are the nodes from which pods are driven away.
func emptied(c *clustertest.Cluster) []string {
	var names []string
	for _, n := range clustertest.List[*corev1.Node](c) {
		if slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Effect == corev1.TaintEffectNoExecute }) {
			names = append(names, n.Name)
		}
	}
	return names
}

func TestNodesAreEmptiedOneAfterTheOther(t *testing.T) {
	c := clustertest.New(t)
	nodes(c, "a", 6)
	nodes(c, "b", 2)
	say(c, corev1.ConditionFalse, "a1", "a2", "b1")
	require.Equal(t, []string{"a1", "b1"}, emptied(c), "one of each zone")
	c.After(10 * time.Second)
	require.Equal(t, []string{"a1", "a2", "b1"}, emptied(c))
	say(c, corev1.ConditionTrue, "a1", "b1")
	require.Equal(t, []string{"a2"}, emptied(c))
}

func TestSmallZoneThatIsDisruptedIsNotEmptied(t *testing.T) {
	c := clustertest.New(t)
	nodes(c, "a", 5)
	nodes(c, "b", 1)
	say(c, corev1.ConditionFalse, "a1")
	say(c, corev1.ConditionFalse, "a2", "a3")
	c.After(time.Minute)
	require.Equal(t, []string{"a1"}, emptied(c), "what has begun goes on")
	say(c, corev1.ConditionTrue, "a3")
	c.After(time.Minute)
	require.Equal(t, []string{"a1", "a2"}, emptied(c))
}

func TestNothingIsEmptiedWhenAllNodesFail(t *testing.T) {
	c := clustertest.New(t)
	nodes(c, "a", 1)
	nodes(c, "b", 1)
	say(c, corev1.ConditionFalse, "a1")
	require.Equal(t, []string{"a1"}, emptied(c), "a whole zone is emptied")
	say(c, corev1.ConditionFalse, "b1")
	require.Empty(t, emptied(c))
	taints := clustertest.Get[*corev1.Node](c, "b1").Spec.Taints
	require.Len(t, taints, 1)
	require.Equal(t, corev1.TaintEffectNoSchedule, taints[0].Effect)

	say(c, corev1.ConditionTrue, "b1")
	require.Equal(t, []string{"a1"}, emptied(c))
}

func TestNodesThatDoNotCount(t *testing.T) {
	c := clustertest.New(t)
	nodes(c, "a", 2)
	clustertest.Update(c, "a2", func(n *corev1.Node) { n.Labels["node.kubernetes.io/exclude-disruption"] = "" })
	say(c, corev1.ConditionFalse, "a1")
	require.Empty(t, emptied(c), "all that count have failed")
}
