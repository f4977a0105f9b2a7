package resources

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
)

func TestPodValidation(t *testing.T) {
	runValidation(t, builtin(t, "Pod"), []validationCase{
		{name: "valid", manifest: "metadata: {name: x, namespace: ns}\nspec: {containers: [{name: c, image: nginx}]}"},
		{name: "no containers", manifest: "metadata: {name: x, namespace: ns}\nspec: {}",
			want: []string{"spec.containers: Required value"}},
		{name: "no image", manifest: "metadata: {name: x, namespace: ns}\nspec: {containers: [{name: c}]}",
			want: []string{"spec.containers[0].image: Required value"}},
	})
}

// TestPodRows shows pods as `kubectl get pods -o wide` does: the columns after
// the name.
func TestPodRows(t *testing.T) {
	for _, c := range []struct {
		name, pod string
		want      []any
	}{
		{"new", "status: {phase: Pending}",
			[]any{"0/1", "Pending", "0", "2m", "<none>", "<none>", "<none>", "<none>"}},
		{"running", "status: {phase: Running, podIPs: [{ip: 10.0.0.1}], conditions: [{type: Ready, status: \"True\"}], containerStatuses: [{name: c, ready: true, state: {running: {}}}]}",
			[]any{"1/1", "Running", "0", "2m", "10.0.0.1", "<none>", "<none>", "<none>"}},
		{"restarted", `status: {phase: Running, containerStatuses: [{name: c, restartCount: 3, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, finishedAt: "1970-01-01T00:01:50Z"}}}]}`,
			[]any{"0/1", "CrashLoopBackOff", "3 (10s ago)", "2m", "<none>", "<none>", "<none>", "<none>"}},
		{"completed", "status: {phase: Succeeded, containerStatuses: [{name: c, state: {terminated: {exitCode: 0, reason: Completed}}}]}",
			[]any{"0/1", "Completed", "0", "2m", "<none>", "<none>", "<none>", "<none>"}},
		{"failed without a reason", "status: {phase: Failed, containerStatuses: [{name: c, state: {terminated: {exitCode: 3}}}]}",
			[]any{"0/1", "ExitCode:3", "0", "2m", "<none>", "<none>", "<none>", "<none>"}},
		{"gated", "status: {phase: Pending, conditions: [{type: PodScheduled, status: \"False\", reason: SchedulingGated}]}",
			[]any{"0/1", "SchedulingGated", "0", "2m", "<none>", "<none>", "<none>", "<none>"}},
		{"evicted", "status: {phase: Failed, reason: Evicted}",
			[]any{"0/1", "Evicted", "0", "2m", "<none>", "<none>", "<none>", "<none>"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			row := cellsOf(t, builtin(t, "Pod"), createdAtEpoch+"spec: {containers: [{name: c, image: nginx}]}\n"+c.pod)
			require.Equal(t, append([]any{"x"}, c.want...), row)
		})
	}
}

func TestPodRowsWithInitContainers(t *testing.T) {
	const spec = createdAtEpoch + `spec:
  containers: [{name: c, image: nginx}]
  initContainers: [{name: i, image: busybox}, {name: s, image: proxy, restartPolicy: Always}]
  readinessGates: [{conditionType: example.com/lb}]
`
	for _, c := range []struct {
		name, status            string
		ready, reason, restarts string
	}{
		{"first runs", "status: {phase: Pending, initContainerStatuses: [{name: i, state: {running: {}}}]}", "0/2", "Init:0/2", "0"},
		{"first fails", "status: {phase: Pending, initContainerStatuses: [{name: i, restartCount: 2, state: {waiting: {reason: CrashLoopBackOff}}}]}",
			"0/2", "Init:CrashLoopBackOff", "2"},
		{"sidecar runs", `status: {phase: Running, conditions: [{type: Ready, status: "True"}], initContainerStatuses: [
			{name: i, restartCount: 2, state: {terminated: {exitCode: 0}}}, {name: s, restartCount: 1, ready: true, started: true, state: {running: {}}}],
			containerStatuses: [{name: c, ready: true, state: {running: {}}}]}`, "2/2", "Running", "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			row := cellsOf(t, builtin(t, "Pod"), spec+c.status)
			require.Equal(t, []any{"x", c.ready, c.reason, c.restarts}, row[:4])
			require.Equal(t, "0/1", row[8])
		})
	}
}

func TestDeletedPodIsTerminating(t *testing.T) {
	now := metav1.Unix(100, 0)
	pod := &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodRunning}}
	pod.DeletionTimestamp = &now
	require.Equal(t, "Terminating", builtin(t, "Pod").Row(pod, time.Unix(120, 0))[2])
}

func TestPodGracePeriod(t *testing.T) {
	kind := builtin(t, "Pod")
	for _, c := range []struct {
		name, pod string
		asked     *int64
		want      int64
	}{
		{"not scheduled", "spec: {}", nil, 0},
		{"running", "spec: {nodeName: node}\nstatus: {phase: Running}", nil, 30},
		{"its own", "spec: {nodeName: node, terminationGracePeriodSeconds: 5}\nstatus: {phase: Running}", nil, 5},
		{"asked for", "spec: {nodeName: node}\nstatus: {phase: Running}", new(int64), 0},
		{"finished", "spec: {nodeName: node}\nstatus: {phase: Succeeded}", nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			options := &metav1.DeleteOptions{GracePeriodSeconds: c.asked}
			require.Equal(t, c.want, *kind.GracePeriod(fromManifest(t, kind, c.pod), options))
			require.Equal(t, c.want, *options.GracePeriodSeconds)
		})
	}
}

func TestPodFields(t *testing.T) {
	kind := builtin(t, "Pod")
	pod := fromManifest(t, kind, "metadata: {name: x, namespace: ns}\nspec: {nodeName: node, serviceAccountName: sa}\nstatus: {phase: Running, podIPs: [{ip: 10.0.0.1}]}")
	require.Equal(t, fields.Set{
		"metadata.name": "x", "metadata.namespace": "ns", "spec.nodeName": "node", "spec.restartPolicy": "Always",
		"spec.schedulerName": "default-scheduler", "spec.serviceAccountName": "sa", "spec.hostNetwork": "false",
		"status.phase": "Running", "status.podIP": "10.0.0.1", "status.podIPs": "10.0.0.1", "status.nominatedNodeName": "",
	}, kind.FieldSet(pod))
}
