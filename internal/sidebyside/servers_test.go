package sidebyside_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/internal/fidelity"
	"github.com/kubejig/kubejig/testkit"
)

// BenchmarkServers is the rate at which 8 clients are served over HTTPS: by a
// fake cluster, and by Kubernetes' own control plane with etcd where it has been
// built (make reference-controlplane). Target: 5 times its rates.
func BenchmarkServers(b *testing.B) {
	b.Run("kubejig", func(b *testing.B) { servers(ourServer).run(b) })
	b.Run("kubernetes", func(b *testing.B) { servers(kubernetesServer).run(b) })
}

// parallelClients is how many clients load the server at once.
const parallelClients = 8

// servers starts a server, and returns how to reach it.
type servers func(b *testing.B) *rest.Config

func ourServer(b *testing.B) *rest.Config {
	cluster, err := fakecluster.New(fakecluster.WithNodes(0))
	require.NoError(b, err)
	b.Cleanup(cluster.Close)
	listener, err := cluster.Serve(0)
	require.NoError(b, err)
	config, err := clientcmd.NewDefaultClientConfig(*listener.Kubeconfig(), nil).ClientConfig()
	require.NoError(b, err)
	return config
}

func kubernetesServer(b *testing.B) *rest.Config {
	binary := testkit.RequireBinary(b, "../../bin/reference/kube-apiserver")
	server, err := fidelity.StartReference(context.Background(), fidelity.Options{
		Binaries: filepath.Dir(binary), Dir: b.TempDir(), Authorization: "AlwaysAllow", InEarnest: true,
	})
	require.NoError(b, err)
	b.Cleanup(server.Close)
	return server.RESTConfig()
}

// bench is the namespace that the clients work in.
const bench = "/api/v1/namespaces/bench"

func (start servers) run(b *testing.B) {
	b.Run("create", func(b *testing.B) {
		start.serve(b, 0, func(c *client, n int64) error { return c.create("/configmaps", configMap(n)) })
	})
	b.Run("create-pods", func(b *testing.B) {
		start.serve(b, 0, func(c *client, n int64) error { return c.create("/pods", pod(fmt.Sprint("new-", n))) })
	})
	b.Run("get", func(b *testing.B) {
		start.serve(b, 1, func(c *client, _ int64) error { return c.get("/pods/pod-0") })
	})
	b.Run("patch", func(b *testing.B) {
		start.serve(b, 100, func(c *client, n int64) error {
			patch := fmt.Sprintf(`{"metadata":{"annotations":{"n":"%d"}}}`, n)
			return c.do(http.MethodPatch, fmt.Sprint("/pods/pod-", n%100), "application/strategic-merge-patch+json", patch)
		})
	})
	b.Run("list-3000", func(b *testing.B) {
		start.serve(b, 3000, func(c *client, _ int64) error { return c.get("/pods") })
	})
}

// serve starts a server with so many pods, and shares b.N operations among the
// clients.
func (start servers) serve(b *testing.B, pods int64, operation func(c *client, n int64) error) {
	config := start(b)
	clients := make([]*client, parallelClients)
	for i := range clients {
		clients[i] = newClient(b, config)
	}
	fill(b, clients, pods)
	b.ResetTimer()
	require.NoError(b, share(clients, int64(b.N), operation))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

// client sends requests over a connection of its own.
type client struct {
	http *http.Client
	base string
}

func newClient(b *testing.B, config *rest.Config) *client {
	tls, err := rest.TLSConfigFor(config)
	require.NoError(b, err)
	transport := &http.Transport{TLSClientConfig: tls, ForceAttemptHTTP2: true}
	b.Cleanup(transport.CloseIdleConnections)
	authorized, err := rest.HTTPWrappersForConfig(config, transport)
	require.NoError(b, err)
	return &client{http: &http.Client{Transport: authorized}, base: config.Host + bench}
}

func (c *client) get(path string) error { return c.do(http.MethodGet, path, "", "") }

func (c *client) create(path, body string) error {
	return c.do(http.MethodPost, path, "application/json", body)
}

// do sends a request below the namespace, and reads the answer without looking
// at it.
func (c *client) do(method, path, contentType, body string) error {
	request, err := http.NewRequest(method, c.base+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Accept-Encoding", "gzip") // as Go would, but it would also decompress
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %s", method, path, response.Status)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// fill makes a namespace with an account, which the reference's controllers
// make only after a while, and the pods.
func fill(b *testing.B, clients []*client, pods int64) {
	c := clients[0]
	all := &client{http: c.http, base: strings.TrimSuffix(c.base, "/bench")}
	require.NoError(b, all.create("", `{"metadata":{"name":"bench"}}`))
	require.Eventually(b, func() bool { return c.get("/serviceaccounts/default") == nil }, time.Minute, 10*time.Millisecond)
	require.NoError(b, share(clients, pods, func(c *client, n int64) error {
		return c.create("/pods", pod(fmt.Sprint("pod-", n-1)))
	}))
}

// share lets clients carry out operations number 1 to n.
func share(clients []*client, n int64, operation func(c *client, n int64) error) error {
	var next atomic.Int64
	var failed error
	var once sync.Once
	var group sync.WaitGroup
	for _, c := range clients {
		group.Go(func() {
			for i := next.Add(1); i <= n; i = next.Add(1) {
				if err := operation(c, i); err != nil {
					once.Do(func() { failed = err })
					return
				}
			}
		})
	}
	group.Wait()
	return failed
}

func configMap(n int64) string {
	return fmt.Sprintf(`{"metadata":{"name":"cm-%d","labels":{"app":"bench"}},`+
		`"data":{"key":"a value of some length, as they are in real life"}}`, n)
}

func pod(name string) string {
	return fmt.Sprintf(`{"metadata":{"name":"%s","labels":{"app":"bench"}},`+
		`"spec":{"containers":[{"name":"web","image":"nginx:1.25"}]}}`, name)
}
