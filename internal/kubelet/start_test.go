package kubelet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/kubelet"
)

// script compares a transcript with what is expected of it.
func (w *world) script(want string) {
	w.t.Helper()
	require.Equal(w.t, strings.TrimLeft(want, "\n"), w.transcript())
}

// quiet is a world of one node that has all images and starts at once, so that
// transcripts are about nothing else. Its transcripts tell states only.
func quiet(t *testing.T) *world {
	w := newWorld(t, "n1")
	w.runtimes["n1"].pull = 0
	w.statesOnly = true
	return w
}

func TestInitContainersRunInOrder(t *testing.T) {
	w := quiet(t)
	w.runtimes["n1"].lives["first"] = []life{{after: 2 * time.Second}}
	w.runtimes["n1"].lives["second"] = []life{{after: time.Second, code: 1}, {after: 3 * time.Second}}
	w.run(`
metadata: {name: p}
spec:
  initContainers: [{name: first, image: "a:1"}, {name: second, image: "a:1"}]
  containers: [{name: app, image: "a:1"}]
`)
	w.advance(time.Minute)
	w.script(`
0s     * Pending
0s     * Pending first=running second=PodInitializing app=PodInitializing
2s     * Pending first=Completed(0)+ second=running app=PodInitializing
3s     * Pending first=Completed(0)+ second=running#1 app=PodInitializing
6s     * Running first=Completed(0)+ second=Completed(0)+#1 app=running+
`)
}

func TestInitContainerThatFailsForGood(t *testing.T) {
	w := quiet(t)
	w.runtimes["n1"].lives["first"] = []life{{after: time.Second, code: 3}}
	w.run(`
metadata: {name: p}
spec:
  restartPolicy: Never
  initContainers: [{name: first, image: "a:1"}]
  containers: [{name: app, image: "a:1"}]
`)
	w.advance(time.Minute)
	w.script(`
0s     * Pending
0s     * Pending first=running app=PodInitializing
1s     * Failed first=Error(3) app=PodInitializing
`)
}

func TestSidecarsStartFirstAndStopLast(t *testing.T) {
	w := quiet(t)
	w.runtimes["n1"].lives["app"] = []life{{after: 10 * time.Second}}
	w.run(`
metadata: {name: p}
spec:
  restartPolicy: OnFailure
  initContainers:
  - {name: proxy, image: "a:1", restartPolicy: Always, startupProbe: {exec: {command: [ok]}, initialDelaySeconds: 2}}
  - {name: logger, image: "a:1", restartPolicy: Always}
  containers: [{name: app, image: "a:1"}]
`)
	w.advance(time.Minute)
	w.script(`
0s     * Pending
0s     * Pending proxy=running logger=PodInitializing app=PodInitializing
2s     * Running proxy=running+ logger=running+ app=running+
12s    * Succeeded proxy=Completed(0) logger=Completed(0) app=Completed(0)
`)
	require.Equal(t, []string{"logger", "proxy"}, w.stopped(), "in reverse order")
}

// stopped are the names of the containers that were sent a stop signal.
func (w *world) stopped() (out []string) {
	rt := w.runtimes["n1"]
	for _, c := range rt.commands {
		if s, ok := c.(kubelet.StopContainer); ok {
			out = append(out, rt.names[s.ID])
		}
	}
	return out
}

func TestRestartPolicies(t *testing.T) {
	for _, c := range []struct {
		policy string
		code   int32
		want   string
	}{
		{"Never", 0, "Succeeded c=Completed(0)"},
		{"Never", 1, "Failed c=Error(1)"},
		{"OnFailure", 0, "Succeeded c=Completed(0)"},
		{"OnFailure", 1, "Running c=running+#1"},
		{"Always", 0, "Running c=running+#1"},
	} {
		w := quiet(t)
		w.runtimes["n1"].lives["c"] = []life{{after: time.Second, code: c.code}}
		w.run("metadata: {name: p}\nspec:\n  restartPolicy: " + c.policy + "\n  containers: [{name: c, image: \"a:1\"}]")
		w.advance(time.Minute)
		require.Equal(t, c.want, summary(w.pod("p")), "%s after exit code %d", c.policy, c.code)
	}
}

func TestContainersRestartRules(t *testing.T) {
	w := quiet(t)
	w.runtimes["n1"].lives["c"] = []life{{after: time.Second, code: 42}, {after: time.Second, code: 1}}
	w.run(`
metadata: {name: p}
spec:
  restartPolicy: Never
  containers:
  - name: c
    image: "a:1"
    restartPolicy: Never
    restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [42]}}]
`)
	w.advance(time.Minute)
	w.script(`
0s     * Pending
0s     * Running c=running+
1s     * Running c=running+#1
2s     * Failed c=Error(1)#1
`)
}

func TestOutOfMemory(t *testing.T) {
	w := quiet(t)
	w.runtimes["n1"].lives["c"] = []life{{after: time.Second, code: 137, oom: true}}
	w.run("metadata: {name: p}\nspec:\n  restartPolicy: Never\n  containers: [{name: c, image: \"a:1\"}]")
	w.advance(time.Minute)
	require.Equal(t, "Failed c=OOMKilled(137)", summary(w.pod("p")))
}

