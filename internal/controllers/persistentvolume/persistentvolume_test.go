package persistentvolume_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/controlplane/clustertest"
)

func newClaim(name, class, size string) *corev1.PersistentVolumeClaim {
	return &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: clustertest.Namespace, Name: name},
		Spec: corev1.PersistentVolumeClaimSpec{
			StorageClassName: &class,
			AccessModes:      []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources:        corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)}},
		},
	}
}

func newVolume(name, class, size string, policy corev1.PersistentVolumeReclaimPolicy) *corev1.PersistentVolume {
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: corev1.PersistentVolumeSpec{
			StorageClassName:              class,
			AccessModes:                   []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(size)},
			PersistentVolumeReclaimPolicy: policy,
			PersistentVolumeSource:        corev1.PersistentVolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/data/" + name}},
		},
	}
}

func claim(c *clustertest.Cluster, name string) *corev1.PersistentVolumeClaim {
	return clustertest.Get[*corev1.PersistentVolumeClaim](c, name)
}

func volume(c *clustertest.Cluster, name string) *corev1.PersistentVolume {
	return clustertest.Get[*corev1.PersistentVolume](c, name)
}

func TestClaimGetsTheSmallestVolumeThatFits(t *testing.T) {
	c := clustertest.New(t)
	for name, size := range map[string]string{"small": "1Gi", "middle": "5Gi", "large": "50Gi"} {
		clustertest.Create(c, newVolume(name, "manual", size, corev1.PersistentVolumeReclaimRetain))
	}
	require.Equal(t, corev1.VolumeAvailable, volume(c, "middle").Status.Phase)
	clustertest.Create(c, newClaim("data", "manual", "2Gi"))

	bound := claim(c, "data")
	require.Equal(t, corev1.ClaimBound, bound.Status.Phase)
	require.Equal(t, "middle", bound.Spec.VolumeName)
	require.Equal(t, "5Gi", bound.Status.Capacity.Storage().String())
	require.Equal(t, "yes", bound.Annotations["pv.kubernetes.io/bind-completed"])
	require.Equal(t, corev1.VolumeBound, volume(c, "middle").Status.Phase)
	require.Equal(t, bound.UID, volume(c, "middle").Spec.ClaimRef.UID)

	clustertest.Delete[*corev1.PersistentVolumeClaim](c, "data")
	require.Equal(t, corev1.VolumeReleased, volume(c, "middle").Status.Phase)
}

func TestPendingClaimTakesAVolumeThatAppears(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newClaim("data", "", "2Gi"))
	require.Equal(t, corev1.ClaimPending, claim(c, "data").Status.Phase)
	require.Contains(t, c.Events("data")[0], "FailedBinding: no persistent volumes available for this claim and no storage class is set")
	clustertest.Create(c, newVolume("disk", "", "2Gi", corev1.PersistentVolumeReclaimRetain))
	require.Equal(t, corev1.ClaimBound, claim(c, "data").Status.Phase)
}

func TestVolumeIsProvisionedAndGoesWithItsClaim(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newClaim("data", "standard", "2Gi"))
	bound := claim(c, "data")
	require.Equal(t, corev1.ClaimBound, bound.Status.Phase)
	require.Equal(t, "pvc-"+string(bound.UID), bound.Spec.VolumeName)
	require.Contains(t, c.Events("data"), "ProvisioningSucceeded: Successfully provisioned volume "+bound.Spec.VolumeName)

	clustertest.Update(c, "data", func(p *corev1.PersistentVolumeClaim) {
		p.Spec.Resources.Requests[corev1.ResourceStorage] = resource.MustParse("3Gi")
	})
	require.Equal(t, "3Gi", claim(c, "data").Status.Capacity.Storage().String())

	clustertest.Delete[*corev1.PersistentVolumeClaim](c, "data")
	require.Empty(t, clustertest.Names[*corev1.PersistentVolume](c))
}

func TestClaimWaitsForItsFirstConsumer(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{Name: "local"}, Provisioner: "kubejig.io/simulated",
		VolumeBindingMode: ptr.To(storagev1.VolumeBindingWaitForFirstConsumer),
	})
	clustertest.Create(c, newClaim("data", "local", "1Gi"))
	require.Equal(t, corev1.ClaimPending, claim(c, "data").Status.Phase)
	require.Contains(t, c.Events("data")[0], "WaitForFirstConsumer: waiting for first consumer to be created before binding")

	clustertest.Update(c, "data", func(p *corev1.PersistentVolumeClaim) { // as the scheduler does
		p.Annotations = map[string]string{"volume.kubernetes.io/selected-node": "node-1"}
	})
	bound := claim(c, "data")
	require.Equal(t, corev1.ClaimBound, bound.Status.Phase)
	terms := volume(c, bound.Spec.VolumeName).Spec.NodeAffinity.Required.NodeSelectorTerms
	require.Equal(t, []string{"node-1"}, terms[0].MatchExpressions[0].Values)
}

func TestClaimThatNamesAVolume(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newVolume("disk", "", "1Gi", corev1.PersistentVolumeReclaimRetain))
	named := newClaim("big", "", "2Gi")
	named.Spec.VolumeName = "disk"
	clustertest.Create(c, named)
	require.Equal(t, corev1.ClaimPending, claim(c, "big").Status.Phase)
	require.Contains(t, c.Events("big")[0], `VolumeMismatch: Cannot bind to requested volume "disk": requested PV is too small`)

	fitting := newClaim("fitting", "", "1Gi")
	fitting.Spec.VolumeName = "disk"
	clustertest.Create(c, fitting)
	require.Equal(t, corev1.ClaimBound, claim(c, "fitting").Status.Phase)
}

func TestClaimIsToldThatItsVolumeIsKeptForAnother(t *testing.T) {
	c := clustertest.New(t)
	named := newClaim("named", "", "1Gi")
	named.Spec.VolumeName = "disk"
	clustertest.Create(c, named)
	kept := newVolume("disk", "", "1Gi", corev1.PersistentVolumeReclaimRetain)
	kept.Spec.ClaimRef = &corev1.ObjectReference{Namespace: clustertest.Namespace, Name: "other"}
	clustertest.Create(c, kept)
	require.Equal(t, []string{`FailedBinding: volume "disk" already bound to a different claim.`}, c.Events("named"))
}

func TestClaimLosesItsVolume(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newVolume("disk", "", "1Gi", corev1.PersistentVolumeReclaimRetain))
	clustertest.Create(c, newClaim("data", "", "1Gi"))
	clustertest.Delete[*corev1.PersistentVolume](c, "disk")
	if len(clustertest.Names[*corev1.PersistentVolume](c)) > 0 { // protected while it is bound
		clustertest.Update(c, "disk", func(v *corev1.PersistentVolume) { v.Finalizers = nil })
	}
	require.Equal(t, corev1.ClaimLost, claim(c, "data").Status.Phase)
	require.Contains(t, c.Events("data"), "ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!")
}

func TestUnknownClass(t *testing.T) {
	c := clustertest.New(t)
	clustertest.Create(c, newClaim("data", "gone", "1Gi"))
	require.Contains(t, c.Events("data")[0], `ProvisioningFailed: storageclass.storage.k8s.io "gone" not found`)
}
