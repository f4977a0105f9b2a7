package resources

import (
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/fields"
)

const (
	workloadMeta     = "metadata: {name: x, namespace: ns}\n"
	workloadTemplate = "template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: nginx}]}}"
	workloadSpec     = "selector: {matchLabels: {app: x}}, " + workloadTemplate
)

func TestDeploymentValidation(t *testing.T) {
	runValidation(t, builtin(t, "Deployment"), []validationCase{
		{name: "valid", manifest: workloadMeta + "spec: {" + workloadSpec + "}"},
		{name: "no selector", manifest: workloadMeta + "spec: {" + workloadTemplate + "}", want: []string{
			"spec.selector: Required value", "spec.template.metadata.labels: Invalid value: {\"app\":\"x\"}: `selector` does not match template `labels`"}},
		{name: "other labels", manifest: workloadMeta + "spec: {selector: {matchLabels: {app: y}}, " + workloadTemplate + "}", want: []string{
			"spec.template.metadata.labels: Invalid value: {\"app\":\"x\"}: `selector` does not match template `labels`"}},
		{name: "negative replicas", manifest: workloadMeta + "spec: {replicas: -1, " + workloadSpec + "}", want: []string{
			"spec.replicas: Invalid value: -1: must be greater than or equal to 0"}},
		{name: "no progress allowed", manifest: workloadMeta + "spec: {strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}, " + workloadSpec + "}", want: []string{
			"spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"}},
		{name: "unknown strategy", manifest: workloadMeta + "spec: {strategy: {type: Foo}, " + workloadSpec + "}", want: []string{
			`spec.strategy: Unsupported value: {"Type":"Foo","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"`}},
		{name: "pods that end", manifest: workloadMeta + "spec: {selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}, spec: {restartPolicy: Never, containers: [{name: c, image: nginx}]}}}", want: []string{
			`spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"`}},
		{name: "deadline too short", manifest: workloadMeta + "spec: {minReadySeconds: 5, progressDeadlineSeconds: 5, " + workloadSpec + "}", want: []string{
			"spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds"}},
		{name: "another selector", old: workloadMeta + "spec: {" + workloadSpec + "}",
			manifest: workloadMeta + "spec: {selector: {matchLabels: {app: z}}, template: {metadata: {labels: {app: z}}, spec: {containers: [{name: c, image: nginx}]}}}", want: []string{
				`spec.selector: Invalid value: {"matchLabels":{"app":"z"}}: field is immutable`}},
	})
}

func TestGenerationCountsChangesOfTheSpec(t *testing.T) {
	kind := builtin(t, "Deployment")
	create := func(manifest string) *appsv1.Deployment {
		d := fromManifest(t, kind, manifest).(*appsv1.Deployment)
		kind.PrepareForCreate(d)
		return d
	}
	old := create("spec: {" + workloadSpec + "}")
	require.Equal(t, int64(1), old.Generation)
	for _, c := range []struct {
		name, manifest string
		want           int64
	}{
		{"labels", "metadata: {labels: {a: b}}\nspec: {" + workloadSpec + "}", 1},
		{"annotations", "metadata: {annotations: {a: b}}\nspec: {" + workloadSpec + "}", 2},
		{"spec", "spec: {replicas: 2, " + workloadSpec + "}", 2},
		{"status", "spec: {" + workloadSpec + "}\nstatus: {replicas: 3}", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := create(c.manifest)
			kind.PrepareForUpdate(d, old)
			require.Equal(t, c.want, d.Generation)
			require.Zero(t, d.Status.Replicas)
		})
	}
}

func TestDeploymentScale(t *testing.T) {
	kind := builtin(t, "Deployment")
	d := fromManifest(t, kind, workloadMeta+"spec: {replicas: 3, "+workloadSpec+"}\nstatus: {replicas: 2}")
	scale, err := kind.Subresources["scale"].Scale.Get(d)
	require.NoError(t, err)
	require.Equal(t, []any{int32(3), int32(2), "app=x"}, []any{scale.Spec.Replicas, scale.Status.Replicas, scale.Status.Selector})
	require.NoError(t, kind.Subresources["scale"].Scale.Set(d, 5))
	require.Equal(t, int32(5), *d.(*appsv1.Deployment).Spec.Replicas)
}

func TestWorkloadRows(t *testing.T) {
	for _, c := range []struct {
		kind, manifest string
		want           []any
	}{
		{"Deployment", "spec: {replicas: 3, " + workloadSpec + "}\nstatus: {readyReplicas: 1, updatedReplicas: 2, availableReplicas: 1}",
			[]any{"x", "1/3", int64(2), int64(1), "2m", "c", "nginx", "app=x"}},
		{"ReplicaSet", "spec: {replicas: 3, " + workloadSpec + "}\nstatus: {replicas: 2, readyReplicas: 1}",
			[]any{"x", int64(3), int64(2), int64(1), "2m", "c", "nginx", "app=x"}},
		{"StatefulSet", "spec: {replicas: 3, " + workloadSpec + "}\nstatus: {readyReplicas: 1}",
			[]any{"x", "1/3", "2m", "c", "nginx"}},
		{"DaemonSet", "spec: {" + workloadSpec + "}\nstatus: {desiredNumberScheduled: 3, numberReady: 1}",
			[]any{"x", int64(3), int64(0), int64(1), int64(0), int64(0), "<none>", "2m", "c", "nginx", "app=x"}},
		{"ReplicationController", "spec: {replicas: 3, " + workloadTemplate + "}\nstatus: {replicas: 2}",
			[]any{"x", int64(3), int64(2), int64(0), "2m", "c", "nginx", "app=x"}},
		{"PodTemplate", workloadTemplate, []any{"x", "c", "nginx", "app=x"}},
		{"ControllerRevision", "revision: 2", []any{"x", "<none>", int64(2), "2m"}},
	} {
		t.Run(c.kind, func(t *testing.T) {
			require.Equal(t, c.want, cellsOf(t, builtin(t, c.kind), createdAtEpoch+c.manifest))
		})
	}
}