func TestActiveDeadline(t *testing.T) {
	w := quiet(t)
	w.statesOnly = false
	w.run("metadata: {name: p}\nspec:\n  activeDeadlineSeconds: 5\n  containers: [{name: c, image: \"a:1\"}]")
	w.advance(time.Second)
	w.transcript()
	w.advance(time.Minute)
	w.script(`
5s     Normal DeadlineExceeded: Pod was active on the node longer than the specified deadline
5s     Normal Killing: Stopping container c
5s     * Failed DeadlineExceeded c=Completed(0)
`)
	require.Equal(t, "Pod was active on the node longer than the specified deadline", w.pod("p").Status.Message)
}

func TestGracePeriods(t *testing.T) {
	w := quiet(t)
	w.runtimes["n1"].deaf["c"] = true
	w.run("metadata: {name: p}\nspec:\n  terminationGracePeriodSeconds: 7\n  containers: [{name: c, image: \"a:1\"}]")
	w.advance(10 * time.Second)
	require.NoError(t, w.api.Delete(w.pod("p"), metav1.DeleteOptions{}))
	w.advance(3 * time.Second)
	one := int64(1)
	require.NoError(t, w.api.Delete(w.pod("p"), metav1.DeleteOptions{GracePeriodSeconds: &one}))
	w.advance(time.Minute)
	w.script(`
0s     * Pending
0s     * Running c=running+
10s    * Running Terminating c=running+
14s    * Failed Terminating c=Error(137)
14s    * gone
`)
}

func TestForcedDeletionLeavesNothingBehind(t *testing.T) {
	w := quiet(t)
	w.run("metadata: {name: p}\nspec:\n  containers: [{name: c, image: \"a:1\"}]")
	w.advance(time.Second)
	zero := int64(0)
	require.NoError(t, w.api.Delete(w.pod("p"), metav1.DeleteOptions{GracePeriodSeconds: &zero}))
	w.advance(time.Minute)
	commands := w.runtimes["n1"].commands
	require.IsType(t, kubelet.RemoveSandbox{}, commands[len(commands)-1])
}

func TestPostStartHookThatFails(t *testing.T) {
	w := quiet(t)
	w.statesOnly = false
	w.runtimes["n1"].hook = func(kubelet.RunHook) (time.Duration, string) { return time.Second, "boom" }
	w.run(`
metadata: {name: p}
spec:
  restartPolicy: Never
  containers: [{name: c, image: "a:1", lifecycle: {postStart: {exec: {command: [x]}}}}]
`)
	w.advance(10 * time.Second)
	w.script(`
0s     * Pending
0s     Normal Pulling: Pulling image "a:1"
0s     Normal Pulled: Successfully pulled image "a:1" in 0s (0s including waiting). Image size: 1234 bytes.
0s     Normal Created: Container created
0s     Normal Started: Container started
0s     * Running c=running
1s     Warning FailedPostStartHook: PostStartHook failed
1s     Normal Killing: FailedPostStartHook
1s     * Succeeded c=Completed(0)
`)
}

func TestPreStopHookUsesUpTheGracePeriod(t *testing.T) {
	w := quiet(t)
	w.run(`
metadata: {name: p}
spec:
  containers: [{name: c, image: "a:1", lifecycle: {preStop: {sleep: {seconds: 5}}}}]
`)
	w.advance(10 * time.Second)
	require.NoError(t, w.api.Delete(w.pod("p"), metav1.DeleteOptions{}))
	w.advance(time.Minute)
	w.script(`
0s     * Pending
0s     * Running c=running+
10s    * Running Terminating c=running+
15s    * Succeeded Terminating c=Completed(0)
15s    * gone
`)
}

func TestEphemeralContainers(t *testing.T) {
	w := quiet(t)
	w.run("metadata: {name: p}\nspec:\n  containers: [{name: c, image: \"a:1\"}]")
	w.advance(time.Second)
	p := w.pod("p").DeepCopy()
	p.Spec.EphemeralContainers = []corev1.EphemeralContainer{{
		EphemeralContainerCommon: corev1.EphemeralContainerCommon{
			Name: "debug", Image: "b:1", ImagePullPolicy: corev1.PullIfNotPresent, TerminationMessagePolicy: corev1.TerminationMessageReadFile,
		},
		TargetContainerName: "c",
	}}
	w.runtimes["n1"].lives["debug"] = []life{{after: 5 * time.Second, code: 1}}
	_, err := client.UpdatePart(w.api, p, "ephemeralcontainers")
	require.NoError(t, err)
	w.advance(time.Minute)
	w.script(`
0s     * Pending
0s     * Running c=running+
1s     * Running c=running+ debug=running
6s     * Running c=running+ debug=Error(1)
`)
	require.NotEmpty(t, w.runtimes["n1"].started("debug").Target)
}

