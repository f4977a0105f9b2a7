package apiserver_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/internal/apiserver"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// cluster is an API server over an engine without components.
type cluster struct {
	testing.TB
	mu       sync.Mutex
	registry *registry.Registry
	server   *apiserver.Server
	config   *rest.Config
}

func newCluster(t testing.TB, options ...func(*apiserver.Config)) *cluster {
	l := loop.New(start, 1)
	c := &cluster{TB: t, registry: registry.New(l, store.New(), resources.Builtin())}
	config := apiserver.Config{Registry: c.registry, Do: c.do, Authentication: apiserver.Authentication{Local: admin()}}
	for _, option := range options {
		option(&config)
	}
	c.server = apiserver.New(config)
	c.config = &rest.Config{Host: "http://cluster", Transport: apiserver.Transport(c.server), QPS: -1, UserAgent: "tester/v1"}
	return c
}

func admin() *authenticationv1.UserInfo {
	return &authenticationv1.UserInfo{Username: "kubernetes-admin", Groups: []string{"system:masters"}}
}

func (c *cluster) do(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	c.registry.Loop.Settle()
}

// advance lets cluster time pass.
func (c *cluster) advance(d time.Duration) {
	c.do(func() {
		c.registry.Loop.AdvanceTo(c.registry.Loop.Now().Add(d))
		c.server.Advanced()
	})
}

func (c *cluster) client() kubernetes.Interface {
	client, err := kubernetes.NewForConfig(c.config)
	require.NoError(c, err)
	return client
}

func (c *cluster) dynamic() dynamic.Interface {
	client, err := dynamic.NewForConfig(c.config)
	require.NoError(c, err)
	return client
}

// fill creates pods as a controller does, past HTTP.
func (c *cluster) fill(n int) {
	pods := client.ForUser(c.registry, "kube-controller-manager", "test", "system:masters")
	c.do(func() {
		for i := range n {
			pod := &corev1.Pod{
				ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("p%06d", i), Labels: map[string]string{"app": "web"}},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "nginx"}}},
			}
			made, err := client.Create(pods, pod)
			require.NoError(c, err)
			made = made.DeepCopy()
			made.Status.Phase = corev1.PodRunning
			made.Status.PodIPs = []corev1.PodIP{{IP: "10.1.0.1"}}
			_, err = client.UpdateStatus(pods, made)
			require.NoError(c, err)
		}
	})
}

// ask sends a request as curl would; headers are "Name: value".
func (c *cluster) ask(method, path, body string, headers ...string) (int, string, http.Header) {
	r, err := http.NewRequestWithContext(c.Context(), method, "http://cluster"+path, strings.NewReader(body))
	require.NoError(c, err)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	response, err := c.config.Transport.RoundTrip(r)
	require.NoError(c, err)
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	require.NoError(c, err)
	return response.StatusCode, string(got), response.Header
}

func (c *cluster) create(path, body string) {
	code, answer, _ := c.ask("POST", path, body, "User-Agent: tester/v1")
	require.Equal(c, http.StatusCreated, code, answer)
}

func ctx(t *testing.T) context.Context { return t.Context() }

var everything = metav1.ListOptions{}
