package rbac

import (
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
)

// Verbs of the tables.
const (
	read  = "get list watch"
	write = "create delete deletecollection patch update"
	all   = "create delete deletecollection get list patch update watch"
)

// clusterRoles are the roles that every cluster starts with, as
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
// lists them, but for those of controllers.
func clusterRoles() []clusterRole {
	return slices.Concat(userRoles(), publicRoles(), nodeRoles(), certificateRoles(), componentRoles())
}

// userRoles are for users. The rules of those that are made of others are what
// their controller makes of them.
func userRoles() []clusterRole {
	administers := []rbacv1.PolicyRule{
		rule("create", "authorization.k8s.io", "localsubjectaccessreviews"),
		rule(all, rbacv1.GroupName, "rolebindings roles"),
	}
	edits := slices.Concat(editRules(), viewRules())
	return []clusterRole{
		{name: "cluster-admin", rules: []rbacv1.PolicyRule{
			rule("*", "*", "*"),
			{Verbs: []string{"*"}, NonResourceURLs: []string{"*"}},
		}},
		{name: "admin", selects: "admin", rules: slices.Concat(edits, administers)},
		{name: "edit", aggregate: "admin", selects: "edit", rules: edits},
		{name: "view", aggregate: "edit", selects: "view", rules: viewRules()},
		{name: "system:aggregate-to-admin", aggregate: "admin", rules: administers},
		{name: "system:aggregate-to-edit", aggregate: "edit", rules: editRules()},
		{name: "system:aggregate-to-view", aggregate: "view", rules: viewRules()},
	}
}

// editRules are what users may change in a namespace of theirs.
func editRules() []rbacv1.PolicyRule {
	return []rbacv1.PolicyRule{
		rule(read, core, "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy"),
		rule("impersonate", core, "serviceaccounts"),
		rule(write, core, "pods pods/attach pods/exec pods/portforward pods/proxy"),
		rule("create", core, "pods/eviction"),
		rule(write, core, "configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy"),
		rule("create", core, "serviceaccounts/token"),
		rule(write, "core events.k8s.io", "events"),
		rule(write, "apps", "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale"),
		rule(write, "autoscaling", "horizontalpodautoscalers"),
		rule(write, "batch", "cronjobs jobs"),
		rule(write, "extensions", "daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale"),
		rule(write, "policy", "poddisruptionbudgets"),
		rule(write, "networking.k8s.io", "ingresses networkpolicies"),
		rule(all, "coordination.k8s.io", "leases"),
		rule(write, "resource.k8s.io", "resourceclaims resourceclaimtemplates"),
	}
}

