package fakecluster_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/fakecluster"
)

// leaksNothing runs a test of a cluster, and then expects as many goroutines as
// there were before, and no more memory.
func leaksNothing(t *testing.T, test func(*fakecluster.Cluster), options ...fakecluster.Option) {
	t.Helper()
	run := func() {
		c, err := fakecluster.New(options...)
		require.NoError(t, err)
		defer c.Close()
		test(c)
	}
	run() // what is made once, such as the kinds, is made now
	goroutines, heap := runtime.NumGoroutine(), heapInUse()
	run()
	eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines }, "goroutines are left: %s", stacks{})
	const slack = 8 << 20
	require.LessOrEqual(t, heapInUse(), heap+slack)
}

func heapInUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// stacks prints all goroutines, when it is printed.
type stacks struct{}

func (stacks) String() string {
	buffer := make([]byte, 1<<20)
	return string(buffer[:runtime.Stack(buffer, true)])
}

func TestClosedClustersLeaveNothing(t *testing.T) {
	for name, clock := range map[string]fakecluster.Clock{"manual": fakecluster.Manual, "auto": fakecluster.Auto, "wall": fakecluster.Wall} {
		t.Run(name, func(t *testing.T) {
			leaksNothing(t, func(c *fakecluster.Cluster) {
				_, err := kubernetes.NewForConfigOrDie(c.RESTConfig()).AppsV1().Deployments("default").
					Create(t.Context(), deployment("web", 3), metav1.CreateOptions{})
				require.NoError(t, err)
			}, fakecluster.WithClock(clock))
		})
	}
}

func TestClientsThatLeaveAWatch(t *testing.T) {
	leaksNothing(t, func(c *fakecluster.Cluster) {
		for _, config := range []*rest.Config{c.RESTConfig(), overHTTPS(t, c)} {
			ctx, leave := context.WithCancel(t.Context())
			client := kubernetes.NewForConfigOrDie(config)
			w, err := client.CoreV1().ConfigMaps("default").Watch(ctx, metav1.ListOptions{})
			require.NoError(t, err)
			next(t, w)
			leave()
			w.Stop() // else its goroutine waits for somebody to take what has come
			createConfigMaps(t, client, 3)
			require.NoError(t, client.CoreV1().ConfigMaps("default").DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{}))
			closeIdle(t, config)
		}
	})
}

// closeIdle closes the connections that client-go keeps for a configuration.
func closeIdle(t testing.TB, config *rest.Config) {
	t.Helper()
	client, err := rest.HTTPClientFor(config)
	require.NoError(t, err)
	client.CloseIdleConnections()
}

func TestAThousandWatches(t *testing.T) {
	const watches = 1000
	leaksNothing(t, func(c *fakecluster.Cluster) {
		config := overHTTPS(t, c)
		defer closeIdle(t, config)
		client := kubernetes.NewForConfigOrDie(config)
		open := make([]watch.Interface, watches)
		for i := range open {
			w, err := client.CoreV1().ConfigMaps("default").Watch(t.Context(), metav1.ListOptions{LabelSelector: "test"})
			require.NoError(t, err)
			open[i] = w
		}
		createConfigMaps(t, client, 3)
		for _, w := range open {
			for range 3 {
				require.Equal(t, watch.Added, next(t, w).Type)
			}
		}
		for _, w := range open {
			w.Stop()
		}
	})
}

func TestClustersThatCloseOnTheirWatchers(t *testing.T) {
	leaksNothing(t, func(c *fakecluster.Cluster) {
		for _, config := range []*rest.Config{c.RESTConfig(), overHTTPS(t, c)} {
			defer closeIdle(t, config)
			w, err := kubernetes.NewForConfigOrDie(config).CoreV1().Secrets("default").Watch(t.Context(), metav1.ListOptions{})
			require.NoError(t, err)
			defer func() {
				for range w.ResultChan() { // it ends
				}
			}()
		}
		c.Close()
	})
}

func TestGarbageOnThePort(t *testing.T) {
	cluster := newCluster(t)
	config := overHTTPS(t, cluster)
	address, err := url.Parse(config.Host)
	require.NoError(t, err)
	for name, garbage := range map[string][]byte{
		"plain HTTP": []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
		"noise":      bytes.Repeat([]byte{0xff, 0x00, 0x16, 0x03}, 4096),
		"nothing":    {},
	} {
		conn, err := net.Dial("tcp", address.Host)
		require.NoError(t, err, name)
		_, _ = conn.Write(garbage) // the server may hang up before all is written
		require.NoError(t, conn.Close())
	}
	secure, err := tls.Dial("tcp", address.Host, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // garbage within TLS
	require.NoError(t, err)
	_, err = secure.Write([]byte("\x00\x01\x02 nonsense\r\n\r\n"))
	require.NoError(t, err)
	_, _ = io.Copy(io.Discard, secure) // until the server hangs up
	require.NoError(t, secure.Close())

	_, err = kubernetes.NewForConfigOrDie(config).CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err, "others are served as before")
}

func TestManifestsThatAreTooMuch(t *testing.T) {
	leaksNothing(t, func(c *fakecluster.Cluster) {
		client := kubernetes.NewForConfigOrDie(c.RESTConfig()).CoreV1().RESTClient()
		post := func(contentType, body string) error {
			ctx, cancel := context.WithTimeout(t.Context(), soon)
			defer cancel()
			return client.Post().Namespace("default").Resource("configmaps").
				SetHeader("Content-Type", contentType).Body([]byte(body)).Do(ctx).Error()
		}
		err := post("application/json", `{"metadata":{"name":"a"},"data":{"k":"`+strings.Repeat("v", 10<<20)+`"}}`)
		require.True(t, apierrors.IsRequestEntityTooLargeError(err), err)
		err = post("application/yaml", yamlBomb())
		require.Error(t, err)
		require.True(t, apierrors.IsBadRequest(err), err)
		err = post("application/json", strings.Repeat(`{"a":`, 100_000)+"1"+strings.Repeat("}", 100_000))
		require.True(t, apierrors.IsBadRequest(err), err)
		err = post("application/json", `{"metadata":{"name":"a"},"data":{"k":"`+strings.Repeat("v", 2<<20)+`"}}`)
		require.True(t, apierrors.IsInvalid(err), err)
	})
}

// yamlBomb is a small document that stands for a huge one.
func yamlBomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n")
	for _, i := range "123456789" {
		prev := string(i - 1)
		b.WriteString("a" + string(i) + ": &a" + string(i) + " [" + strings.Repeat("*a"+prev+", ", 9) + "*a" + prev + "]\n")
	}
	return b.String() + "kind: ConfigMap\napiVersion: v1\nmetadata: {name: bomb}\n"
}
