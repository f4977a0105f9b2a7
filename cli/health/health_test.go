package health_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/cli/health"
)

func TestOf(t *testing.T) {
	for _, tt := range []struct {
		object string
		state  health.State
		reason string
	}{
		{`{kind: ConfigMap, apiVersion: v1}`, health.Ready, ""},
		{`{kind: ConfigMap, apiVersion: v1, metadata: {deletionTimestamp: "2000-01-01T00:00:00Z", finalizers: [a/b]}}`,
			health.Terminating, "being deleted, waits for the finalizer a/b"},

		{`{kind: Pod, apiVersion: v1}`, health.Progressing, "Pending"},
		{`{kind: Pod, apiVersion: v1, status: {phase: Succeeded}}`, health.Ready, "Completed"},
		{`{kind: Pod, apiVersion: v1, status: {phase: Failed, reason: Evicted}}`, health.Failed, "Evicted"},
		{`{kind: Pod, apiVersion: v1, status: {phase: Running, conditions: [{type: Ready, status: "True"}]}}`, health.Ready, "Running"},
		{`{kind: Pod, apiVersion: v1, status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable}]}}`,
			health.Progressing, "Unschedulable"},
		{`{kind: Pod, apiVersion: v1, status: {phase: Running, containerStatuses: [{name: a, state: {waiting: {reason: CrashLoopBackOff}}}]}}`,
			health.Progressing, "CrashLoopBackOff"},
		{`{kind: Pod, apiVersion: v1, status: {phase: Pending, initContainerStatuses: [{name: a, state: {terminated: {exitCode: 3}}}]}}`,
			health.Progressing, "Init:ExitCode:3"},
		{`{kind: Pod, apiVersion: v1, spec: {initContainers: [{name: a}, {name: b}]}, status: {phase: Pending, initContainerStatuses: [{name: a, ready: true, state: {terminated: {exitCode: 0}}}, {name: b, state: {running: {}}}]}}`,
			health.Progressing, "Init:1/2"},

		{`{kind: Deployment, apiVersion: apps/v1, metadata: {generation: 2}, status: {observedGeneration: 1}}`,
			health.Progressing, "its controller has not seen the newest change"},
		{`{kind: Deployment, apiVersion: apps/v1, spec: {replicas: 3}, status: {replicas: 4, updatedReplicas: 1, readyReplicas: 3}}`,
			health.Progressing, "1 of 3 replicas updated"},
		{`{kind: Deployment, apiVersion: apps/v1, spec: {replicas: 3}, status: {replicas: 4, updatedReplicas: 3, readyReplicas: 4}}`,
			health.Progressing, "1 of 4 replicas too many"},
		{`{kind: Deployment, apiVersion: apps/v1, spec: {replicas: 2}, status: {replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 1}}`,
			health.Progressing, "1 of 2 replicas available"},
		{`{kind: Deployment, apiVersion: apps/v1, status: {conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded}]}}`,
			health.Failed, "0 of 1 replicas ready, made no progress in time"},
		{`{kind: StatefulSet, apiVersion: apps/v1, spec: {replicas: 3, updateStrategy: {rollingUpdate: {partition: 2}}}, status: {replicas: 3, updatedReplicas: 1, readyReplicas: 3}}`,
			health.Ready, "3 of 3 replicas ready"},
		{`{kind: StatefulSet, apiVersion: apps/v1, spec: {replicas: 3}, status: {replicas: 3, updatedReplicas: 1, readyReplicas: 3}}`,
			health.Progressing, "1 of 3 replicas updated"},
		{`{kind: DaemonSet, apiVersion: apps/v1, status: {desiredNumberScheduled: 2, currentNumberScheduled: 2, updatedNumberScheduled: 2, numberReady: 1}}`,
			health.Progressing, "1 of 2 replicas ready"},

		{`{kind: Job, apiVersion: batch/v1, spec: {completions: 2}, status: {active: 1, succeeded: 1}}`, health.Progressing, "1 of 2 completions, 1 active"},
		{`{kind: Job, apiVersion: batch/v1, status: {conditions: [{type: Failed, status: "True", message: too often}]}}`, health.Failed, "too often"},
		{`{kind: Job, apiVersion: batch/v1, status: {conditions: [{type: Complete, status: "True"}]}}`, health.Ready, "Complete"},

		{`{kind: Service, apiVersion: v1, spec: {type: LoadBalancer}}`, health.Progressing, "no load balancer yet"},
		{`{kind: PersistentVolumeClaim, apiVersion: v1, status: {phase: Bound}}`, health.Ready, "Bound"},

		{`{kind: Widget, apiVersion: a/v1, status: {conditions: [{type: Ready, status: "False", message: no luck}]}}`, health.Progressing, "Ready is False: no luck"},
		{`{kind: Widget, apiVersion: a/v1, status: {conditions: [{type: Stalled, status: "True", reason: Broken}]}}`, health.Failed, "Stalled is True: Broken"},
		{`{kind: Widget, apiVersion: a/v1, status: {conditions: [{type: Ready, status: "True"}, {type: Whatever, status: "False"}]}}`, health.Ready, ""},
		{`{kind: Namespace, apiVersion: v1, status: {phase: Active}}`, health.Ready, "Active"},
	} {
		object := &unstructured.Unstructured{}
		require.NoError(t, yaml.Unmarshal([]byte(tt.object), object))
		require.Equal(t, health.Health{State: tt.state, Reason: tt.reason}, health.Of(object), tt.object)
	}
}
