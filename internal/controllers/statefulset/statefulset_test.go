package statefulset_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

func newSet(replicas int32, change ...func(*appsv1.StatefulSet)) *appsv1.StatefulSet {
	labels := map[string]string{"app": "web"}
	set := &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: "web"},
		Spec: appsv1.StatefulSetSpec{
			Replicas: &replicas, ServiceName: "web",
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: clustertest.Template("nginx:1", labels),
		},
	}
	for _, f := range change {
		f(set)
	}
	return set
}

func parallel(s *appsv1.StatefulSet) { s.Spec.PodManagementPolicy = appsv1.ParallelPodManagement }

func withClaim(s *appsv1.StatefulSet) {
	s.Spec.VolumeClaimTemplates = []corev1.PersistentVolumeClaim{{
		ObjectMeta: metav1.ObjectMeta{Name: "data"},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources: corev1.VolumeResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")},
			},
		},
	}}
}

func setImage(image string) func(*appsv1.StatefulSet) {
	return func(s *appsv1.StatefulSet) { s.Spec.Template.Spec.Containers[0].Image = image }
}

func pods(c *clustertest.Cluster) []string { return clustertest.Names[*corev1.Pod](c) }

// images lists the pods with their images.
func images(c *clustertest.Cluster) []string {
	list := []string{}
	for _, p := range clustertest.List[*corev1.Pod](c) {
		list = append(list, p.Name+" "+p.Spec.Containers[0].Image)
	}
	return list
}

func status(c *clustertest.Cluster) appsv1.StatefulSetStatus {
	return clustertest.Get[*appsv1.StatefulSet](c, "web").Status
}

func TestPodsStartInOrder(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newSet(2))
	require.Equal(t, []string{"web-0"}, pods(c))

	c.Run("web-0")
	require.Equal(t, []string{"web-0", "web-1"}, pods(c))
	c.Run("web-1")

	pod := clustertest.Get[*corev1.Pod](c, "web-1")
	require.Equal(t, "web-1", pod.Spec.Hostname)
	require.Equal(t, "web", pod.Spec.Subdomain)
	require.Equal(t, "web-", pod.GenerateName)
	require.Equal(t, map[string]string{
		"app":                                "web",
		"apps.kubernetes.io/pod-index":       "1",
		"controller-revision-hash":           status(c).UpdateRevision,
		"statefulset.kubernetes.io/pod-name": "web-1",
	}, pod.Labels)
	require.Equal(t, []string{
		"SuccessfulCreate: Create Pod web-0 in StatefulSet web successful",
		"SuccessfulCreate: Create Pod web-1 in StatefulSet web successful",
	}, c.Events("web"))

	s := status(c)
	require.EqualValues(t, []int32{2, 2, 2, 2, 2},
		[]int32{s.Replicas, s.ReadyReplicas, s.AvailableReplicas, s.CurrentReplicas, s.UpdatedReplicas})
	require.Equal(t, s.CurrentRevision, s.UpdateRevision)
}

func TestMinReadySecondsHoldsUpTheNextPod(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newSet(2, func(s *appsv1.StatefulSet) { s.Spec.MinReadySeconds = 10 }))
	c.Run("web-0")
	c.After(9 * time.Second)
	require.Equal(t, []string{"web-0"}, pods(c))
	c.After(time.Second)
	require.Equal(t, []string{"web-0", "web-1"}, pods(c))
}

func TestParallelSetStartsAllAtOnce(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newSet(3, parallel, func(s *appsv1.StatefulSet) {
		s.Spec.Ordinals = &appsv1.StatefulSetOrdinals{Start: 5}
	}))
	require.Equal(t, []string{"web-5", "web-6", "web-7"}, pods(c))
}

func TestScalingDownIsInReverse(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newSet(3, parallel))
	c.Run("web-0", "web-1", "web-2")
	clustertest.Update(c, "web", func(s *appsv1.StatefulSet) { s.Spec.Replicas = ptr.To[int32](1) })
	require.Equal(t, []string{"web-0"}, pods(c))
	require.Contains(t, c.Events("web"), "SuccessfulDelete: Delete Pod web-2 in StatefulSet web successful")
}

