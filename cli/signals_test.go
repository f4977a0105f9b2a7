package cli_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/internal/ptytest"
)

const waitedFor = `
apiVersion: v1
kind: Pod
metadata: {name: stuck, labels: {app: stuck}}
spec: {containers: [{name: app, image: fail.example/x}]}
---
apiVersion: v1
kind: Pod
metadata: {name: talker, labels: {app: talker}}
spec: {containers: [{name: app, image: busybox, command: [sh, -c, echo started; sleep 100000]}]}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: stock, namespace: shop}
`

// killed is the exit status of a program that a signal ends because it does
// nothing about it.
const killed = -1

// What goes beyond kubectl and waits is ended by Ctrl-C and by SIGTERM, at once,
// with the status that kubectl's waiting has, and leaves the terminal as it was.
func TestWaitingEnds(t *testing.T) {
	m := newMachine(t, "kubejig", waitedFor, fakecluster.WithClock(fakecluster.Wall))
	m.run("wait", "--for=condition=Ready", "pod/talker")
	for _, c := range []struct {
		args, until             string
		interrupted, terminated int
	}{
		{"apply -f objects.yaml --wait-ready", "of 4 ready", 1, 1},
		{"wait --any --for=condition=Ready --for=delete pod/stuck --progress", "pods/stuck: Progressing", 1, 1},
		{"logs -l app=talker --follow-new", "started", 1, 1},
		{"port-forward pod/talker :80 --reconnect", "Forwarding from", 0, killed},
		{"delete namespace shop --guard", "Type yes", killed, killed},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			s := ptytest.Start(t, m.command(m.program, strings.Fields(c.args)...))
			s.Await(c.until)
			s.Type(ptytest.CtrlC)
			require.Equal(t, c.interrupted, s.Exit(), s.Screen())
			require.NotContains(t, s.Screen(), "error")
			require.False(t, s.Raw())
			s = ptytest.Start(t, m.command(m.program, strings.Fields(c.args)...))
			s.Await(c.until)
			s.Signal(syscall.SIGTERM)
			require.Equal(t, c.terminated, s.Exit(), s.Screen())
			require.False(t, s.Raw())
			require.Contains(t, m.run("get", "configmap", "stock", "-n", "shop"), "stock")
		})
	}
}

// A server that does not answer holds nobody.
func TestUnansweredEnds(t *testing.T) {
	for _, c := range []struct {
		args   string
		status int
	}{
		{"tree deployment/web", killed},
		{"why pod/web", killed},
		{"export deployment/web", killed},
		{"get pods --since=1m", killed},
		{"get all --every-kind", killed},
		{"delete namespace shop --guard", killed},
		{"apply -f objects.yaml --ordered --wait-ready", killed},
		{"diff -f objects.yaml --structured", killed},
		{"wait --any --for=delete pod/web", killed},
		{"logs deployment/web --follow-new", killed},
		{"cp --through=busybox web:/etc/hostname name", killed},
		{"port-forward deployment/web :80 --reconnect", 0},
		{"cluster advance 1h", killed},
		{"cluster settle", killed},
	} {
		t.Run(c.args, func(t *testing.T) {
			t.Parallel()
			asked := make(chan struct{}, 100)
			server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				asked <- struct{}{}
				<-r.Context().Done()
			}))
			defer server.Close()
			m := newHome(t, "kubejig")
			m.write("objects.yaml", waitedFor)
			s := ptytest.Start(t, m.command(m.program, append(strings.Fields(c.args), "--server="+server.URL)...))
			<-asked
			s.Type(ptytest.CtrlC)
			require.Equal(t, c.status, s.Exit(), s.Screen())
			require.False(t, s.Raw())
		})
	}
}
