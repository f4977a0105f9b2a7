package resources

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCSIDriverValidation(t *testing.T) {
	runValidation(t, csiDriver(), []validationCase{
		{name: "defaults", manifest: `{}`},
		{name: "enumerations", manifest: `spec: {fsGroupPolicy: All, volumeLifecycleModes: [Forever], nodeAllocatableUpdatePeriodSeconds: 9}`, want: []string{
			`spec.fsGroupPolicy: Unsupported value: "All": supported values: "File", "None", "ReadWriteOnceWithFSType"`,
			`spec.volumeLifecycleModes: Unsupported value: "Forever": supported values: "Persistent", "Ephemeral"`,
			`spec.nodeAllocatableUpdatePeriodSeconds: Invalid value: 9: must be greater than or equal to 10 seconds`,
		}},
		{name: "token requests", manifest: `spec: {tokenRequests: [{audience: a, expirationSeconds: 599}, {audience: a}]}`, want: []string{
			`spec.tokenRequests[0].expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes`,
			`spec.tokenRequests[1].audience: Duplicate value: "a"`,
		}},
		{name: "tokens in secrets, without tokens", manifest: `spec: {serviceAccountTokenInSecrets: true}`, want: []string{
			"spec.serviceAccountTokenInSecrets: Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified",
		}},
		{name: "what may not change", old: `{}`, manifest: `spec: {attachRequired: false}`, want: []string{
			`spec.attachedRequired: Invalid value: false: field is immutable`,
		}},
	})
	require.Equal(t, []any{"x", true, false, false, "<unset>", false, "Persistent", "2m"}, cellsOf(t, csiDriver(), createdAtEpoch))
}

func TestCSINodeValidation(t *testing.T) {
	runValidation(t, csiNode(), []validationCase{
		{name: "a driver", manifest: `spec: {drivers: [{name: csi.example.com, nodeID: a}]}`},
		{name: "drivers", manifest: `spec: {drivers: [{name: a.b, topologyKeys: [k, k]}, {name: a.b, nodeID: n, allocatable: {count: -1}}]}`, want: []string{
			"spec.drivers[0].nodeID: Required value",
			`spec.drivers[0]: Duplicate value: "k"`,
			"spec.drivers[1].allocatable.count: Invalid value: -1: must be greater than or equal to 0",
			`spec.drivers[1].name: Duplicate value: "a.b"`,
		}},
		{name: "another ID", old: `spec: {drivers: [{name: a.b, nodeID: n}]}`, manifest: `spec: {drivers: [{name: a.b, nodeID: m}]}`, want: []string{
			`spec.drivers: Invalid value: {"Name":"a.b","NodeID":"m","TopologyKeys":null,"Allocatable":null}: field is immutable`,
		}},
	})
}

