package fakecluster_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/kubejig/kubejig/fakecluster"
)

// story sends a cluster varied requests and returns all that can be seen of
// it then: objects, events and logs, to the byte.
func story(t testing.TB, seed uint64) string {
	t.Helper()
	c, err := fakecluster.New(fakecluster.WithSeed(seed))
	require.NoError(t, err)
	defer c.Close()
	ctx := t.Context()
	client := kubernetes.NewForConfigOrDie(c.RESTConfig())
	defineCronTabs(t, c.RESTConfig())
	tabs := dynamic.NewForConfigOrDie(c.RESTConfig()).Resource(cronTab.GroupVersion().WithResource("crontabs")).Namespace("default")
	_, err = tabs.Create(ctx, newCronTab("nightly", "0 3 * * *"), metav1.CreateOptions{})
	require.NoError(t, err)

	createConfigMaps(t, client, 5)
	deploy(t, c, "web", 6)
	_, err = client.CoreV1().Services("default").Create(ctx, &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeNodePort, Selector: map[string]string{"app": "web"},
			Ports: []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(80)}},
		},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = client.AppsV1().Deployments("default").Patch(ctx, "web", types.StrategicMergePatchType,
		[]byte(`{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"nginx:1.28"}]}}}}`), metav1.PatchOptions{})
	require.NoError(t, err)
	c.Advance(10 * time.Minute)
	_, err = client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "team-"}}, metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = client.CoreV1().Pods("default").Create(ctx, printer(), metav1.CreateOptions{})
	require.NoError(t, err)
	c.Advance(10 * time.Minute)
	printed := logOf(t, client, "printer")
	require.NoError(t, client.CoreV1().Nodes().Delete(ctx, "node-3", metav1.DeleteOptions{}))
	c.Advance(10 * time.Minute)
	return everything(t, c.RESTConfig()) + "---\n" + printed
}

// printer is a pod that writes to its log, fails, and is restarted.
func printer() *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "printer"},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{
			Name: "main", Image: "busybox:1.36",
			Command: []string{"sh", "-c", "echo $HOSTNAME $RANDOM; date; exit 3"},
		}}},
	}
}

func logOf(t testing.TB, client kubernetes.Interface, pod string) string {
	t.Helper()
	stream, err := client.CoreV1().Pods("default").GetLogs(pod, &corev1.PodLogOptions{Timestamps: true}).Stream(t.Context())
	require.NoError(t, err)
	defer stream.Close()
	text, err := io.ReadAll(stream)
	require.NoError(t, err)
	require.NotEmpty(t, text)
	return string(text)
}

func TestSameSeedSameBytes(t *testing.T) {
	want := story(t, 1)
	for _, threads := range []int{1, 2, 8} {
		before := runtime.GOMAXPROCS(threads)
		got := story(t, 1)
		runtime.GOMAXPROCS(before)
		requireSame(t, want, got, fmt.Sprint("GOMAXPROCS=", threads))
	}
	require.NotEqual(t, want, story(t, 2), "another seed gives other bytes")
}

// requireSame shows the first lines that differ, not megabytes of YAML.
func requireSame(t testing.TB, want, got, about string) {
	t.Helper()
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			from := max(0, i-20)
			require.Equal(t, strings.Join(a[from:i+1], "\n"), strings.Join(b[from:i+1], "\n"), about)
		}
	}
	require.Len(t, b, len(a), about)
}
