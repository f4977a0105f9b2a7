package namespace_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

const doomed = "doomed"

// conditions are those of the namespace, as "type: message", that say more than
// that all is well.
func conditions(c *clustertest.Cluster) []string {
	var told []string
	for _, cond := range clustertest.Get[*corev1.Namespace](c, doomed).Status.Conditions {
		if cond.Status == corev1.ConditionTrue {
			told = append(told, string(cond.Type)+": "+cond.Message)
		}
	}
	return told
}

func TestPodsGoFirst(t *testing.T) {
	c := clustertest.New(t)
	meta := func(name string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: doomed, Name: name, Finalizers: []string{"example.com/keep"}}
	}
	clustertest.Create(c, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: doomed}})
	clustertest.Create(c, &corev1.ConfigMap{ObjectMeta: meta("kept")})
	clustertest.Create(c, &corev1.Pod{ObjectMeta: meta("pod"), Spec: corev1.PodSpec{
		TerminationGracePeriodSeconds: ptr.To[int64](12),
		Containers:                    []corev1.Container{{Name: "c", Image: "i"}},
	}})
	deleted := func() (deleted bool) {
		c.Do(func() {
			kept, ok := client.Get[*corev1.ConfigMap](c.Admin(), doomed, "kept")
			deleted = !ok || kept.DeletionTimestamp != nil
		})
		return deleted
	}
	clustertest.Delete[*corev1.Namespace](c, doomed)
	c.After(6 * time.Second)
	require.False(t, deleted(), "there is a pod")
	require.Empty(t, conditions(c))

	c.Do(func() {
		pod, _ := client.Get[*corev1.Pod](c.Admin(), doomed, "pod")
		pod = pod.DeepCopy()
		pod.Finalizers = nil
		_, err := client.Update(c.Admin(), pod)
		require.NoError(t, err)
	})
	c.After(0)
	require.True(t, deleted())
	require.Equal(t, []string{
		"NamespaceContentRemaining: Some resources are remaining: configmaps. has 1 resource instances",
		"NamespaceFinalizersRemaining: Some content in the namespace has finalizers remaining: example.com/keep in 1 resource instances",
	}, conditions(c))
}