func TestVolumeAttachmentValidation(t *testing.T) {
	const valid = `spec: {attacher: csi.example.com, nodeName: node-1, source: {persistentVolumeName: pv}}`
	runValidation(t, volumeAttachment(), []validationCase{
		{name: "a volume", manifest: valid},
		{name: "no source", manifest: `spec: {attacher: a.b, nodeName: node-1}`, want: []string{
			"spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName",
		}},
		{name: "a volume of its own", manifest: `spec: {attacher: a.b, nodeName: node-1, source: {inlineVolumeSpec: {accessModes: [ReadWriteOnce], csi: {driver: a.b, volumeHandle: x}}}}`},
		{name: "a volume for claims", manifest: `spec: {attacher: A_b, nodeName: node-1, source: {inlineVolumeSpec: {
  capacity: {storage: 1Gi}, claimRef: {name: x}, persistentVolumeReclaimPolicy: Delete, storageClassName: x, volumeMode: Block,
  nodeAffinity: {}, local: {path: /x}}}}`, want: []string{
			"spec.source.inlineVolumeSpec.claimRef: Forbidden: may not be specified in the context of inline volumes",
			"spec.source.inlineVolumeSpec.capacity: Forbidden: may not be specified in the context of inline volumes",
			"spec.source.inlineVolumeSpec.csi: Required value: has to be specified in the context of inline volumes",
			"spec.source.inlineVolumeSpec.accessModes: Required value",
			"spec.source.inlineVolumeSpec.persistentVolumeReclaimPolicy: Forbidden: may only be Retain in the context of inline volumes",
			"spec.source.inlineVolumeSpec.nodeAffinity: Forbidden: may not be specified in the context of inline volumes",
			"spec.source.inlineVolumeSpec.nodeAffinity: Required value: Local volume requires node affinity",
			"spec.source.inlineVolumeSpec.storageClassName: Forbidden: may not be specified in the context of inline volumes",
			"spec.source.inlineVolumeSpec.volumeMode: Forbidden: may not specify volumeMode other than Filesystem in the context of inline volumes",
			`spec.attacher: Invalid value: "A_b": an RFC 1123 subdomain must consist of alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'Example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
		}},
		{name: "another node", old: valid, manifest: `spec: {attacher: csi.example.com, nodeName: node-2, source: {persistentVolumeName: pv}}`, want: []string{
			`spec: Invalid value: null: field is immutable`,
		}},
	})
	require.Equal(t, []any{"x", "csi.example.com", "pv", "node-1", false, "2m"}, cellsOf(t, volumeAttachment(), createdAtEpoch+valid))
}

func TestVolumeAttributesClassValidation(t *testing.T) {
	runValidation(t, volumeAttributesClass(), []validationCase{
		{name: "parameters", manifest: `{driverName: a.b, parameters: {iops: "1"}}`},
		{name: "no parameters", manifest: `driverName: a.b`, want: []string{
			"parameters: Required value: must contain at least one key/value pair",
		}},
	})
}

func TestCSIStorageCapacityValidation(t *testing.T) {
	runValidation(t, csiStorageCapacity(), []validationCase{
		{name: "a capacity", manifest: `{storageClassName: fast, capacity: 1Gi}`},
		{name: "negative", manifest: `{storageClassName: fast, capacity: -1}`, want: []string{
			`capacity: Invalid value: "-1": must be greater than or equal to 0`,
		}},
		{name: "another class", old: `storageClassName: a`, manifest: `storageClassName: b`, want: []string{
			`storageClassName: Invalid value: "b": field is immutable`,
		}},
	})
}

func TestRuntimeClassValidation(t *testing.T) {
	runValidation(t, runtimeClass(), []validationCase{
		{name: "a handler", manifest: `{handler: kata, overhead: {podFixed: {cpu: 100m}}}`},
		{name: "no handler", manifest: `{}`, want: []string{"handler: Required value"}},
		{name: "a toleration twice", manifest: `{handler: kata, scheduling: {tolerations: [{key: a, operator: Exists}, {key: a, operator: Exists}]}}`, want: []string{
			`scheduling.tolerations[1]: Duplicate value: {"Key":"a","Operator":"Exists","Value":"","Effect":"","TolerationSeconds":null}`}},
		{name: "another handler", old: `handler: kata`, manifest: `handler: runc`, want: []string{
			"handler: Invalid value: null: field is immutable",
		}},
		{name: "a wrong overhead", old: `handler: kata`, manifest: `{handler: kata, overhead: {podFixed: {cpu: -1}}}`, want: []string{
			`overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0`,
		}},
	})
}

func TestPersistentVolumeClaimSourcesAndClasses(t *testing.T) {
	const (
		rest  = `accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}`
		valid = `spec: {` + rest + `}`
		bound = `status: {phase: Bound, currentVolumeAttributesClassName: gold}
spec: {volumeAttributesClassName: gold, ` + rest + `}`
		annotated = `metadata: {annotations: {volume.beta.kubernetes.io/storage-class: fast}}
spec: {` + rest + `}`
	)
	immutable := "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"
	runValidation(t, persistentVolumeClaim(), []validationCase{
		{name: "a claim", manifest: valid},
		{name: "sources that differ", manifest: `spec: {dataSource: {kind: Pod, name: a}, dataSourceRef: {kind: PersistentVolumeClaim, name: a}, ` + rest + `}`, want: []string{
			`spec.dataSource: Invalid value: "Pod": must be 'PersistentVolumeClaim' when referencing the default apiGroup`,
			`spec: Invalid value: {}: must match dataSourceRef`,
		}},
		{name: "a source in another namespace, which is not for now", manifest: `spec: {dataSourceRef: {kind: PersistentVolumeClaim, name: a, namespace: b}, ` + rest + `}`},
		{name: "other attributes before it is bound", old: valid, manifest: `spec: {volumeAttributesClassName: gold, ` + rest + `}`, want: []string{
			immutable + "@@ -14,5 +14,5 @@\n  \"VolumeMode\": \"Filesystem\",\n  \"DataSource\": null,\n  \"DataSourceRef\": null,\n- \"VolumeAttributesClassName\": null\n+ \"VolumeAttributesClassName\": \"gold\"\n }\n",
		}},
		{name: "other attributes", old: bound, manifest: `spec: {volumeAttributesClassName: silver, ` + rest + `}`},
		{name: "no attributes any more", old: bound, manifest: valid, want: []string{
			"spec.volumeAttributesClassName: Forbidden: update to nil is forbidden when status.currentVolumeAttributesClassName is not nil",
		}},
		{name: "the class of an annotation", old: annotated, manifest: `spec: {storageClassName: fast, ` + rest + `}`},
		{name: "another class than the annotation's", old: annotated, manifest: `spec: {` + rest + `}`, want: []string{
			`metadata.annotations.volume.beta.kubernetes.io/storage-class: Invalid value: "": field is immutable`,
		}},
	})
}

func TestPersistentVolumeAffinityAndOptions(t *testing.T) {
	const rest = `capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /x}`
	affinity := func(key string) string {
		return `spec: {nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: ` + key + `, operator: In, values: [a]}]}]}}, ` + rest + `}`
	}
	runValidation(t, persistentVolume(), []validationCase{
		{name: "mount options as they were once", manifest: `metadata: {annotations: {volume.beta.kubernetes.io/mount-options: sync}}
spec: {` + rest + `}`, want: []string{
			"metadata.annotations.volume.beta.kubernetes.io/mount-options: Forbidden: may not specify mount options for this volume type",
		}},
		{name: "the new name of a label", old: affinity("failure-domain.beta.kubernetes.io/zone"), manifest: affinity("topology.kubernetes.io/zone")},
		{name: "another label", old: affinity("zone"), manifest: affinity("rack"), want: []string{
			`nodeAffinity: Invalid value: {"Required":{"NodeSelectorTerms":[{"MatchExpressions":[{"Key":"rack","Operator":"In","Values":["a"]}],"MatchFields":null}]}}: field is immutable, except for updating from beta label to GA`,
		}},
	})
}