// viewRules are what users may see in a namespace of theirs: no secrets.
func viewRules() []rbacv1.PolicyRule {
	return []rbacv1.PolicyRule{
		rule(read, core, "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status"),
		rule(read, core, "bindings limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status"),
		rule(read, core, "namespaces"),
		rule(read, "core events.k8s.io", "events"),
		rule(read, "discovery.k8s.io", "endpointslices"),
		rule(read, "apps", "controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status"),
		rule(read, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
		rule(read, "batch", "cronjobs cronjobs/status jobs jobs/status"),
		rule(read, "extensions", "daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale"),
		rule(read, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
		rule(read, "networking.k8s.io", "ingresses ingresses/status networkpolicies"),
		rule(read, "resource.k8s.io", "resourceclaims resourceclaims/status resourceclaimtemplates"),
	}
}

// publicRoles are those of everybody.
func publicRoles() []clusterRole {
	return []clusterRole{
		{name: "system:discovery", rules: []rbacv1.PolicyRule{
			paths("/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/"),
		}},
		{name: "system:public-info-viewer", rules: []rbacv1.PolicyRule{paths("/healthz /livez /readyz /version /version/")}},
		{name: "system:basic-user", rules: []rbacv1.PolicyRule{
			rule("create", "authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews"),
			rule("create", "authentication.k8s.io", "selfsubjectreviews"),
		}},
		{name: "system:service-account-issuer-discovery", rules: []rbacv1.PolicyRule{
			paths("/.well-known/openid-configuration /.well-known/openid-configuration/ /openid/v1/jwks /openid/v1/jwks/"),
		}},
		{name: "system:cluster-trust-bundle-discovery", rules: []rbacv1.PolicyRule{
			rule(read, "certificates.k8s.io", "clustertrustbundles"),
		}},
		{name: "system:monitoring", rules: []rbacv1.PolicyRule{
			paths("/flagz /healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/* /statusz"),
			rule("get", core, "nodes/metrics"),
		}},
	}
}

// nodeRoles are for what runs on nodes.
func nodeRoles() []clusterRole {
	return []clusterRole{
		{name: "system:node", rules: NodeRules()},
		{name: "system:node-bootstrapper", rules: []rbacv1.PolicyRule{
			rule("create get list watch", "certificates.k8s.io", "certificatesigningrequests"),
		}},
		{name: "system:node-problem-detector", rules: []rbacv1.PolicyRule{
			rule("get", core, "nodes"),
			rule("patch", core, "nodes/status"),
			events(),
		}},
		{name: "system:node-proxier", rules: []rbacv1.PolicyRule{
			rule("list watch", core, "endpoints services"),
			rule(read, core, "nodes"),
			events(),
			rule("list watch", "networking.k8s.io", "servicecidrs"),
			rule("list watch", "discovery.k8s.io", "endpointslices"),
		}},
		{name: "system:kubelet-api-admin", rules: []rbacv1.PolicyRule{
			rule(read, core, "nodes"),
			rule("proxy", core, "nodes"),
			rule("*", core, "nodes/log nodes/metrics nodes/proxy nodes/stats"),
			rule("*", core, "nodes/configz nodes/healthz nodes/pods"),
		}},
	}
}

// NodeRules are what kubelets may do, which the node authorizer narrows to what
// is theirs.
func NodeRules() []rbacv1.PolicyRule {
	return []rbacv1.PolicyRule{
		rule("create", "authentication.k8s.io", "tokenreviews"),
		rule("create", "authorization.k8s.io", "localsubjectaccessreviews subjectaccessreviews"),
		rule(read, core, "services"),
		rule("create get list watch", core, "nodes"),
		rule("patch update", core, "nodes/status"),
		rule("patch update", core, "nodes"),
		events(),
		rule(read, core, "pods"),
		rule("create delete", core, "pods"),
		rule("patch update", core, "pods/status"),
		rule("create", core, "pods/eviction"),
		rule(read, core, "configmaps secrets"),
		rule("get", core, "persistentvolumeclaims persistentvolumes"),
		rule("get", core, "endpoints"),
		rule("create get list watch", "certificates.k8s.io", "certificatesigningrequests"),
		rule("create delete get patch update", "coordination.k8s.io", "leases"),
		rule("get", "storage.k8s.io", "volumeattachments"),
		rule("create", core, "serviceaccounts/token"),
		rule("get patch update", core, "persistentvolumeclaims/status"),
		rule(read, "storage.k8s.io", "csidrivers"),
		rule("create delete get patch update", "storage.k8s.io", "csinodes"),
		rule(read, "node.k8s.io", "runtimeclasses"),
		rule("get", "resource.k8s.io", "resourceclaims"),
		rule("deletecollection", "resource.k8s.io", "resourceslices"),
		rule(read, "certificates.k8s.io", "clustertrustbundles"),
		rule("get", core, "serviceaccounts"),
		rule("create get list watch", "certificates.k8s.io", "podcertificaterequests"),
	}
}

// certificateRoles are for who asks for certificates, and for who approves them.
func certificateRoles() []clusterRole {
	const certificates = "certificates.k8s.io"
	role := func(name string, r rbacv1.PolicyRule) clusterRole {
		return clusterRole{name: "system:" + certificates + ":" + name, rules: []rbacv1.PolicyRule{r}}
	}
	return []clusterRole{
		role("certificatesigningrequests:nodeclient", rule("create", certificates, "certificatesigningrequests/nodeclient")),
		role("certificatesigningrequests:selfnodeclient", rule("create", certificates, "certificatesigningrequests/selfnodeclient")),
		role("legacy-unknown-approver", rule("approve", certificates, "signers", "kubernetes.io/legacy-unknown")),
		role("kubelet-serving-approver", rule("approve", certificates, "signers", "kubernetes.io/kubelet-serving")),
		role("kube-apiserver-client-approver", rule("approve", certificates, "signers", "kubernetes.io/kube-apiserver-client")),
		role("kube-apiserver-client-kubelet-approver", rule("approve", certificates, "signers", "kubernetes.io/kube-apiserver-client-kubelet")),
	}
}

// clusterRoleBindings say who has which of the roles; each has its role's name.
// Nodes have theirs from the node authorizer.
var clusterRoleBindings = []clusterRoleBinding{
	{"cluster-admin", []rbacv1.Subject{group("system:masters")}},
	{"system:monitoring", []rbacv1.Subject{group("system:monitoring")}},
	{"system:discovery", []rbacv1.Subject{group("system:authenticated")}},
	{"system:basic-user", []rbacv1.Subject{group("system:authenticated")}},
	{"system:public-info-viewer", []rbacv1.Subject{group("system:authenticated"), group("system:unauthenticated")}},
	{"system:node-proxier", []rbacv1.Subject{user("system:kube-proxy")}},
	{"system:kube-controller-manager", []rbacv1.Subject{user("system:kube-controller-manager")}},
	{"system:kube-dns", []rbacv1.Subject{serviceAccount("kube-dns")}},
	{"system:kube-scheduler", []rbacv1.Subject{user("system:kube-scheduler")}},
	{"system:volume-scheduler", []rbacv1.Subject{user("system:kube-scheduler")}},
	{"system:node", nil},
	{"system:cluster-trust-bundle-discovery", []rbacv1.Subject{group("system:serviceaccounts")}},
	{"system:service-account-issuer-discovery", []rbacv1.Subject{group("system:serviceaccounts")}},
}
