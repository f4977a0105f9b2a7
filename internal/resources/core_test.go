package resources

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

func TestSecretValidation(t *testing.T) {
	const meta = "metadata: {name: x, namespace: ns}\n"
	runValidation(t, builtin(t, "Secret"), []validationCase{
		{name: "valid", manifest: meta + "stringData: {a: b}"},
		{name: "bad key", manifest: meta + "stringData: {a/b: c}", want: []string{
			`data[a/b]: Invalid value: "a/b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`}},
		{name: "empty TLS", manifest: meta + "type: kubernetes.io/tls", want: []string{
			"data[tls.crt]: Required value", "data[tls.key]: Required value"}},
		{name: "broken docker config", manifest: meta + "type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: x}", want: []string{
			`data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid character 'x' looking for beginning of value`}},
		{name: "token of nobody", manifest: meta + "type: kubernetes.io/service-account-token", want: []string{
			"metadata.annotations[kubernetes.io/service-account.name]: Required value"}},
		{name: "another type", old: meta + "type: a", manifest: meta + "type: b", want: []string{
			`type: Invalid value: "b": field is immutable`}},
		{name: "immutable", old: meta + "immutable: true\nstringData: {a: b}", manifest: meta + "immutable: true\nstringData: {a: c}", want: []string{
			"data: Forbidden: field is immutable when `immutable` is set"}},
	})
}

func TestSecretRow(t *testing.T) {
	require.Equal(t, []any{"x", "Opaque", int64(2), "2m"}, cellsOf(t, builtin(t, "Secret"), createdAtEpoch+"stringData: {a: b, c: d}"))
}

func TestServiceAccountKeepsNamesOfSecretsOnly(t *testing.T) {
	kind := builtin(t, "ServiceAccount")
	a := fromManifest(t, kind, "secrets: [{name: s, namespace: other, kind: Secret}]").(*corev1.ServiceAccount)
	kind.PrepareForCreate(a)
	require.Equal(t, []corev1.ObjectReference{{Name: "s"}}, a.Secrets)
	require.Equal(t, []any{"x", "2m"}, cellsOf(t, kind, createdAtEpoch+"secrets: [{name: s}]"))
}

func TestNodeValidation(t *testing.T) {
	const meta = "metadata: {name: x}\n"
	runValidation(t, builtin(t, "Node"), []validationCase{
		{name: "valid", manifest: meta + "spec: {podCIDR: 10.1.0.0/24}"},
		{name: "taint without effect", manifest: meta + "spec: {taints: [{key: a}]}", want: []string{
			"metadata.taints[0].effect: Required value"}},
		{name: "unknown effect", manifest: meta + "spec: {taints: [{key: a, effect: Foo}]}", want: []string{
			`metadata.taints[0].effect: Unsupported value: "Foo": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"`}},
		{name: "taint twice", manifest: meta + "spec: {taints: [{key: a, effect: NoExecute}, {key: a, effect: NoExecute, value: v}]}", want: []string{
			`metadata.taints[1]: Duplicate value: {"Key":"a","Value":"v","Effect":"NoExecute","TimeAdded":null}: taints must be unique by key and effect pair`}},
		{name: "another provider", old: meta + "spec: {providerID: a}", manifest: meta + "spec: {providerID: b}", want: []string{
			"spec.providerID: Invalid value: null: field cannot be modified once set"}},
		{name: "podCIDR counts", manifest: meta + "spec: {podCIDR: 10.1.0.0/24, podCIDRs: [x, y]}"},
		{name: "features in no order", manifest: meta + "status: {declaredFeatures: [B/b, A, A]}", want: []string{
			`status.declaredFeatures[1]: Invalid value: "A": list must be sorted alphabetically`,
			`status.declaredFeatures[2]: Duplicate value: "A"`}},
		{name: "another range", old: meta + "spec: {podCIDR: 10.1.0.0/24}", manifest: meta + "spec: {podCIDR: 10.2.0.0/24}", want: []string{
			`spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid`}},
	})
}

func TestNodeRow(t *testing.T) {
	kind := builtin(t, "Node")
	require.Equal(t, []any{"x", "Unknown", "<none>", "2m", "", "<none>", "<none>", "<unknown>", "<unknown>", "<unknown>"},
		cellsOf(t, kind, createdAtEpoch))
	require.Equal(t, []any{"x", "Ready,SchedulingDisabled", "control-plane,worker", "2m", "v1.37.2", "10.0.0.1", "<none>", "Debian", "6.1", "containerd://2"},
		cellsOf(t, kind, `metadata: {name: x, creationTimestamp: "1970-01-01T00:00:00Z", labels: {node-role.kubernetes.io/worker: "", node-role.kubernetes.io/control-plane: ""}}
spec: {unschedulable: true}
status:
  conditions: [{type: Ready, status: "True"}]
  addresses: [{type: InternalIP, address: 10.0.0.1}]
  nodeInfo: {kubeletVersion: v1.37.2, osImage: Debian, kernelVersion: "6.1", containerRuntimeVersion: containerd://2}`))
}

