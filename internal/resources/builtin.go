package resources

import "sync"

// Builtin returns the kinds of Kubernetes itself.
var Builtin = sync.OnceValue(func() *Set {
	return NewSet(
		clusterRole(),
		clusterRoleBinding(),
		configMap(),
		endpointSlice(),
		ingress(),
		lease(),
		namespace(),
		podDisruptionBudget(),
		priorityClass(),
		role(),
		roleBinding(),
		storageClass(),
	)
})
