package rbac

import (
	"maps"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/store"
)

// Bootstrap creates the roles and bindings that every cluster starts with, as
// far as they are not there. Roles are what they are in Kubernetes, but for
// those of its own controllers, which nobody binds here.
func Bootstrap(c *client.Client) error {
	for _, obj := range bootstrapObjects() {
		if err := create(c, obj); err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	return nil
}

func create(c *client.Client, obj store.Object) error {
	var err error
	switch obj := obj.(type) {
	case *rbacv1.ClusterRole:
		_, err = client.Create(c, obj)
	case *rbacv1.ClusterRoleBinding:
		_, err = client.Create(c, obj)
	case *rbacv1.Role:
		_, err = client.Create(c, obj)
	case *rbacv1.RoleBinding:
		_, err = client.Create(c, obj)
	}
	return err
}

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

// bootstrapObjects are the roles and bindings of the tables.
func bootstrapObjects() []store.Object {
	var objects []store.Object
	for _, r := range clusterRoles() {
		objects = append(objects, r.object())
	}
	for _, b := range clusterRoleBindings {
		objects = append(objects, b.object())
	}
	return objects
}

// role is a cluster role as the tables have it.
type role struct {
	name string
	// aggregate is the role that this one's rules are added to.
	aggregate string
	// selects is set for a role that is made of others.
	selects []string
	rules   []rbacv1.PolicyRule
}

func (r role) object() *rbacv1.ClusterRole {
	labels := map[string]string{}
	if r.aggregate != "" {
		labels[aggregateLabel+r.aggregate] = "true"
	}
	obj := &rbacv1.ClusterRole{ObjectMeta: bootstrapMeta("", r.name, labels), Rules: r.rules}
	if len(r.selects) > 0 {
		obj.AggregationRule = &rbacv1.AggregationRule{}
		for _, name := range r.selects {
			obj.AggregationRule.ClusterRoleSelectors = append(obj.AggregationRule.ClusterRoleSelectors,
				metav1.LabelSelector{MatchLabels: map[string]string{aggregateLabel + name: "true"}})
		}
	}
	return obj
}

// binding is a cluster role binding as the tables have it.
type binding struct {
	role     string
	subjects []rbacv1.Subject
}

func (b binding) object() *rbacv1.ClusterRoleBinding {
	return &rbacv1.ClusterRoleBinding{
		ObjectMeta: bootstrapMeta("", b.role, nil),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: b.role},
		Subjects:   b.subjects,
	}
}

func group(name string) rbacv1.Subject {
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: name}
}

func user(name string) rbacv1.Subject {
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}
}

// rule allows verbs on resources of a group; both are lists in words.
func rule(verbs, apiGroup, resources string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{
		Verbs: strings.Fields(verbs), APIGroups: []string{apiGroup}, Resources: strings.Fields(resources),
	}
}

// paths allows to get paths that are no resources.
func paths(urls string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{Verbs: []string{"get"}, NonResourceURLs: strings.Fields(urls)}
}