func TestOrderedScalingDownWaitsForHealthyPods(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newSet(3))
	c.Run("web-0")
	c.Run("web-1")
	c.Run("web-2")
	c.Break("web-0")
	clustertest.Update(c, "web", func(s *appsv1.StatefulSet) { s.Spec.Replicas = ptr.To[int32](1) })
	require.Len(t, pods(c), 3)
	c.Run("web-0")
	require.Equal(t, []string{"web-0"}, pods(c))
}

func TestRollingUpdate(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newSet(3, parallel))
	c.Run("web-0", "web-1", "web-2")
	before := status(c).CurrentRevision

	clustertest.Update(c, "web", setImage("nginx:2"))
	require.Equal(t, []string{"web-0 nginx:1", "web-1 nginx:1", "web-2 nginx:2"}, images(c))
	require.Equal(t, before, status(c).CurrentRevision)
	require.NotEqual(t, before, status(c).UpdateRevision)

	c.Run("web-2")
	require.Equal(t, []string{"web-0 nginx:1", "web-1 nginx:2", "web-2 nginx:2"}, images(c))
	c.Run("web-1")
	c.Run("web-0")
	require.Equal(t, status(c).UpdateRevision, status(c).CurrentRevision)

	revisions := clustertest.List[*appsv1.ControllerRevision](c)
	require.Len(t, revisions, 2)
	require.Contains(t, revisions[0].Labels, "controller.kubernetes.io/hash")
}

func TestUpdateKeepsWhatIsBelowThePartition(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newSet(3, parallel, func(s *appsv1.StatefulSet) {
		s.Spec.UpdateStrategy.Type = appsv1.RollingUpdateStatefulSetStrategyType
		s.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateStatefulSetStrategy{Partition: ptr.To[int32](2)}
	}))
	c.Run("web-0", "web-1", "web-2")
	clustertest.Update(c, "web", setImage("nginx:2"))
	c.Run("web-2")
	clustertest.Delete[*corev1.Pod](c, "web-0")
	require.Equal(t, []string{"web-0 nginx:1", "web-1 nginx:1", "web-2 nginx:2"}, images(c))
}

func TestMaxUnavailable(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newSet(4, parallel, func(s *appsv1.StatefulSet) {
		s.Spec.UpdateStrategy.Type = appsv1.RollingUpdateStatefulSetStrategyType
		s.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateStatefulSetStrategy{MaxUnavailable: ptr.To(intstr.FromString("50%"))}
	}))
	c.Run("web-0", "web-1", "web-2", "web-3")
	clustertest.Update(c, "web", setImage("nginx:2"))
	require.Equal(t, []string{"web-0 nginx:1", "web-1 nginx:1", "web-2 nginx:2", "web-3 nginx:2"}, images(c))
}

func TestBrokenPodsAreUpdatedFirst(t *testing.T) {
	rolling := func(r *appsv1.RollingUpdateStatefulSetStrategy) func(*appsv1.StatefulSet) {
		return func(s *appsv1.StatefulSet) {
			s.Spec.UpdateStrategy = appsv1.StatefulSetUpdateStrategy{Type: appsv1.RollingUpdateStatefulSetStrategyType, RollingUpdate: r}
		}
	}
	for _, tt := range []struct {
		name     string
		strategy *appsv1.RollingUpdateStatefulSetStrategy
		ready    []string
		updated  []string
	}{
		{"all that are broken", &appsv1.RollingUpdateStatefulSetStrategy{}, []string{"web-2", "web-3"}, []string{"web-0", "web-1"}},
		{"and more within the budget", &appsv1.RollingUpdateStatefulSetStrategy{MaxUnavailable: ptr.To(intstr.FromInt32(2))},
			[]string{"web-1", "web-2", "web-3"}, []string{"web-0", "web-3"}},
		{"none below the partition", &appsv1.RollingUpdateStatefulSetStrategy{Partition: ptr.To[int32](1)}, []string{"web-2", "web-3"}, []string{"web-1"}},
		{"by default, the last ones", nil, []string{"web-0", "web-1"}, []string{"web-2", "web-3"}},
		{"by default, none that would come back as it was", nil, []string{"web-2", "web-3"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := clustertest.New(t)
			clustertest.Create(c, newSet(4, parallel, rolling(tt.strategy)))
			c.Run(tt.ready...)
			clustertest.Update(c, "web", setImage("nginx:2"))
			var updated []string
			for _, p := range clustertest.List[*corev1.Pod](c) {
				if p.Spec.Containers[0].Image == "nginx:2" {
					updated = append(updated, p.Name)
				}
			}
			require.Equal(t, tt.updated, updated)
		})
	}
}

