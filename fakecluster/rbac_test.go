package fakecluster_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubejig/kubejig/fakecluster"
)

func role(name, apiGroup, resources string, verbs ...string) *rbacv1.Role {
	return &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{apiGroup}, Resources: []string{resources}, Verbs: verbs}},
	}
}

// Who may make roles may grant what they have themselves, and nothing else. A
// role that is refused counts against no quota.
func TestRolesDoNotEscalate(t *testing.T) {
	c := newCluster(t, fakecluster.WithAuthorization("RBAC"))
	admin := kubernetes.NewForConfigOrDie(c.RESTConfig())
	for _, r := range []*rbacv1.Role{
		role("reader", "", "pods", "get"),
		role("manager", rbacv1.GroupName, "roles", "create"),
	} {
		_, err := admin.RbacV1().Roles("default").Create(t.Context(), r, metav1.CreateOptions{})
		require.NoError(t, err)
		_, err = admin.RbacV1().RoleBindings("default").Create(t.Context(), &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: r.Name},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: r.Name},
			Subjects:   []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: "bob"}},
		}, metav1.CreateOptions{})
		require.NoError(t, err)
	}
	const counted = corev1.ResourceName("count/roles.rbac.authorization.k8s.io")
	_, err := admin.CoreV1().ResourceQuotas("default").Create(t.Context(), &corev1.ResourceQuota{
		ObjectMeta: metav1.ObjectMeta{Name: "roles"},
		Spec:       corev1.ResourceQuotaSpec{Hard: corev1.ResourceList{counted: resource.MustParse("9")}},
	}, metav1.CreateOptions{})
	require.NoError(t, err)

	config := c.RESTConfig()
	config.Impersonate.UserName = "bob"
	bob := kubernetes.NewForConfigOrDie(config)
	_, err = bob.RbacV1().Roles("default").Create(t.Context(), role("thief", "", "secrets", "get"), metav1.CreateOptions{})
	require.True(t, apierrors.IsForbidden(err), "%v", err)
	require.ErrorContains(t, err, "attempting to grant RBAC permissions not currently held")
	_, err = bob.RbacV1().Roles("default").Create(t.Context(), role("another-reader", "", "pods", "get"), metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = bob.CoreV1().Secrets("default").List(t.Context(), metav1.ListOptions{})
	require.True(t, apierrors.IsForbidden(err), "%v", err)

	quota, err := admin.CoreV1().ResourceQuotas("default").Get(t.Context(), "roles", metav1.GetOptions{})
	require.NoError(t, err)
	used := quota.Status.Used[counted]
	require.EqualValues(t, 3, used.Value())
}
