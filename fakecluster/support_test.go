package fakecluster_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// createConfigMaps makes map-00, map-01 and so on, labelled "test".
func createConfigMaps(t testing.TB, client kubernetes.Interface, n int) {
	t.Helper()
	for i := range n {
		m := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("map-%02d", i), Labels: map[string]string{"test": "yes"}}}
		_, err := client.CoreV1().ConfigMaps("default").Create(t.Context(), m, metav1.CreateOptions{})
		require.NoError(t, err)
	}
}

// together runs n copies of f at the same time; none may fail.
func together(t testing.TB, n int, f func() error) {
	t.Helper()
	errs := make(chan error, n)
	for range n {
		go func() { errs <- f() }()
	}
	for range n {
		require.NoError(t, <-errs)
	}
}
