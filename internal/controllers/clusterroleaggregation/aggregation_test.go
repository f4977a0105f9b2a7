package clusterroleaggregation_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/controllers/clusterroleaggregation"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/rbac"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

func TestRolesAreMadeOfOthers(t *testing.T) {
	r := registry.New(loop.New(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 1), store.New(), resources.Builtin())
	controllers.Run(r, clusterroleaggregation.New(r))
	admin := client.ForUser(r, "test", "admin", "system:masters")
	require.NoError(t, rbac.Bootstrap(admin))
	revision := r.Store.Revision()
	r.Loop.Settle()
	view, _ := client.Get[*rbacv1.ClusterRole](admin, "", "view")
	require.NotEmpty(t, view.Rules)
	require.Less(t, r.Store.Revision()-revision, int64(10))

	own := rbacv1.PolicyRule{Verbs: []string{"get"}, APIGroups: []string{"example.com"}, Resources: []string{"things"}}
	_, err := client.Create(admin, &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "things", Labels: map[string]string{"rbac.authorization.k8s.io/aggregate-to-view": "true"}},
		Rules:      []rbacv1.PolicyRule{own},
	})
	require.NoError(t, err)
	r.Loop.Settle()
	for _, name := range []string{"view", "edit", "admin"} {
		role, _ := client.Get[*rbacv1.ClusterRole](admin, "", name)
		require.Contains(t, role.Rules, own, name)
	}
}
