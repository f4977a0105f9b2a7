package kubelet_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/kubelet"
)

// answer lets the probes of a world succeed or fail by their kind.
func (w *world) answer(fails map[kubelet.ProbeKind]bool) {
	w.runtimes["n1"].probe = func(p kubelet.RunProbe) kubelet.ProbeResult {
		if fails[p.Kind] {
			return kubelet.ProbeResult{Outcome: kubelet.Failed, Output: "no"}
		}
		return kubelet.ProbeResult{}
	}
}

func TestReadinessComesAndGoes(t *testing.T) {
	w := quiet(t)
	w.statesOnly = false
	fails := map[kubelet.ProbeKind]bool{kubelet.Readiness: true}
	w.answer(fails)
	w.run(`
metadata: {name: p}
spec:
  containers: [{name: c, image: "a:1", readinessProbe: {exec: {command: [x]}, initialDelaySeconds: 2, periodSeconds: 5, failureThreshold: 2, successThreshold: 1}}]
`)
	w.advance(3 * time.Second)
	w.script(`
0s     * Pending
0s     Normal Pulling: Pulling image "a:1"
0s     Normal Pulled: Successfully pulled image "a:1" in 0s (0s including waiting). Image size: 1234 bytes.
0s     Normal Created: Container created
0s     Normal Started: Container started
0s     * Running c=running
2s     Warning Unhealthy: Readiness probe failed: no
`)
	require.Equal(t, "containers with unready status: [c]", message(w.pod("p"), corev1.PodReady))
	fails[kubelet.Readiness] = false
	w.advance(5 * time.Second)
	w.script("7s     * Running c=running+\n")
	fails[kubelet.Readiness] = true
	w.advance(10 * time.Second)
	w.script(`
12s    Warning Unhealthy: Readiness probe failed: no
17s    Warning Unhealthy: Readiness probe failed: no
17s    * Running c=running
`)
}

func message(p *corev1.Pod, t corev1.PodConditionType) string {
	for _, c := range p.Status.Conditions {
		if c.Type == t {
			return c.Message
		}
	}
	return ""
}

func TestLivenessRestartsTheContainer(t *testing.T) {
	w := quiet(t)
	w.statesOnly = false
	w.answer(map[kubelet.ProbeKind]bool{kubelet.Liveness: true})
	w.run(`
metadata: {name: p}
spec:
  containers: [{name: c, image: "a:1", livenessProbe: {exec: {command: [x]}, periodSeconds: 5, failureThreshold: 2}}]
`)
	w.advance(0)
	w.transcript()
	w.advance(6 * time.Second)
	w.script(`
5s     Warning Unhealthy: Liveness probe failed: no
5s     Normal Killing: Container c failed liveness probe, will be restarted
5s     Normal Pulled: Container image "a:1" already present on machine and can be accessed by the pod
5s     Normal Created: Container created
5s     Normal Started: Container started
5s     Warning Unhealthy: Liveness probe failed: no
5s     * Running c=running+#1
`)
}

func TestNothingIsProbedBeforeTheStartupProbe(t *testing.T) {
	w := quiet(t)
	fails := map[kubelet.ProbeKind]bool{kubelet.Startup: true, kubelet.Liveness: true}
	w.answer(fails)
	w.run(`
metadata: {name: p}
spec:
  containers:
  - name: c
    image: "a:1"
    startupProbe: {exec: {command: [x]}, periodSeconds: 2, failureThreshold: 10}
    livenessProbe: {exec: {command: [x]}, periodSeconds: 60, failureThreshold: 1}
    readinessProbe: {exec: {command: [x]}, periodSeconds: 60}
`)
	w.advance(5 * time.Second)
	fails[kubelet.Startup], fails[kubelet.Liveness] = false, false
	w.advance(time.Minute)
	w.script(`
0s     * Pending
0s     * Running c=running
6s     * Running c=running+
`)
}

func TestReadinessGates(t *testing.T) {
	w := quiet(t)
	w.run("metadata: {name: p}\nspec:\n  readinessGates: [{conditionType: example.com/ok}]\n  containers: [{name: c, image: \"a:1\"}]")
	w.advance(time.Second)
	require.Equal(t, `corresponding condition of pod readiness gate "example.com/ok" does not exist.`, message(w.pod("p"), corev1.PodReady))
	p := w.pod("p").DeepCopy()
	p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: "example.com/ok", Status: corev1.ConditionTrue})
	_, err := client.UpdateStatus(w.api, p)
	require.NoError(t, err)
	w.advance(time.Second)
	for _, c := range w.pod("p").Status.Conditions {
		require.Equal(t, corev1.ConditionTrue, c.Status, fmt.Sprint(c))
	}
}

func TestProbesReachThePod(t *testing.T) {
	w := quiet(t)
	var checks []kubelet.Check
	w.runtimes["n1"].probe = func(p kubelet.RunProbe) kubelet.ProbeResult {
		checks = append(checks, p.Check)
		return kubelet.ProbeResult{}
	}
	w.run(`
metadata: {name: p}
spec:
  containers:
  - name: c
    image: "a:1"
    ports: [{name: http, containerPort: 8080}]
    readinessProbe: {httpGet: {path: "/ok?x=1", port: http}}
    livenessProbe: {tcpSocket: {port: 9}}
`)
	w.advance(0)
	ip := w.pod("p").Status.PodIP
	require.Equal(t, []kubelet.Check{
		{HTTP: &kubelet.HTTPCheck{URL: "http://" + ip + ":8080/ok?x=1"}},
		{TCP: ip + ":9"},
	}, checks)
}