func TestOnDeleteLeavesPodsAlone(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newSet(2, parallel, func(s *appsv1.StatefulSet) {
		s.Spec.UpdateStrategy.Type = appsv1.OnDeleteStatefulSetStrategyType
	}))
	c.Run("web-0", "web-1")
	clustertest.Update(c, "web", setImage("nginx:2"))
	require.Equal(t, []string{"web-0 nginx:1", "web-1 nginx:1"}, images(c))
	clustertest.Delete[*corev1.Pod](c, "web-0")
	require.Equal(t, []string{"web-0 nginx:2", "web-1 nginx:1"}, images(c))
}

func TestRollingBackFindsTheOldRevision(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newSet(1))
	first := status(c).UpdateRevision
	clustertest.Update(c, "web", setImage("nginx:2"))
	clustertest.Update(c, "web", setImage("nginx:1"))
	require.Equal(t, first, status(c).UpdateRevision)
	require.EqualValues(t, 3, clustertest.Get[*appsv1.ControllerRevision](c, first).Revision)
}

func TestFailedPodIsReplaced(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newSet(1))
	old := clustertest.Get[*corev1.Pod](c, "web-0").UID
	c.End(corev1.PodFailed, "web-0")
	require.NotEqual(t, old, clustertest.Get[*corev1.Pod](c, "web-0").UID)
}

func TestClaims(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newSet(2, parallel, withClaim))
	require.Equal(t, []string{"data-web-0", "data-web-1"}, clustertest.Names[*corev1.PersistentVolumeClaim](c))
	require.Contains(t, c.Events("web"), "SuccessfulCreate: Create Claim data-web-0 Pod web-0 in StatefulSet web success")
	volume := clustertest.Get[*corev1.Pod](c, "web-1").Spec.Volumes[0]
	require.Equal(t, "data-web-1", volume.PersistentVolumeClaim.ClaimName)
	require.Equal(t, "web", clustertest.Get[*corev1.PersistentVolumeClaim](c, "data-web-0").Labels["app"])
}

func TestClaimsGoWithTheSetOrThePod(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newSet(2, parallel, withClaim, func(s *appsv1.StatefulSet) {
		s.Spec.PersistentVolumeClaimRetentionPolicy = &appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{
			WhenDeleted: appsv1.DeletePersistentVolumeClaimRetentionPolicyType,
			WhenScaled:  appsv1.DeletePersistentVolumeClaimRetentionPolicyType,
		}
	}))
	c.Run("web-0", "web-1")
	owner := clustertest.Get[*corev1.PersistentVolumeClaim](c, "data-web-1").OwnerReferences
	require.Len(t, owner, 1)
	require.Equal(t, "StatefulSet", owner[0].Kind)

	clustertest.Update(c, "web", func(s *appsv1.StatefulSet) { s.Spec.Replicas = ptr.To[int32](1) })
	require.Equal(t, []string{"data-web-0"}, clustertest.Names[*corev1.PersistentVolumeClaim](c))

	clustertest.Delete[*appsv1.StatefulSet](c, "web")
	require.Empty(t, clustertest.Names[*corev1.PersistentVolumeClaim](c))
}

func BenchmarkParallel1000(b *testing.B) {
	for b.Loop() {
		c := clustertest.New(b)
		clustertest.Create(c, newSet(1000, parallel))
		names := pods(c)
		require.Len(b, names, 1000)
	}
}

func BenchmarkOrdered300(b *testing.B) {
	for b.Loop() {
		c := clustertest.New(b)
		clustertest.Create(c, newSet(300))
		for i := range 300 {
			c.Run(fmt.Sprintf("web-%d", i))
		}
		require.EqualValues(b, 300, status(c).ReadyReplicas)
	}
}
