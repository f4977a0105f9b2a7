package export

import (
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

func parse(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	object := &unstructured.Unstructured{}
	require.NoError(t, yaml.Unmarshal([]byte(text), object))
	return object
}

func TestStrip(t *testing.T) {
	for _, tt := range []struct{ name, object, want string }{
		{
			"metadata and status",
			`{kind: A, apiVersion: a/v1, status: {a: 1}, metadata: {name: a, uid: u, generation: 2, finalizers: [kubernetes.io/x, mine.dev/y], annotations: {deployment.kubernetes.io/revision: "1"}, labels: {a: b}}}`,
			`{kind: A, apiVersion: a/v1, metadata: {name: a, finalizers: [mine.dev/y], labels: {a: b}}}`,
		},
		{
			"addresses of a service",
			`{kind: Service, apiVersion: v1, spec: {clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ipFamilyPolicy: SingleStack, ipFamilies: [IPv4], ports: [{port: 1, nodePort: 30000}]}}`,
			`{kind: Service, apiVersion: v1, spec: {ports: [{port: 1, nodePort: 30000}]}}`,
		},
		{
			"a headless service",
			`{kind: Service, apiVersion: v1, spec: {clusterIP: None, clusterIPs: [None]}}`,
			`{kind: Service, apiVersion: v1, spec: {clusterIP: None}}`,
		},
		{
			"a claim that was bound by its controller",
			`{kind: PersistentVolumeClaim, apiVersion: v1, metadata: {annotations: {pv.kubernetes.io/bound-by-controller: "yes"}}, spec: {volumeName: v}}`,
			`{kind: PersistentVolumeClaim, apiVersion: v1, metadata: {}, spec: {}}`,
		},
		{
			"a claim for a volume that the user chose",
			`{kind: PersistentVolumeClaim, apiVersion: v1, spec: {volumeName: v}}`,
			`{kind: PersistentVolumeClaim, apiVersion: v1, spec: {volumeName: v}}`,
		},
		{
			"a job's own selector",
			`{kind: Job, apiVersion: batch/v1, spec: {selector: {}, template: {metadata: {labels: {controller-uid: u, mine: x}}}}}`,
			`{kind: Job, apiVersion: batch/v1, spec: {template: {metadata: {labels: {mine: x}}}}}`,
		},
		{
			"what admission puts into pods",
			`{kind: Pod, apiVersion: v1, spec: {nodeName: n, serviceAccountName: default, volumes: [{name: kube-api-access-1}], containers: [{name: a, volumeMounts: [{name: kube-api-access-1}, {name: mine}]}], tolerations: [{key: node.kubernetes.io/not-ready, tolerationSeconds: 300}]}}`,
			`{kind: Pod, apiVersion: v1, spec: {containers: [{name: a, volumeMounts: [{name: mine}]}]}}`,
		},
	} {
		object := parse(t, tt.object)
		strip(object)
		require.Equal(t, parse(t, tt.want), object, tt.name)
	}
}

func TestDropDefaults(t *testing.T) {
	for _, tt := range []struct{ name, object, want string }{
		{
			"a pod",
			`{kind: Pod, apiVersion: v1, spec: {restartPolicy: Always, dnsPolicy: ClusterFirst, containers: [{name: a, image: "nginx:1", imagePullPolicy: IfNotPresent}]}}`,
			`{kind: Pod, apiVersion: v1, spec: {containers: [{name: a, image: "nginx:1"}]}}`,
		},
		{
			"other values than the defaults, and fields that we do not know",
			`{kind: Pod, apiVersion: v1, spec: {restartPolicy: Never, future: 1, containers: [{name: a, image: nginx, imagePullPolicy: Never}]}}`,
			`{kind: Pod, apiVersion: v1, spec: {restartPolicy: Never, future: 1, containers: [{name: a, image: nginx, imagePullPolicy: Never}]}}`,
		},
		{
			"kinds that we do not know",
			`{kind: A, apiVersion: a/v1, spec: {a: 1}}`,
			`{kind: A, apiVersion: a/v1, spec: {a: 1}}`,
		},
	} {
		object := parse(t, tt.object)
		dropDefaults(object)
		require.Equal(t, parse(t, tt.want), object, tt.name)
	}
}
