package rbac

import (
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
)

// Verbs of the tables.
const (
	read  = "get list watch"
	write = "create delete deletecollection patch update"
	all   = write + " " + read
)

// clusterRoles are the roles that every cluster starts with, as
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
// lists them.
func clusterRoles() []role {
	edits, views := editRules(), viewRules()
	administers := []rbacv1.PolicyRule{
		rule("create", "authorization.k8s.io", "localsubjectaccessreviews"),
		rule(all, rbacv1.GroupName, "rolebindings roles"),
	}
	return slices.Concat([]role{
		{name: "cluster-admin", rules: []rbacv1.PolicyRule{
			{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}},
			{Verbs: []string{"*"}, NonResourceURLs: []string{"*"}},
		}},
		{name: "admin", selects: []string{"admin"}, rules: slices.Concat(administers, edits, views)},
		{name: "edit", aggregate: "admin", selects: []string{"edit"}, rules: slices.Concat(edits, views)},
		{name: "view", aggregate: "edit", selects: []string{"view"}, rules: views},
		{name: "system:aggregate-to-admin", aggregate: "admin", rules: administers},
		{name: "system:aggregate-to-edit", aggregate: "edit", rules: edits},
		{name: "system:aggregate-to-view", aggregate: "view", rules: views},
	}, publicRoles(), componentRoles())
}

// editRules are what users may change in a namespace of theirs.
func editRules() []rbacv1.PolicyRule {
	return []rbacv1.PolicyRule{
		rule(read, "", "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy"),
		rule("impersonate", "", "serviceaccounts"),
		rule(write, "", "pods pods/attach pods/exec pods/portforward pods/proxy"),
		rule("create", "", "pods/eviction"),
		rule(write, "", "configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy"),
		rule("create", "", "serviceaccounts/token"),
		rule(write, "apps", "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale"),
		rule(write, "autoscaling", "horizontalpodautoscalers"),
		rule(write, "batch", "cronjobs jobs"),
		rule(write, "policy", "poddisruptionbudgets"),
		rule(write, "networking.k8s.io", "ingresses networkpolicies"),
		rule(all, "coordination.k8s.io", "leases"),
	}
}

