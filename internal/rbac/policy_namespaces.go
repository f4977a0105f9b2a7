package rbac

import (
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Names of the roles in namespaces.
const (
	authenticationReader = "extension-apiserver-authentication-reader"
	bootstrapSigner      = controllerPrefix + "bootstrap-signer"
	cloudProvider        = controllerPrefix + "cloud-provider"
	tokenCleaner         = controllerPrefix + "token-cleaner"
	managerLeader        = "system::leader-locking-kube-controller-manager"
	schedulerLeader      = "system::leader-locking-kube-scheduler"
)

// namespaceRoles are the roles in kube-system and kube-public that every
// cluster starts with.
func namespaceRoles() []role {
	system := metav1.NamespaceSystem
	return []role{
		{system, authenticationReader, []rbacv1.PolicyRule{
			rule(read, core, "configmaps", "extension-apiserver-authentication"),
		}},
		{system, bootstrapSigner, []rbacv1.PolicyRule{rule(read, core, "secrets")}},
		{system, cloudProvider, []rbacv1.PolicyRule{rule("create get list watch", core, "configmaps")}},
		{system, tokenCleaner, []rbacv1.PolicyRule{rule("delete get list watch", core, "secrets"), events()}},
		{system, managerLeader, leaderRules()},
		{system, schedulerLeader, leaderRules()},
		{metav1.NamespacePublic, bootstrapSigner, []rbacv1.PolicyRule{
			rule(read, core, "configmaps"),
			rule("update", core, "configmaps", "cluster-info"),
			events(),
		}},
	}
}

// leaderRules are for components of which one leads.
func leaderRules() []rbacv1.PolicyRule {
	return []rbacv1.PolicyRule{
		rule("create get list update watch", "coordination.k8s.io", "leases"),
		rule("create get list update watch", "coordination.k8s.io", "leasecandidates"),
	}
}

// namespaceBindings say who has which of the roles in namespaces.
var namespaceBindings = []roleBinding{
	{metav1.NamespaceSystem, "system::" + authenticationReader, authenticationReader,
		[]rbacv1.Subject{user("system:kube-controller-manager"), user("system:kube-scheduler")}},
	{metav1.NamespaceSystem, managerLeader, managerLeader, []rbacv1.Subject{
		user("system:kube-controller-manager"), serviceAccount("kube-controller-manager"), serviceAccount("leader-election-controller"),
	}},
	{metav1.NamespaceSystem, schedulerLeader, schedulerLeader,
		[]rbacv1.Subject{user("system:kube-scheduler"), serviceAccount("kube-scheduler")}},
	{metav1.NamespaceSystem, bootstrapSigner, bootstrapSigner, []rbacv1.Subject{serviceAccount("bootstrap-signer")}},
	{metav1.NamespaceSystem, cloudProvider, cloudProvider, []rbacv1.Subject{serviceAccount("cloud-provider")}},
	{metav1.NamespaceSystem, tokenCleaner, tokenCleaner, []rbacv1.Subject{serviceAccount("token-cleaner")}},
	{metav1.NamespacePublic, bootstrapSigner, bootstrapSigner, []rbacv1.Subject{serviceAccount("bootstrap-signer")}},
}