func TestEndpointsRow(t *testing.T) {
	kind := builtin(t, "Endpoints")
	require.Equal(t, []any{"x", "<none>", "2m"}, cellsOf(t, kind, createdAtEpoch))
	require.Equal(t, []any{"x", "10.0.0.1:80,10.0.0.2:80,10.0.0.1:81 + 1 more...", "2m"}, cellsOf(t, kind, createdAtEpoch+
		"subsets: [{addresses: [{ip: 10.0.0.1}, {ip: 10.0.0.2}], ports: [{name: a, port: 80}, {name: b, port: 81}]}]"))
}

func TestEndpointsValidation(t *testing.T) {
	const meta = "metadata: {name: x, namespace: ns}\n"
	runValidation(t, builtin(t, "Endpoints"), []validationCase{
		{name: "no addresses", manifest: meta + "subsets: [{ports: [{port: 80}]}]", want: []string{
			"subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"}},
		{name: "loopback", manifest: meta + "subsets: [{addresses: [{ip: 127.0.0.1}]}]", want: []string{
			`subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)`}},
	})
}

func TestLimitRangeValidation(t *testing.T) {
	const meta = "metadata: {name: x, namespace: ns}\n"
	runValidation(t, builtin(t, "LimitRange"), []validationCase{
		{name: "valid", manifest: meta + "spec: {limits: [{type: Container, max: {cpu: 1}, default: {cpu: 500m}}]}"},
		{name: "unknown type", manifest: meta + "spec: {limits: [{type: Foo}]}", want: []string{
			`spec.limits[0].type: Invalid value: "Foo": must be a standard limit type or fully qualified`}},
		{name: "max below min", manifest: meta + "spec: {limits: [{type: Pod, min: {cpu: 2}, max: {cpu: 1}}]}", want: []string{
			`spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1`}},
		{name: "default above max", manifest: meta + "spec: {limits: [{type: Container, max: {cpu: 1}, default: {cpu: 2}, defaultRequest: {cpu: 1}}]}", want: []string{
			`spec.limits[0].default[cpu]: Invalid value: "1": default value 2 is greater than max value 1`}},
	})
}

func TestLimitRangeDefaults(t *testing.T) {
	l := fromManifest(t, builtin(t, "LimitRange"), "spec: {limits: [{type: Container, max: {cpu: 2}, min: {memory: 1Gi}}]}").(*corev1.LimitRange)
	require.JSONEq(t, `{"type":"Container","max":{"cpu":"2"},"min":{"memory":"1Gi"},"default":{"cpu":"2"},"defaultRequest":{"cpu":"2","memory":"1Gi"}}`,
		encode(t, l.Spec.Limits[0]))
}

func TestResourceQuota(t *testing.T) {
	const meta = "metadata: {name: x, namespace: ns}\n"
	kind := builtin(t, "ResourceQuota")
	runValidation(t, kind, []validationCase{
		{name: "valid", manifest: meta + "spec: {hard: {pods: 4, count/deployments.apps: 2, requests.cpu: 1}}"},
		{name: "unknown resource", manifest: meta + "spec: {hard: {foo: 4}}", want: []string{
			`spec.hard[foo]: Invalid value: "foo": must be a standard resource type or fully qualified`,
			`spec.hard[foo]: Invalid value: "foo": must be a standard resource for quota`}},
		{name: "storage", manifest: meta + "spec: {hard: {requests.storage: 1Gi}}"},
		{name: "unknown scope", manifest: meta + "spec: {hard: {pods: 4}, scopes: [Odd]}", want: []string{
			`spec.scopes: Invalid value: ["Odd"]: unsupported scope`}},
		{name: "conflict", manifest: meta + "spec: {hard: {pods: 4}, scopes: [BestEffort, NotBestEffort]}", want: []string{
			`spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes`}},
		{name: "scope of another resource", manifest: meta + "spec: {hard: {services: 4}, scopes: [BestEffort]}", want: []string{
			`spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource`}},
	})
	require.Equal(t, []any{"x", "pods: 1/4, requests.cpu: 0/1", "limits.cpu: 100m/2", "2m"}, cellsOf(t, kind, createdAtEpoch+
		"status: {hard: {pods: 4, requests.cpu: 1, limits.cpu: 2}, used: {pods: 1, limits.cpu: 100m}}"))
}

