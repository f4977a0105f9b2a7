package scheduler_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/kubejig/kubejig/internal/client"
)

// claiming is the spec of a pod that uses a claim.
const claiming = "volumes: [{name: v, persistentVolumeClaim: {claimName: data}}]\n" +
	"containers: [{name: c, image: x, volumeMounts: [{name: v, mountPath: /v}]}]"

func (w *world) claim(class string) *corev1.PersistentVolumeClaim {
	pvc := decode[corev1.PersistentVolumeClaim](w.t, `
metadata: {name: data, namespace: default}
spec: {accessModes: [ReadWriteOnce], storageClassName: `+class+`, resources: {requests: {storage: 1Gi}}}
`)
	return w.create(pvc).(*corev1.PersistentVolumeClaim)
}

func (w *world) class(name, mode string) {
	w.create(decode[storagev1.StorageClass](w.t, "metadata: {name: "+name+"}\nprovisioner: example.com/disk\nvolumeBindingMode: "+mode))
}

// bound binds a claim to a volume that only one node reaches, as a volume
// controller does.
func (w *world) bound(pvc *corev1.PersistentVolumeClaim, node string) {
	w.create(decode[corev1.PersistentVolume](w.t, `
metadata: {name: pv}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  storageClassName: `+*pvc.Spec.StorageClassName+`
  csi: {driver: example.com, volumeHandle: x}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [`+node+`]}]}]}}
`))
	current, _ := client.Get[*corev1.PersistentVolumeClaim](w.api, "default", pvc.Name)
	current = current.DeepCopy()
	current.Spec.VolumeName = "pv"
	if current.Annotations == nil {
		current.Annotations = map[string]string{}
	}
	current.Annotations["pv.kubernetes.io/bind-completed"] = "yes"
	current, err := client.Update(w.api, current)
	require.NoError(w.t, err)
	current = current.DeepCopy()
	current.Status.Phase = corev1.ClaimBound
	_, err = client.UpdateStatus(w.api, current)
	require.NoError(w.t, err)
	w.loop.Settle()
}

func TestAPodGoesWhereItsVolumeIs(t *testing.T) {
	w := newWorld(t, 1)
	w.nodes("n1", "n2", "n3")
	w.class("now", "Immediate")
	pvc := w.claim("now")
	require.Equal(t, "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found", why(w.pod("p", claiming)))
	w.bound(pvc, "n2")
	w.advance(1e9)
	require.Equal(t, "n2", w.get("p").Spec.NodeName)
	w.change("n2", func(n *corev1.Node) { n.Spec.Unschedulable = true })
	require.Equal(t, "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match PersistentVolume's node affinity."+
		" preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.", why(w.pod("q", claiming)))
}

func TestAVolumeComesWhereItsPodGoes(t *testing.T) {
	w := newWorld(t, 1)
	w.nodes("n1", "n2", "n3")
	w.class("later", "WaitForFirstConsumer")
	pvc := w.claim("later")
	require.Empty(t, w.pod("p", claiming).Spec.NodeName)
	current, _ := client.Get[*corev1.PersistentVolumeClaim](w.api, "default", "data")
	chosen := current.Annotations["volume.kubernetes.io/selected-node"]
	require.NotEmpty(t, chosen)
	require.Empty(t, w.events(), "waiting for a volume is no failure")
	w.bound(pvc, chosen)
	require.Equal(t, chosen, w.get("p").Spec.NodeName)
}