func TestEphemeralContainersInFrontOfOthers(t *testing.T) {
	w := quiet(t)
	w.run("metadata: {name: p}\nspec:\n  containers: [{name: c, image: \"a:1\"}]")
	for _, name := range []string{"one", "two"} {
		p := w.pod("p").DeepCopy()
		added := corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
			Name: name, Image: name + ":1", ImagePullPolicy: corev1.PullIfNotPresent, TerminationMessagePolicy: corev1.TerminationMessageReadFile,
		}}
		p.Spec.EphemeralContainers = append([]corev1.EphemeralContainer{added}, p.Spec.EphemeralContainers...)
		_, err := client.UpdatePart(w.api, p, "ephemeralcontainers")
		require.NoError(t, err)
		w.advance(time.Second)
	}
	for _, name := range []string{"one", "two"} {
		require.Equal(t, name+":1", w.runtimes["n1"].started(name).Image)
	}
	var names []string
	for _, s := range w.pod("p").Status.EphemeralContainerStatuses {
		names = append(names, s.Name+" "+s.Image)
	}
	require.Equal(t, []string{"two docker.io/library/two:1", "one docker.io/library/one:1"}, names)
}

func TestRetriesWaitForOtherContainers(t *testing.T) {
	w := quiet(t)
	w.runtimes["n1"].lives["b"] = []life{{after: 8 * time.Second, code: 1}}
	w.run(`
metadata: {name: p}
spec:
  containers:
  - {name: a, image: "a:1", envFrom: [{configMapRef: {name: settings}}]}
  - {name: b, image: "b:1", imagePullPolicy: Always}
`)
	w.advance(time.Second)
	w.runtimes["n1"].pull = 5 * time.Second
	w.advance(time.Minute)
	w.script(`
0s     * Pending
0s     * Pending a=CreateContainerConfigError b=running+
8s     * Pending a=CreateContainerConfigError b=Error(1)
13s    * Pending a=CreateContainerConfigError b=running+#1
`)
}

func TestConfigErrorsAreTriedAgain(t *testing.T) {
	w := quiet(t)
	w.statesOnly = false
	w.run(`
metadata: {name: p}
spec:
  containers: [{name: c, image: "a:1", env: [{name: X, valueFrom: {configMapKeyRef: {name: settings, key: x}}}]}]
`)
	w.advance(5 * time.Second)
	w.script(`
0s     * Pending
0s     Normal Pulling: Pulling image "a:1"
0s     Normal Pulled: Successfully pulled image "a:1" in 0s (0s including waiting). Image size: 1234 bytes.
0s     Warning Failed: Error: configmap "settings" not found
0s     * Pending c=CreateContainerConfigError
`)
	_, err := client.Create(w.api, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "settings"}, Data: map[string]string{"x": "1"},
	})
	require.NoError(t, err)
	w.advance(5 * time.Second)
	require.Equal(t, "Running c=running+", summary(w.pod("p")))
}

func TestImagesThatMustNotBePulled(t *testing.T) {
	w := quiet(t)
	w.statesOnly = false
	w.run("metadata: {name: p}\nspec:\n  containers: [{name: c, image: \"a:1\", imagePullPolicy: Never}]")
	w.advance(time.Second)
	w.script(`
0s     * Pending
0s     Warning ErrImageNeverPull: Container image "a:1" is not present with pull policy of Never
0s     Warning Failed: Error: ErrImageNeverPull
0s     * Pending c=ErrImageNeverPull
`)
}

func TestANewImageRestartsTheContainer(t *testing.T) {
	w := quiet(t)
	w.run("metadata: {name: p}\nspec:\n  restartPolicy: Never\n  containers: [{name: c, image: \"a:1\"}, {name: d, image: \"a:1\"}]")
	w.advance(time.Second)
	p := w.pod("p").DeepCopy()
	p.Spec.Containers[0].Image = "a:2"
	_, err := client.Update(w.api, p)
	require.NoError(t, err)
	w.advance(time.Second)
	w.script(`
0s     * Pending
0s     * Running c=running+ d=running+
1s     * Running c=running+#1 d=running+
`)
	require.Equal(t, "a:2", w.runtimes["n1"].started("c").Image)
}

func TestRestartOfAllContainers(t *testing.T) {
	w := quiet(t)
	w.runtimes["n1"].lives["init"] = []life{{after: time.Second}, {after: time.Second}}
	w.runtimes["n1"].lives["c"] = []life{{after: 5 * time.Second, code: 88}}
	w.run(`
metadata: {name: p}
spec:
  restartPolicy: Never
  initContainers: [{name: init, image: "a:1"}]
  containers:
  - {name: d, image: "a:1"}
  - name: c
    image: "a:1"
    restartPolicy: Never
    restartPolicyRules: [{action: RestartAllContainers, exitCodes: {operator: In, values: [88]}}]
`)
	w.advance(time.Minute)
	w.script(`
0s     * Pending
0s     * Pending init=running d=PodInitializing c=PodInitializing
1s     * Running init=Completed(0)+ d=running+ c=running+
6s     * Pending init=running#1 d=Completed(0) c=Error(88)
7s     * Running init=Completed(0)+#1 d=running+#1 c=running+#1
`)
}
