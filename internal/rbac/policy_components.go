package rbac

import rbacv1 "k8s.io/api/rbac/v1"

// componentRoles are those of the parts of a cluster that may run elsewhere.
func componentRoles() []clusterRole {
	return []clusterRole{
		{name: "system:heapster", rules: []rbacv1.PolicyRule{
			rule(read, core, "events namespaces nodes pods"),
			rule(read, "extensions", "deployments"),
		}},
		{name: "system:auth-delegator", rules: []rbacv1.PolicyRule{
			rule("create", "authentication.k8s.io", "tokenreviews"),
			rule("create", "authorization.k8s.io", "subjectaccessreviews"),
		}},
		{name: "system:kube-aggregator", rules: []rbacv1.PolicyRule{rule(read, core, "endpoints services")}},
		{name: "system:kube-controller-manager", rules: []rbacv1.PolicyRule{
			events(),
			rule("create", "coordination.k8s.io", "leases"),
			rule("get update", "coordination.k8s.io", "leases", "kube-controller-manager"),
			rule("create", core, "secrets serviceaccounts"),
			rule("delete", core, "secrets"),
			rule("get", core, "configmaps namespaces secrets serviceaccounts"),
			rule("update", core, "secrets serviceaccounts"),
			rule("create", "authentication.k8s.io", "tokenreviews"),
			rule("create", "authorization.k8s.io", "subjectaccessreviews"),
			rule("list watch", "*", "*"),
			rule("create", core, "serviceaccounts/token"),
		}},
		{name: "system:kube-dns", rules: []rbacv1.PolicyRule{rule("list watch", core, "endpoints services")}},
		{name: "system:persistent-volume-provisioner", rules: []rbacv1.PolicyRule{
			rule("create delete get list watch", core, "persistentvolumes"),
			rule("get list update watch", core, "persistentvolumeclaims"),
			rule(read, "storage.k8s.io", "storageclasses"),
			rule("watch", core, "events"),
			events(),
		}},
		{name: "system:volume-scheduler", rules: []rbacv1.PolicyRule{
			rule("get list patch update watch", core, "persistentvolumes"),
			rule(read, "storage.k8s.io", "storageclasses"),
			rule("get list patch update watch", core, "persistentvolumeclaims"),
		}},
		{name: "system:kube-scheduler", rules: schedulerRules()},
	}
}

func schedulerRules() []rbacv1.PolicyRule {
	return []rbacv1.PolicyRule{
		events(),
		rule("create", "coordination.k8s.io", "leases"),
		rule("get list update watch", "coordination.k8s.io", "leases", "kube-scheduler"),
		rule(all, "coordination.k8s.io", "leasecandidates"),
		rule(read, core, "nodes"),
		rule("delete get list watch", core, "pods"),
		rule("create", core, "bindings pods/binding"),
		rule("patch update", core, "pods/status"),
		rule(read, core, "replicationcontrollers services"),
		rule(read, "apps extensions", "replicasets"),
		rule(read, "apps", "statefulsets"),
		rule(read, "policy", "poddisruptionbudgets"),
		rule(read, core, "persistentvolumeclaims persistentvolumes"),
		rule("create", "authentication.k8s.io", "tokenreviews"),
		rule("create", "authorization.k8s.io", "subjectaccessreviews"),
		rule(read, "storage.k8s.io", "csinodes"),
		rule(read, "storage.k8s.io", "volumeattachments"),
		rule(read, core, "namespaces"),
		rule(read, "storage.k8s.io", "csidrivers"),
		rule(read, "storage.k8s.io", "csistoragecapacities"),
		rule(read, "resource.k8s.io", "deviceclasses"),
		rule("get list patch update watch", "resource.k8s.io", "resourceclaims"),
		rule("get list patch update watch", "resource.k8s.io", "resourceclaims/status"),
		rule("update", core, "pods/finalizers"),
		rule(read, "resource.k8s.io", "resourceslices"),
		rule("create delete", "resource.k8s.io", "resourceclaims"),
		rule(read, "resource.k8s.io", "devicetaintrules"),
		rule("patch update", "resource.k8s.io", "resourceclaims/binding"),
	}
}
