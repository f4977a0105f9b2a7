package quota

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/utils/ptr"
)

// classInfix is between a storage class and what is limited of it.
const classInfix = ".storageclass.storage.k8s.io/"

func serviceUsage(used corev1.ResourceList, s *corev1.Service) {
	balanced := s.Spec.Type == corev1.ServiceTypeLoadBalancer
	if balanced {
		used[corev1.ResourceServicesLoadBalancers] = one()
	}
	ports := 0
	if s.Spec.Type == corev1.ServiceTypeNodePort || balanced {
		for _, p := range s.Spec.Ports {
			if !balanced || ptr.Deref(s.Spec.AllocateLoadBalancerNodePorts, true) || p.NodePort != 0 {
				ports++
			}
		}
	}
	if ports > 0 {
		used[corev1.ResourceServicesNodePorts] = *resource.NewQuantity(int64(ports), resource.DecimalSI)
	}
}

func claimUsage(used corev1.ResourceList, claim *corev1.PersistentVolumeClaim) {
	class := claim.Annotations[corev1.BetaStorageClassAnnotation]
	if class == "" {
		class = ptr.Deref(claim.Spec.StorageClassName, "")
	}
	if class != "" {
		used[corev1.ResourceName(class+classInfix+"persistentvolumeclaims")] = one()
	}
	size, ok := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	if !ok {
		return
	}
	used[corev1.ResourceRequestsStorage] = size
	if class != "" {
		used[corev1.ResourceName(class+classInfix+"requests.storage")] = size
	}
}