func TestReplicaSetFields(t *testing.T) {
	kind := builtin(t, "ReplicaSet")
	require.Equal(t, fields.Set{"metadata.name": "x", "metadata.namespace": "ns"},
		kind.FieldSet(fromManifest(t, kind, workloadMeta+"status: {replicas: 2}")))
}

func TestStatefulSetValidation(t *testing.T) {
	runValidation(t, builtin(t, "StatefulSet"), []validationCase{
		{name: "valid", manifest: workloadMeta + "spec: {serviceName: s, " + workloadSpec + "}"},
		{name: "mounts its claims", manifest: workloadMeta + "spec: {selector: {matchLabels: {app: x}}, " +
			"template: {metadata: {labels: {app: x}}, spec: {containers: [{name: c, image: nginx, volumeMounts: [{name: data, mountPath: /data}]}]}}, " +
			"volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]}"},
		{name: "unknown policy", manifest: workloadMeta + "spec: {podManagementPolicy: Foo, " + workloadSpec + "}", want: []string{
			`spec.podManagementPolicy: Invalid value: "Foo": must be 'OrderedReady' or 'Parallel'`}},
		{name: "another service", old: workloadMeta + "spec: {serviceName: a, " + workloadSpec + "}", manifest: workloadMeta + "spec: {serviceName: b, " + workloadSpec + "}", want: []string{
			`spec.serviceName: Invalid value: "b": field is immutable`}},
		{name: "scaled", old: workloadMeta + "spec: {" + workloadSpec + "}", manifest: workloadMeta + "spec: {replicas: 5, " + workloadSpec + "}"},
	})
}

func TestDaemonSetValidation(t *testing.T) {
	runValidation(t, builtin(t, "DaemonSet"), []validationCase{
		{name: "valid", manifest: workloadMeta + "spec: {" + workloadSpec + "}"},
		{name: "surge and unavailable", manifest: workloadMeta + "spec: {updateStrategy: {rollingUpdate: {maxSurge: 1}}, " + workloadSpec + "}", want: []string{
			"spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero"}},
		{name: "empty selector", manifest: workloadMeta + "spec: {selector: {}, " + workloadTemplate + "}", want: []string{
			"spec.selector: Invalid value: {}: empty selector is invalid for daemonset"}},
	})
}

func TestDaemonSetTemplateGeneration(t *testing.T) {
	kind := builtin(t, "DaemonSet")
	old := fromManifest(t, kind, "spec: {"+workloadSpec+"}").(*appsv1.DaemonSet)
	kind.PrepareForCreate(old)
	require.Equal(t, "1", old.Annotations[appsv1.DeprecatedTemplateGeneration])
	d := old.DeepCopy()
	d.Annotations, d.Spec.MinReadySeconds = nil, 5
	kind.PrepareForUpdate(d, old)
	require.Equal(t, []any{"1", int64(2)}, []any{d.Annotations[appsv1.DeprecatedTemplateGeneration], d.Generation})
	d.Spec.Template.Spec.Containers[0].Image = "httpd"
	kind.PrepareForUpdate(d, old)
	require.Equal(t, "2", d.Annotations[appsv1.DeprecatedTemplateGeneration])
}

func TestReplicationControllerValidation(t *testing.T) {
	runValidation(t, builtin(t, "ReplicationController"), []validationCase{
		{name: "takes what its template has", manifest: workloadMeta + "spec: {" + workloadTemplate + "}"},
		{name: "empty", manifest: workloadMeta + "spec: {}", want: []string{"spec.selector: Required value", "spec.template: Required value"}},
	})
}

func TestControllerRevisionCannotChange(t *testing.T) {
	runValidation(t, builtin(t, "ControllerRevision"), []validationCase{
		{name: "no data", manifest: workloadMeta + "revision: -1", want: []string{
			"revision: Invalid value: -1: must be greater than or equal to 0", "data: Required value: data is mandatory"}},
		{name: "other data", old: workloadMeta + "revision: 1\ndata: {a: 1}", manifest: workloadMeta + "revision: 2\ndata: {a: 2}", want: []string{
			`data: Invalid value: {"a":2}: field is immutable`}},
	})
}

func TestNameWarnings(t *testing.T) {
	kind := builtin(t, "Deployment")
	d := fromManifest(t, kind, "metadata: {name: x.y}\nspec: {"+workloadSpec+"}")
	require.Contains(t, kind.Warnings(d, nil)[0], "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [")
	require.Empty(t, kind.Warnings(d, d))
}
