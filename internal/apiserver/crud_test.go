package apiserver_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func configMap(name string, data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: data}
}

// The typed client speaks protobuf where it can.
func TestTypedClientWritesAndReads(t *testing.T) {
	for _, contentType := range []string{"application/json", "application/vnd.kubernetes.protobuf"} {
		t.Run(contentType, func(t *testing.T) {
			c := newCluster(t)
			c.config.ContentType = contentType
			client := c.client().CoreV1().ConfigMaps("default")

			made, err := client.Create(ctx(t), configMap("a", map[string]string{"k": "v"}), metav1.CreateOptions{})
			require.NoError(t, err)
			require.NotEmpty(t, made.UID)
			require.Equal(t, "2", made.ResourceVersion)
			require.Equal(t, start, made.CreationTimestamp.UTC())

			_, err = client.Create(ctx(t), configMap("a", nil), metav1.CreateOptions{})
			require.True(t, apierrors.IsAlreadyExists(err))
			require.EqualError(t, err, `configmaps "a" already exists`)

			stale := made.DeepCopy()
			made.Data["k"] = "w"
			_, err = client.Update(ctx(t), made, metav1.UpdateOptions{})
			require.NoError(t, err)
			_, err = client.Update(ctx(t), stale, metav1.UpdateOptions{})
			require.EqualError(t, err, `Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again`)

			list, err := client.List(ctx(t), everything)
			require.NoError(t, err)
			require.Equal(t, "3", list.ResourceVersion)
			require.Len(t, list.Items, 1)
			require.Equal(t, "w", list.Items[0].Data["k"])

			require.NoError(t, client.Delete(ctx(t), "a", metav1.DeleteOptions{}))
			_, err = client.Get(ctx(t), "a", metav1.GetOptions{})
			require.EqualError(t, err, `configmaps "a" not found`)
		})
	}
}

func TestGenerateNameAndDryRun(t *testing.T) {
	c := newCluster(t)
	client := c.client().CoreV1().ConfigMaps("default")
	generated := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "x-"}}
	tried, err := client.Create(ctx(t), generated, metav1.CreateOptions{DryRun: []string{"All"}})
	require.NoError(t, err)
	require.Regexp(t, `^x-[a-z0-9]{5}$`, tried.Name)
	list, err := client.List(ctx(t), everything)
	require.NoError(t, err)
	require.Empty(t, list.Items)
}
