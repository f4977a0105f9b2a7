package cli_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/testkit"
)

// What goes beyond kubectl, a script each.
func TestBeyond(t *testing.T) {
	testkit.Scripts{Dir: "testdata/beyond", Options: []fakecluster.Option{
		fakecluster.WithClock(fakecluster.Manual),
	}}.Run(t)
}

// What the server makes of what it is told, a script each.
func TestServer(t *testing.T) {
	testkit.Scripts{Dir: "testdata/server", Options: []fakecluster.Option{
		fakecluster.WithClock(fakecluster.Manual),
	}}.Run(t)
}

// A forwarded port outlives the pod: the next one takes over.
func TestReconnect(t *testing.T) {
	cluster := testkit.NewCluster(t)
	testkit.Kubectl(t, cluster, "create", "deployment", "web", "--image=nginx")
	testkit.Kubectl(t, cluster, "rollout", "status", "deployment/web")
	address := freeAddress(t)
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan testkit.Result, 1)
	go func() {
		ended <- testkit.Run(ctx, cluster, nil, "port-forward", "deployment/web", port+":80", "--reconnect")
	}()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answers := func() bool {
		response, err := client.Get("http://" + address)
		if err != nil {
			return false
		}
		return response.Body.Close() == nil && response.StatusCode == http.StatusOK
	}
	require.Eventually(t, answers, 10*time.Second, 10*time.Millisecond)
	testkit.Kubectl(t, cluster, "delete", "pod", "-l", "app=web")
	testkit.Kubectl(t, cluster, "rollout", "status", "deployment/web")
	require.Eventually(t, answers, 10*time.Second, 10*time.Millisecond)
	stop()
	result := <-ended
	require.NoError(t, result.Err)
	require.Contains(t, result.Stderr, "lost connection to pod; trying again")
}

// freeAddress is one that nobody listens on.
func freeAddress(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}
