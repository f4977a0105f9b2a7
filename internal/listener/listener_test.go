package listener_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubejig/kubejig/internal/listener"
	"github.com/kubejig/kubejig/internal/pki"
)

// serve serves a handler, and returns a client of it.
func serve(t testing.TB, g *listener.Group, handler http.HandlerFunc) (*http.Client, string) {
	t.Helper()
	ca, err := pki.NewAuthority("ca")
	require.NoError(t, err)
	l, err := g.Listen(listener.Loopback(0), listener.Options{Name: "test", CA: ca, Handler: handler})
	require.NoError(t, err)
	config, err := clientcmd.NewDefaultClientConfig(*l.Kubeconfig(), nil).ClientConfig()
	require.NoError(t, err)
	client, err := rest.HTTPClientFor(config)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return client, l.URL
}

func TestAnAnswerThatIsBeingGivenArrives(t *testing.T) {
	var group listener.Group
	asked, closing := make(chan struct{}), make(chan struct{})
	client, url := serve(t, &group, func(w http.ResponseWriter, _ *http.Request) {
		close(asked)
		<-closing
		_, _ = io.WriteString(w, "the answer")
	})
	go func() {
		<-asked
		time.AfterFunc(10*time.Millisecond, func() { close(closing) })
		group.Close()
	}()
	response, err := client.Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, "the answer", string(body))
}

func TestARequestThatDoesNotEndIsCut(t *testing.T) {
	var group listener.Group
	client, url := serve(t, &group, func(w http.ResponseWriter, r *http.Request) {
		go group.Close()
		<-r.Context().Done()
	})
	_, err := client.Get(url)
	require.Error(t, err)
}

func TestAClosedGroupOpensNoListener(t *testing.T) {
	var group listener.Group
	client, url := serve(t, &group, func(http.ResponseWriter, *http.Request) {})
	group.Close()
	_, err := client.Get(url)
	require.ErrorContains(t, err, "connection refused")
	_, err = group.Listen(listener.Loopback(0), listener.Options{Name: "test"})
	require.EqualError(t, err, "serve cluster test: the cluster is closed")
}

// BenchmarkClose closes a listener to which a client keeps a connection.
func BenchmarkClose(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		var group listener.Group
		client, url := serve(b, &group, http.NotFound)
		response, err := client.Get(url)
		require.NoError(b, err)
		response.Body.Close()
		b.StartTimer()
		group.Close()
	}
}
