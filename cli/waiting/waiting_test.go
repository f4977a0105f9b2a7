package waiting_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/waiting"
	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/testkit"
)

// On a clock that stands still, a timeout is the cluster's time, however far
// that is from the user's.
func TestTimeoutByTheClusterClock(t *testing.T) {
	start := time.Now().Add(-1000 * time.Hour).Truncate(time.Second)
	cluster, err := fakecluster.New(fakecluster.WithStart(start))
	require.NoError(t, err)
	defer cluster.Close()
	environment := testkit.Environment(cluster)
	environment.Now = time.Now
	f := factory.New(environment, factory.IOStreams{In: strings.NewReader(""), Out: io.Discard, ErrOut: io.Discard})
	client, err := f.Dynamic()
	require.NoError(t, err)
	pods := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "pods"}).Namespace("default")
	broken := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "broken"},
		"spec": map[string]any{"containers": []any{map[string]any{"name": "main", "image": "fail.example/x"}}},
	}}
	_, err = pods.Create(t.Context(), broken, metav1.CreateOptions{})
	require.NoError(t, err)

	never := func(*unstructured.Unstructured) (bool, error) { return false, nil }
	err = waiting.For(t.Context(), f, pods, "broken", 2*time.Minute, never)
	require.ErrorIs(t, err, waiting.ErrTimeout)
	passed := cluster.Now().Sub(start)
	require.GreaterOrEqual(t, passed, 2*time.Minute)
	require.Less(t, passed, time.Hour)
}
