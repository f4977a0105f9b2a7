package resources

import "sync"

// Builtin returns the kinds of Kubernetes itself.
var Builtin = sync.OnceValue(func() *Set {
	return NewSet(
		certificateSigningRequest(),
		clusterRole(),
		clusterRoleBinding(),
		configMap(),
		csiDriver(),
		csiNode(),
		csiStorageCapacity(),
		customResourceDefinition(),
		deployment(),
		endpointSlice(),
		event(),
		ingress(),
		ingressClass(),
		ipAddress(),
		lease(),
		namespace(),
		networkPolicy(),
		node(),
		pod(),
		podDisruptionBudget(),
		priorityClass(),
		replicaSet(),
		role(),
		roleBinding(),
		runtimeClass(),
		secret(),
		service(),
		serviceAccount(),
		serviceCIDR(),
		storageClass(),
		volumeAttachment(),
		volumeAttributesClass(),
	)
})
