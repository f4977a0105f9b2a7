package kubelet

import (
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
)

// migratedPlugins are the in-tree volume plugins that kubelets leave to CSI
// drivers.
const migratedPlugins = "kubernetes.io/aws-ebs,kubernetes.io/azure-disk,kubernetes.io/azure-file,kubernetes.io/cinder," +
	"kubernetes.io/gce-pd,kubernetes.io/portworx-volume,kubernetes.io/vsphere-volume"

// publishCSINode tells which CSI drivers the node has: none. The object goes
// with its node.
func (k *Kubelet) publishCSINode() {
	node := k.node.api
	if node == nil {
		return
	}
	if _, ok := client.Get[*storagev1.CSINode](k.client, "", node.Name); ok {
		return
	}
	_, _ = client.Create(k.client, &storagev1.CSINode{ObjectMeta: metav1.ObjectMeta{
		Name:            node.Name,
		Annotations:     map[string]string{"storage.alpha.kubernetes.io/migrated-plugins": migratedPlugins},
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: node.Name, UID: node.UID}},
	}})
}
