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
		{name: "another node", old: valid, manifest: `spec: {attacher: csi.example.com, nodeName: node-2, source: {persistentVolumeName: pv}}`, want: []string{
			`spec: Invalid value: {"Attacher":"csi.example.com","Source":{"PersistentVolumeName":"pv","InlineVolumeSpec":null},"NodeName":"node-2"}: field is immutable`,
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
			`handler: Invalid value: "runc": field is immutable`,
		}},
	})
}
