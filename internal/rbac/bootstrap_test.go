package rbac_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/clusterroleaggregation"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/rbac"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

func bootstrapped(t *testing.T) *client.Client {
	t.Helper()
	r := registry.New(loop.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 1), store.New(), resources.Builtin())
	controllers.Run(r, clusterroleaggregation.New(r))
	c := client.ForUser(r, "test", "admin", "system:masters")
	require.NoError(t, rbac.Bootstrap(c))
	return c
}

// What the tables say is installed as it is, so this is what checks it.
func TestWhatClustersStartWithIsValid(t *testing.T) {
	c := bootstrapped(t)
	validate := func(obj store.Object) {
		k := c.Registry.Kinds().ByResource(c.Resource(obj))
		require.Empty(t, k.Validate(obj), obj.GetName())
		require.Equal(t, map[string]string{"rbac.authorization.kubernetes.io/autoupdate": "true"}, obj.GetAnnotations())
		require.Equal(t, "rbac-defaults", obj.GetLabels()["kubernetes.io/bootstrapping"])
		require.NotEmpty(t, obj.GetUID())
	}
	sorted := func(name string, rules []rbacv1.PolicyRule) {
		for _, r := range rules {
			for _, list := range [][]string{r.Verbs, r.APIGroups, r.Resources, r.ResourceNames, r.NonResourceURLs} {
				require.True(t, slices.IsSorted(list), "%s: %v", name, list)
			}
		}
	}
	for _, o := range client.List[*rbacv1.ClusterRole](c, "", nil) {
		validate(o)
		sorted(o.Name, o.Rules)
	}
	for _, o := range client.List[*rbacv1.ClusterRoleBinding](c, "", nil) {
		validate(o)
		_, ok := client.Get[*rbacv1.ClusterRole](c, "", o.RoleRef.Name)
		require.True(t, ok, "the role of %s", o.Name)
	}
	for _, o := range client.List[*rbacv1.Role](c, "", nil) {
		validate(o)
		sorted(o.Name, o.Rules)
	}
	for _, o := range client.List[*rbacv1.RoleBinding](c, "", nil) {
		validate(o)
		_, ok := client.Get[*rbacv1.Role](c, o.Namespace, o.RoleRef.Name)
		require.True(t, ok, "the role of %s", o.Name)
	}
}

func TestControllersHaveRolesOfTheirOwn(t *testing.T) {
	c := bootstrapped(t)
	roles := 0
	for _, o := range client.List[*rbacv1.ClusterRole](c, "", nil) {
		account, ok := strings.CutPrefix(o.Name, "system:controller:")
		if !ok {
			continue
		}
		roles++
		b, ok := client.Get[*rbacv1.ClusterRoleBinding](c, "", o.Name)
		require.True(t, ok, o.Name)
		require.Equal(t, []rbacv1.Subject{{Kind: "ServiceAccount", Name: account, Namespace: "kube-system"}}, b.Subjects)
	}
	require.Equal(t, 41, roles)
}

// The rules of roles that are made of others are what their controller would
// make of them, so that it has nothing to write.
func TestAggregatedRolesAreComplete(t *testing.T) {
	c := bootstrapped(t)
	before := c.Registry.Store.Revision()
	c.Registry.Loop.Settle()
	require.Equal(t, before, c.Registry.Store.Revision())
}

// Clusters share what they start with: none may see what another made of it.
func TestClustersShareNothingThatChanges(t *testing.T) {
	one, other := bootstrapped(t), bootstrapped(t)
	role, _ := client.Get[*rbacv1.ClusterRole](one, "", "system:node")
	role = role.DeepCopy()
	role.Rules, role.Labels["mine"] = nil, "true"
	_, err := client.Update(one, role)
	require.NoError(t, err)
	role, _ = client.Get[*rbacv1.ClusterRole](other, "", "system:node")
	require.NotEmpty(t, role.Rules)
	require.NotContains(t, role.Labels, "mine")
}