func TestPersistentVolumeClaimValidation(t *testing.T) {
	const meta = "metadata: {name: x, namespace: ns}\n"
	runValidation(t, builtin(t, "PersistentVolumeClaim"), []validationCase{
		{name: "valid", manifest: meta + "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}"},
		{name: "empty", manifest: meta + "spec: {}", want: []string{
			"spec.accessModes: Required value: at least 1 access mode is required", "spec.resources[storage]: Required value"}},
		{name: "shrunk", old: meta + "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}\nstatus: {phase: Bound, capacity: {storage: 1Gi}}",
			manifest: meta + "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}", want: []string{
				"spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"}},
		{name: "grown", old: meta + "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\nstatus: {phase: Bound, capacity: {storage: 1Gi}}",
			manifest: meta + "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 2Gi}}}"},
	})
}

func TestBoundClaimCannotChange(t *testing.T) {
	kind := builtin(t, "PersistentVolumeClaim")
	old := fromManifest(t, kind, "spec: {accessModes: [ReadWriteOnce], volumeName: v, resources: {requests: {storage: 1Gi}}}")
	c := fromManifest(t, kind, "spec: {accessModes: [ReadWriteMany], volumeName: v, resources: {requests: {storage: 1Gi}}}")
	errs := kind.ValidateUpdate(c, old)
	require.Len(t, errs, 1)
	require.Contains(t, errs[0].Error(), "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n")
}

func TestPersistentVolumeValidation(t *testing.T) {
	const meta = "metadata: {name: x}\n"
	const rest = "accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}"
	runValidation(t, builtin(t, "PersistentVolume"), []validationCase{
		{name: "valid", manifest: meta + "spec: {" + rest + ", hostPath: {path: /tmp}}"},
		{name: "no source", manifest: meta + "spec: {" + rest + "}", want: []string{"spec: Required value: must specify a volume type"}},
		{name: "two sources", manifest: meta + "spec: {" + rest + ", hostPath: {path: /tmp}, nfs: {server: s, path: /}}", want: []string{
			"spec.nfs: Forbidden: may not specify more than 1 volume type"}},
		{name: "a source too many, by its other name", manifest: meta + "spec: {" + rest + ", hostPath: {path: /tmp}, cephfs: {}}", want: []string{
			"spec.cephFS: Forbidden: may not specify more than 1 volume type"}},
		{name: "a flex volume may be the second", manifest: meta + "spec: {" + rest + ", hostPath: {path: /tmp}, flexVolume: {driver: a}}"},
		{name: "a secret of no namespace", manifest: meta + "spec: {" + rest + ", cinder: {volumeID: a, secretRef: {name: b}}}", want: []string{
			"spec.cinder.secretRef.namespace: Required value"}},
		{name: "an initiator without a name", manifest: meta + "spec: {" + rest + ", iscsi: {targetPortal: a, iqn: b, lun: 256}}", want: []string{
			`spec.iscsi.iqn: Invalid value: "b": must be valid format`, "spec.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive"}},
		{name: "local anywhere", manifest: meta + "spec: {" + rest + ", local: {path: /tmp}}", want: []string{
			"spec.nodeAffinity: Required value: Local volume requires node affinity"}},
		{name: "unknown policy", manifest: meta + "spec: {" + rest + ", hostPath: {path: /tmp}, persistentVolumeReclaimPolicy: Foo}", want: []string{
			`spec.persistentVolumeReclaimPolicy: Unsupported value: "Foo": supported values: "Delete", "Recycle", "Retain"`}},
	})
}

func TestStorageRows(t *testing.T) {
	require.Equal(t, []any{"x", "1Gi", "RWO,RWX", "Retain", "Bound", "ns/c", "fast", "<unset>", "", "2m", "Filesystem"},
		cellsOf(t, builtin(t, "PersistentVolume"), createdAtEpoch+
			"spec: {accessModes: [ReadWriteMany, ReadWriteOnce], capacity: {storage: 1Gi}, claimRef: {namespace: ns, name: c}, storageClassName: fast}\nstatus: {phase: Bound}"))
	require.Equal(t, []any{"x", "Pending", "", "", "", "fast", "<unset>", "2m", "Filesystem"},
		cellsOf(t, builtin(t, "PersistentVolumeClaim"), createdAtEpoch+"spec: {storageClassName: fast, accessModes: [ReadWriteOnce]}"))
	require.Equal(t, []any{"x", "Bound", "v", "1Gi", "RWO", "", "<unset>", "2m", "Filesystem"},
		cellsOf(t, builtin(t, "PersistentVolumeClaim"), createdAtEpoch+
			"spec: {volumeName: v}\nstatus: {phase: Bound, accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}}"))
}
