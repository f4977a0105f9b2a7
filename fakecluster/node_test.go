package fakecluster_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

func nodeReady(t *testing.T, client kubernetes.Interface, name string) corev1.ConditionStatus {
	t.Helper()
	node, err := client.CoreV1().Nodes().Get(t.Context(), name, metav1.GetOptions{})
	require.NoError(t, err)
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status
		}
	}
	return ""
}

// A node whose kubelet is silent is not ready after 50 seconds; its pods are
// replaced five minutes later.
func TestSilentNode(t *testing.T) {
	c := newCluster(t)
	client := kubernetes.NewForConfigOrDie(c.RESTConfig())
	rollOut(t, c, client, 6)
	node, err := c.Node("node-2")
	require.NoError(t, err)

	node.StopKubelet()
	c.Advance(30 * time.Second)
	require.Equal(t, corev1.ConditionTrue, nodeReady(t, client, "node-2"))
	c.Advance(20 * time.Second)
	require.Equal(t, corev1.ConditionUnknown, nodeReady(t, client, "node-2"))
	c.Advance(6 * time.Minute)
	require.Zero(t, running(t, client, "node-2"))
	require.Equal(t, 6, running(t, client, "node-1")+running(t, client, "node-3"))

	node.StartKubelet()
	c.Advance(time.Minute)
	require.Equal(t, corev1.ConditionTrue, nodeReady(t, client, "node-2"))
	_, err = c.Node("no-such-node")
	require.Error(t, err)
}

// running counts the pods of a node that are not being deleted.
func running(t *testing.T, client kubernetes.Interface, node string) int {
	t.Helper()
	pods, err := client.CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{FieldSelector: "spec.nodeName=" + node})
	require.NoError(t, err)
	n := 0
	for i := range pods.Items {
		if pods.Items[i].DeletionTimestamp == nil {
			n++
		}
	}
	return n
}

// A node port is reachable from Go, without a socket.
func TestNodePortFromGo(t *testing.T) {
	c := newCluster(t)
	client := kubernetes.NewForConfigOrDie(c.RESTConfig())
	rollOut(t, c, client, 1)
	_, err := client.CoreV1().Services("default").Create(t.Context(), &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: corev1.ServiceSpec{
			Type:     corev1.ServiceTypeNodePort,
			Selector: map[string]string{"app": "web"},
			Ports:    []corev1.ServicePort{{Port: 80, NodePort: 32600}},
		},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	browser := &http.Client{Transport: &http.Transport{DialContext: c.DialContext, DisableKeepAlives: true}}
	response, err := browser.Get("http://192.168.0.3:32600/")
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Contains(t, string(body), "Welcome to nginx!")
}
