package compat

import (
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/internal/ptytest"
)

// terminalFiles are what the sessions use.
const terminalFiles = `-- objects.yaml --
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: nginx, image: nginx, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: shell}
spec: {containers: [{name: sh, image: busybox, stdin: true, tty: true, command: [sh]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: plain}
spec: {containers: [{name: cat, image: busybox, stdin: true, command: [cat]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{name: http, port: 8080, targetPort: 80}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: map}
data: {a: one}
-- bin/ask --
#!/bin/sh
grep '^# ' "$1"
printf "instead of one: "
read answer
if [ -n "$answer" ]; then sed -i "s/one/$answer/" "$1"; fi
-- bin/repair --
#!/bin/sh
grep '^# ' "$1"
if grep -q one "$1"; then sed -i 's/a: one/a: [1]/' "$1"; else sed -i 's/a: \[1\]/a: two/' "$1"; fi
`

// ports are the local ports that a forwarder picks.
var ports = regexp.MustCompile(`(\[::1\]:|connection for )\d+`)

// scene is what a user does at a terminal, and where: the screen must be the
// same with the reference.
type scene struct {
	name  string
	args  string // Of kubectl, with spaces between them.
	env   []string
	clock fakecluster.Clock
	// act plays the user. It is nil where there is nothing to do.
	act func(*testing.T, *ptytest.Session)
}