// viewRules are what users may see in a namespace of theirs: no secrets.
func viewRules() []rbacv1.PolicyRule {
	return []rbacv1.PolicyRule{
		rule(read, "", "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status"),
		rule(read, "", "bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status"),
		rule(read, "", "namespaces"),
		rule(read, "discovery.k8s.io", "endpointslices"),
		rule(read, "apps", "controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status"),
		rule(read, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
		rule(read, "batch", "cronjobs cronjobs/status jobs jobs/status"),
		rule(read, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
		rule(read, "networking.k8s.io", "ingresses ingresses/status networkpolicies"),
	}
}

// publicRoles are those of everybody.
func publicRoles() []role {
	return []role{
		{name: "system:discovery", rules: []rbacv1.PolicyRule{
			paths("/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/"),
		}},
		{name: "system:public-info-viewer", rules: []rbacv1.PolicyRule{paths("/healthz /livez /readyz /version /version/")}},
		{name: "system:monitoring", rules: []rbacv1.PolicyRule{paths("/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*")}},
		{name: "system:service-account-issuer-discovery", rules: []rbacv1.PolicyRule{
			paths("/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/"),
		}},
		{name: "system:basic-user", rules: []rbacv1.PolicyRule{
			rule("create", "authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews"),
			rule("create", "authentication.k8s.io", "selfsubjectreviews"),
		}},
	}
}

// componentRoles are those of the parts of a cluster that may run elsewhere.
func componentRoles() []role {
	return []role{
		{name: "system:auth-delegator", rules: []rbacv1.PolicyRule{
			rule("create", "authentication.k8s.io", "tokenreviews"),
			rule("create", "authorization.k8s.io", "subjectaccessreviews"),
		}},
		{name: "system:kubelet-api-admin", rules: []rbacv1.PolicyRule{
			rule("get list watch", "", "nodes"),
			rule("proxy", "", "nodes"),
			rule("*", "", "nodes/configz nodes/healthz nodes/log nodes/metrics nodes/pods nodes/proxy nodes/stats"),
		}},
		{name: "system:node-bootstrapper", rules: []rbacv1.PolicyRule{
			rule("create get list watch", "certificates.k8s.io", "certificatesigningrequests"),
		}},
		{name: "system:node-proxier", rules: []rbacv1.PolicyRule{
			rule("list watch", "", "services"),
			rule(read, "", "nodes"),
			rule("create patch update", "", "events"),
			rule("create patch update", "events.k8s.io", "events"),
			rule("list watch", "discovery.k8s.io", "endpointslices"),
			rule("list watch", "networking.k8s.io", "servicecidrs"),
		}},
		{name: "system:persistent-volume-provisioner", rules: []rbacv1.PolicyRule{
			rule("create delete get list watch", "", "persistentvolumes"),
			rule("get list update watch", "", "persistentvolumeclaims"),
			rule(read, "storage.k8s.io", "storageclasses"),
			rule("watch", "", "events"),
			rule("create patch update", "", "events"),
		}},
		{name: "system:kube-dns", rules: []rbacv1.PolicyRule{rule("list watch", "", "endpoints services")}},
		{name: "system:kube-scheduler", rules: []rbacv1.PolicyRule{
			rule("create patch update", "events.k8s.io", "events"),
			rule("create get list update watch", "coordination.k8s.io", "leases"),
			rule(read, "", "nodes"),
			rule("delete get list watch", "", "pods"),
			rule("create", "", "bindings pods/binding"),
			rule("patch update", "", "pods/status"),
			rule(read, "", "replicationcontrollers services"),
			rule(read, "apps", "replicasets statefulsets"),
			rule(read, "policy", "poddisruptionbudgets"),
			rule(read, "", "persistentvolumeclaims persistentvolumes"),
			rule("create", "authentication.k8s.io", "tokenreviews"),
			rule("create", "authorization.k8s.io", "subjectaccessreviews"),
			rule(read, "storage.k8s.io", "csidrivers csinodes csistoragecapacities storageclasses volumeattachments"),
			rule(read, "", "namespaces"),
		}},
		{name: "system:kube-controller-manager", rules: []rbacv1.PolicyRule{
			rule("create patch update", "", "events"),
			rule("create patch update", "events.k8s.io", "events"),
			rule("create get list update watch", "coordination.k8s.io", "leases"),
			rule("create", "", "secrets serviceaccounts"),
			rule("delete", "", "secrets"),
			rule("get", "", "configmaps namespaces secrets serviceaccounts"),
			rule("update", "", "secrets serviceaccounts"),
			rule("create", "authentication.k8s.io", "tokenreviews"),
			rule("create", "authorization.k8s.io", "subjectaccessreviews"),
			rule("list watch", "*", "*"),
			rule("create", "", "serviceaccounts/token"),
		}},
		{name: "system:volume-scheduler", rules: []rbacv1.PolicyRule{
			rule("get list patch update watch", "", "persistentvolumes"),
			rule(read, "storage.k8s.io", "storageclasses"),
			rule("get list patch update watch", "", "persistentvolumeclaims"),
		}},
	}
}

// clusterRoleBindings say who has which of the roles; each has its role's name.
var clusterRoleBindings = []binding{
	{"cluster-admin", []rbacv1.Subject{group("system:masters")}},
	{"system:basic-user", []rbacv1.Subject{group("system:authenticated")}},
	{"system:discovery", []rbacv1.Subject{group("system:authenticated")}},
	{"system:kube-controller-manager", []rbacv1.Subject{user("system:kube-controller-manager")}},
	{"system:kube-dns", []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: "kube-dns", Namespace: "kube-system"}}},
	{"system:kube-scheduler", []rbacv1.Subject{user("system:kube-scheduler")}},
	{"system:monitoring", []rbacv1.Subject{group("system:monitoring")}},
	{"system:node-proxier", []rbacv1.Subject{user("system:kube-proxy")}},
	{"system:public-info-viewer", []rbacv1.Subject{group("system:authenticated"), group("system:unauthenticated")}},
	{"system:service-account-issuer-discovery", []rbacv1.Subject{group("system:serviceaccounts")}},
	{"system:volume-scheduler", []rbacv1.Subject{user("system:kube-scheduler")}},
}
