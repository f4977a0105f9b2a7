package resources

import "sync"

// Builtin returns the kinds of Kubernetes itself.
var Builtin = sync.OnceValue(func() *Set {
	return NewSet(
		clusterRole(),
		clusterRoleBinding(),
		configMap(),
		deployment(),
		endpointSlice(),
		event(),
		ingress(),
		lease(),
		namespace(),
		node(),
		pod(),
		podDisruptionBudget(),
		priorityClass(),
		replicaSet(),
		role(),
		roleBinding(),
		secret(),
		service(),
		serviceAccount(),
		storageClass(),
	)
})