func scenes() []scene {
	return []scene{
		{name: "exec", args: "exec -it web -- sh", act: func(t *testing.T, s *ptytest.Session) {
			s.Await("# ")
			require.True(t, s.Raw())
			s.Type("echo hello" + ptytest.Enter)
			s.Await("\nhello")
			s.Await("# ")
			s.Type("exit 3" + ptytest.Enter)
		}},
		{name: "exec: interrupt in the container", args: "exec -it web -- sh", act: func(t *testing.T, s *ptytest.Session) {
			s.Await("# ")
			s.Type("cat" + ptytest.Enter + "text" + ptytest.Enter)
			s.Await("text")
			s.Await("text")
			s.Type(ptytest.CtrlC)
			s.Await("# ")
			s.Type("echo $?" + ptytest.Enter)
			s.Await("130")
			s.Type("exit" + ptytest.Enter)
		}},
		{name: "exec: terminated", args: "exec -it web -- sh", act: func(t *testing.T, s *ptytest.Session) {
			s.Await("# ")
			require.True(t, s.Raw())
			s.Signal(syscall.SIGTERM)
		}},
		{name: "exec: hung up", args: "exec -it web -- sh", act: func(t *testing.T, s *ptytest.Session) {
			s.Await("# ")
			s.Signal(syscall.SIGHUP)
		}},
		{name: "exec: without a terminal", args: "exec -i web -- cat", act: func(t *testing.T, s *ptytest.Session) {
			s.Type("text" + ptytest.Enter)
			s.Await("text\r\ntext")
			require.False(t, s.Raw())
			s.Type(ptytest.CtrlD)
		}},
		{name: "exec: without a terminal, interrupted", args: "exec -i web -- cat", act: func(t *testing.T, s *ptytest.Session) {
			s.Type("text" + ptytest.Enter)
			s.Await("text\r\ntext")
			s.Type(ptytest.CtrlC)
		}},
		{name: "exec: without a terminal, terminated", args: "exec -i web -- cat", act: func(t *testing.T, s *ptytest.Session) {
			s.Type("text" + ptytest.Enter)
			s.Await("text\r\ntext")
			s.Signal(syscall.SIGTERM)
		}},
		{name: "exec: without input", args: "exec -t web -- tty"},
		{name: "exec: interrupted", args: "exec web -- sleep 1000", act: func(t *testing.T, s *ptytest.Session) {
			s.Type(ptytest.CtrlC)
		}},
		{name: "attach", args: "attach -it shell", act: func(t *testing.T, s *ptytest.Session) {
			s.AwaitRaw()
			s.Type(ptytest.Enter)
			s.Await("# ")
			s.Type("echo hello" + ptytest.Enter)
			s.Await("\nhello")
			s.Await("# ")
			s.Type("exit" + ptytest.Enter)
		}},
		{name: "attach: detach", args: "attach -it shell", act: func(t *testing.T, s *ptytest.Session) {
			s.AwaitRaw()
			s.Type(ptytest.Enter)
			s.Await("# ")
			s.Type(ptytest.CtrlP + ptytest.CtrlQ)
		}},
		{name: "attach: other keys", args: "attach -it shell --detach-keys=ctrl-x,x", act: func(t *testing.T, s *ptytest.Session) {
			s.AwaitRaw()
			s.Type(ptytest.Enter)
			s.Await("# ")
			s.Type("\x18x")
		}},
		{name: "attach: no such keys", args: "attach -it shell --detach-keys=ctrl-nonsense"},
		{name: "attach: container without a terminal", args: "attach -it plain", act: func(t *testing.T, s *ptytest.Session) {
			s.Await("pressing enter.")
			s.Type("text" + ptytest.Enter)
			s.Await("text\r\ntext")
			s.Type(ptytest.CtrlD)
		}},
		{name: "attach: without a terminal, interrupted", args: "attach -i plain", act: func(t *testing.T, s *ptytest.Session) {
			s.Await("pressing enter.")
			s.Type("text" + ptytest.Enter)
			s.Await("text\r\ntext")
			s.Type(ptytest.CtrlC)
		}},
		{name: "attach: interrupted", args: "attach shell", act: func(t *testing.T, s *ptytest.Session) {
			s.Await("pressing enter.")
			s.Type(ptytest.CtrlC)
		}},
		{name: "run", clock: fakecluster.Wall, args: "run once -it --rm --image=busybox --restart=Never -- sh", act: func(t *testing.T, s *ptytest.Session) {
			s.AwaitRaw()
			s.Type(ptytest.Enter)
			s.Await("# ")
			s.Type("exit 5" + ptytest.Enter)
		}},
		{name: "run: terminated", clock: fakecluster.Wall, args: "run once -it --rm --image=busybox --restart=Never -- sh", act: func(t *testing.T, s *ptytest.Session) {
			s.AwaitRaw()
			s.Type(ptytest.Enter)
			s.Await("# ")
			s.Signal(syscall.SIGTERM)
		}},
		{name: "debug: terminated", clock: fakecluster.Wall, args: "debug -it web --image=busybox -- sh", act: func(t *testing.T, s *ptytest.Session) {
			s.AwaitRaw()
			s.Type(ptytest.Enter)
			s.Await("# ")
			s.Signal(syscall.SIGTERM)
		}},
		{name: "run: quiet", clock: fakecluster.Wall, args: "run once -it --rm -q --image=busybox --restart=Never -- sh", act: func(t *testing.T, s *ptytest.Session) {
			s.AwaitRaw()
			s.Type(ptytest.Enter)
			s.Await("# ")
			s.Type("exit" + ptytest.Enter)
		}},
		{name: "delete: yes", args: "delete -i configmap/map service/web", act: func(t *testing.T, s *ptytest.Session) {
			s.Await("(y/N): ")
			s.Type("y" + ptytest.Enter)
		}},
		{name: "delete: no", args: "delete -i configmap/map", act: func(t *testing.T, s *ptytest.Session) {
			s.Await("(y/N): ")
			s.Type("n" + ptytest.Enter)
		}},
		{name: "delete: neither", args: "delete -i configmap map", act: func(t *testing.T, s *ptytest.Session) {
			s.Await("(y/N): ")
			s.Type("what" + ptytest.Enter)
		}},
		{name: "delete: end of input", args: "delete -i configmap map", act: func(t *testing.T, s *ptytest.Session) {
			s.Await("(y/N): ")
			s.Type(ptytest.CtrlD)
		}},
		{name: "delete: interrupted", args: "delete -i configmap map", act: func(t *testing.T, s *ptytest.Session) {
			s.Await("(y/N): ")
			s.Type(ptytest.CtrlC)
		}},
		{name: "apply: typed", args: "apply -f -", act: func(t *testing.T, s *ptytest.Session) {
			s.Type("{apiVersion: v1, kind: ConfigMap, metadata: {name: typed}}" + ptytest.Enter + ptytest.CtrlD)
		}},
		{name: "edit", args: "edit configmap map", env: []string{"EDITOR=sed -i s/one/two/"}},
		{name: "edit: KUBE_EDITOR", args: "edit configmap map", env: []string{"EDITOR=false", "KUBE_EDITOR=sed -i s/one/two/"}},
		{name: "edit: quoted", args: "edit configmap map", env: []string{`EDITOR=sed -i "s/one/two words/"`}},
		{name: "edit: at the terminal", args: "edit configmap map", env: []string{"EDITOR=ask"}, act: func(t *testing.T, s *ptytest.Session) {
			s.Await("instead of one: ")
			require.False(t, s.Raw())
			s.Type("three" + ptytest.Enter)
		}},
		{name: "edit: unchanged", args: "edit configmap map", env: []string{"EDITOR=true"}},
		{name: "edit: emptied", args: "edit configmap map", env: []string{"EDITOR=truncate -s 0"}},
		{name: "edit: failing editor", args: "edit configmap map", env: []string{"EDITOR=false"}},
		{name: "edit: no editor", args: "edit configmap map", env: []string{"EDITOR=nonsense"}},
		{name: "edit: invalid, then given up", args: "edit configmap map", env: []string{"EDITOR=ask"}, act: func(t *testing.T, s *ptytest.Session) {
			s.Await("instead of one: ")
			s.Type("[1]" + ptytest.Enter)
			s.Await("instead of one: ")
			s.Type(ptytest.Enter)
		}},
		{name: "edit: invalid, then right", args: "edit configmap map", env: []string{"EDITOR=repair"}},
		{name: "edit: terminated", args: "edit configmap map", env: []string{"EDITOR=ask"}, act: func(t *testing.T, s *ptytest.Session) {
			s.Await("instead of one: ")
			s.Signal(syscall.SIGTERM)
		}},
		{name: "edit: broken", args: "edit configmap map", env: []string{"EDITOR=sed -i s/metadata:/[/"}},
		{name: "port-forward", args: "port-forward web :80 :80", act: func(t *testing.T, s *ptytest.Session) {
			s.Await("Forwarding from 127.0.0.1:")
			port := s.Await(" -> 80")
			s.Await("Forwarding from [::1]:" + port + " -> 80")
			s.Await("-> 80")
			s.Await("-> 80")
			visit(t, s, port)
			s.Type(ptytest.CtrlC)
		}},
		{name: "port-forward: service", args: "port-forward service/web :http", act: func(t *testing.T, s *ptytest.Session) {
			s.Await("Forwarding from 127.0.0.1:")
			port := s.Await(" -> 80")
			s.Await("Forwarding from [::1]:" + port + " -> 80")
			visit(t, s, port)
			s.Type(ptytest.CtrlC)
		}},
		{name: "port-forward: one address", args: "port-forward --address=127.0.0.1 pod/web :80", act: func(t *testing.T, s *ptytest.Session) {
			s.Await("Forwarding from 127.0.0.1:")
			visit(t, s, s.Await(" -> 80"))
			s.Type(ptytest.CtrlC)
		}},
	}
}

