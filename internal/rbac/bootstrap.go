package rbac

import (
	"maps"
	"strings"
	"sync"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/store"
)

// Bootstrap creates the roles and bindings that every cluster starts with: the
// tables of this package, which are what they are in Kubernetes.
func Bootstrap(c *client.Client) error {
	for _, obj := range bootstrapObjects() {
		if err := client.Install(c, copied(obj)); err != nil {
			return err
		}
	}
	return nil
}

// copied is an object of a cluster's own, that shares with those of all others
// what does not change: labels, rules and subjects.
func copied(obj store.Object) store.Object {
	switch obj := obj.(type) {
	case *rbacv1.ClusterRole:
		c := *obj
		return &c
	case *rbacv1.ClusterRoleBinding:
		c := *obj
		return &c
	case *rbacv1.Role:
		c := *obj
		return &c
	case *rbacv1.RoleBinding:
		c := *obj
		return &c
	}
	return obj.DeepCopyObject().(store.Object)
}

// bootstrapObjects are the roles and bindings of the tables. They are made once
// and never change.
var bootstrapObjects = sync.OnceValue(func() []store.Object {
	var objects []store.Object
	for _, r := range clusterRoles() {
		objects = append(objects, r.object())
	}
	for _, b := range clusterRoleBindings {
		objects = append(objects, b.object())
	}
	for _, r := range controllerRoles() {
		objects = append(objects, r.object(), r.controllerBinding().object())
	}
	for _, r := range namespaceRoles() {
		objects = append(objects, r.object())
	}
	for _, b := range namespaceBindings {
		objects = append(objects, b.object())
	}
	return objects
})

const (
	bootstrappingLabel = "kubernetes.io/bootstrapping"
	aggregateLabel     = "rbac.authorization.k8s.io/aggregate-to-"
)

// bootstrapMeta is the metadata of an object that clusters start with.
func bootstrapMeta(namespace, name string, labels map[string]string) metav1.ObjectMeta {
	own := map[string]string{bootstrappingLabel: "rbac-defaults"}
	maps.Copy(own, labels)
	return metav1.ObjectMeta{
		Namespace: namespace, Name: name, Labels: own,
		Annotations: map[string]string{rbacv1.AutoUpdateAnnotationKey: "true"},
	}
}

// clusterRole is a cluster role as the tables have it.
type clusterRole struct {
	name string
	// aggregate is the role that this one's rules are added to.
	aggregate string
	// selects is the aggregation that this role is made of.
	selects string
	rules   []rbacv1.PolicyRule
}

func (r clusterRole) object() *rbacv1.ClusterRole {
	labels := map[string]string{}
	if r.aggregate != "" {
		labels[aggregateLabel+r.aggregate] = "true"
	}
	obj := &rbacv1.ClusterRole{ObjectMeta: bootstrapMeta("", r.name, labels), Rules: r.rules}
	if r.selects != "" {
		obj.AggregationRule = &rbacv1.AggregationRule{ClusterRoleSelectors: []metav1.LabelSelector{
			{MatchLabels: map[string]string{aggregateLabel + r.selects: "true"}},
		}}
	}
	return obj
}

// controllerBinding gives the role of a controller to its service account.
func (r clusterRole) controllerBinding() clusterRoleBinding {
	return clusterRoleBinding{r.name, []rbacv1.Subject{serviceAccount(strings.TrimPrefix(r.name, controllerPrefix))}}
}

// clusterRoleBinding is a cluster role binding as the tables have it.
type clusterRoleBinding struct {
	role     string
	subjects []rbacv1.Subject
}

func (b clusterRoleBinding) object() *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{
		ObjectMeta: bootstrapMeta("", b.role, nil),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: b.role},
		Subjects:   b.subjects,
	}
}

// role is a role of a namespace as the tables have it.
type role struct {
	namespace, name string
	rules           []rbacv1.PolicyRule
}

func (r role) object() *rbacv1.Role {
	return &rbacv1.Role{ObjectMeta: bootstrapMeta(r.namespace, r.name, nil), Rules: r.rules}
}

// roleBinding is a role binding as the tables have it.
type roleBinding struct {
	namespace, name string
	role            string
	subjects        []rbacv1.Subject
}

func (b roleBinding) object() *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		ObjectMeta: bootstrapMeta(b.namespace, b.name, nil),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: b.role},
		Subjects:   b.subjects,
	}
}

func group(name string) rbacv1.Subject {
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: name}
}

func user(name string) rbacv1.Subject {
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}
}

// serviceAccount is one of kube-system's.
func serviceAccount(name string) rbacv1.Subject {
	return rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Name: name, Namespace: metav1.NamespaceSystem}
}

// core stands for the group without a name in the tables.
const core = "core"

// rule allows verbs on resources of API groups, of the names if there are any.
// The lists are words.
func rule(verbs, apiGroups, resources string, names ...string) rbacv1.PolicyRule {
	groups := strings.Fields(apiGroups)
	for i := range groups {
		if groups[i] == core {
			groups[i] = ""
		}
	}
	return rbacv1.PolicyRule{
		Verbs: strings.Fields(verbs), APIGroups: groups, Resources: strings.Fields(resources), ResourceNames: names,
	}
}

// events allows to record events.
func events() rbacv1.PolicyRule {
	return rule("create patch update", "core events.k8s.io", "events")
}

// paths allows to get paths that are no resources.
func paths(urls string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: []string{"get"}, NonResourceURLs: strings.Fields(urls)}
}