// visit fetches a page through a port that is forwarded.
func visit(t *testing.T, s *ptytest.Session, port string) {
	response, err := http.Get("http://127.0.0.1:" + port)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	s.Await("Handling connection for " + port)
}

func TestTerminals(t *testing.T) {
	c := newComparison(t)
	for _, scene := range scenes() {
		t.Run(scene.name, func(t *testing.T) {
			t.Parallel()
			want := scene.play(t, c, c.Reference)
			got := scene.play(t, c, c.Ours)
			require.Equal(t, want, got)
		})
	}
}

// A program in a container learns of the size of the user's window.
func TestTerminalsAreResized(t *testing.T) {
	c := newComparison(t)
	for _, program := range []Program{c.Reference, c.Ours} {
		session, _ := scene{args: "exec -it web -- sh"}.begin(t, c, program)
		session.Await("# ")
		for rows := ""; !strings.HasSuffix(rows, "\n40"); { // The news takes a moment, and kubectl misses what comes too early.
			session.Resize(30, 100)
			session.Resize(40, 120)
			session.Type("stty size" + ptytest.Enter)
			session.Await("stty size")
			rows = session.Await(" ")
			session.Await("# ")
		}
		require.Contains(t, session.Screen(), "40 120")
	}
}

// play plays the scene with one of the programs; it returns what the screen
// shows, how the program ended and what it left behind.
func (s scene) play(t *testing.T, c Comparison, program Program) string {
	session, dir := s.begin(t, c, program)
	if s.act != nil {
		s.act(t, session)
	}
	status := session.Exit()
	screen := ports.ReplaceAllString(normal(session.Screen(), dir), "${1}PORT")
	return fmt.Sprintf("%s\nstatus %d, raw: %v", screen, status, session.Raw())
}

// begin starts the scene's command line in its folder, dir.
func (s scene) begin(t *testing.T, c Comparison, program Program) (session *ptytest.Session, dir string) {
	archive := txtar.Parse([]byte(terminalFiles))
	options := []fakecluster.Option{fakecluster.WithClock(s.clock), fakecluster.WithStart(c.Start)}
	twin, err := newTwin(program, c.Credentials, t.TempDir(), archive.Files, options)
	require.NoError(t, err)
	t.Cleanup(twin.Close)
	outcome, err := twin.Run(t.Context(), CommandLine{Args: []string{"apply", "-f", "objects.yaml"}})
	require.NoError(t, err)
	require.Equal(t, "exit status 0", outcome.Status, outcome.Stderr)
	if s.clock != fakecluster.Wall { // There, a minute would take one.
		twin.cluster.Advance(time.Minute)
	}
	command := exec.Command(program.Path, strings.Fields(s.args)...)
	command.Dir, command.Env = twin.dir, append(twin.env, append(s.env, "TERM=dumb")...)
	return ptytest.Start(t, command), twin.dir
}
