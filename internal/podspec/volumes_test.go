package podspec_test

import "testing"

func TestVolumeErrors(t *testing.T) {
	const containers = `, containers: [{name: web, image: nginx}]}`
	runSpecCases(t, []specCase{
		{"name not a DNS label", `{volumes: [{name: my_data}]` + containers, []string{
			`spec.volumes[0].name: Invalid value: "my_data": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`}},
		{"name twice", `{volumes: [{name: a}, {name: a}]` + containers, []string{
			`spec.volumes[1].name: Duplicate value: "a"`}},
		{"two types", `{volumes: [{name: a, emptyDir: {}, configMap: {name: c}}]` + containers, []string{
			`spec.volumes[0].configMap: Forbidden: may not specify more than 1 volume type`}},
		{"config map without a name", `{volumes: [{name: a, configMap: {}}]` + containers, []string{
			`spec.volumes[0].configMap.name: Required value`}},
		{"secret with a mode that is none", `{volumes: [{name: a, secret: {secretName: s, defaultMode: 4096}}]` + containers, []string{
			`spec.volumes[0].secret.defaultMode: Invalid value: 4096: must be a number between 0 and 0777 (octal), both inclusive`}},
		{"key to a path outside", `{volumes: [{name: a, configMap: {name: c, items: [{key: k, path: ../x}]}}]` + containers, []string{
			`spec.volumes[0].configMap.items[0].path: Invalid value: "../x": must not contain '..'`}},
		{"claim without a name", `{volumes: [{name: a, persistentVolumeClaim: {claimName: ""}}]` + containers, []string{
			`spec.volumes[0].persistentVolumeClaim.claimName: Required value`}},
		{"host path of an unknown type", `{volumes: [{name: a, hostPath: {path: /x, type: Dir}}]` + containers, []string{
			`spec.volumes[0].hostPath.type: Unsupported value: "Dir": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"`}},
		{"relative NFS path", `{volumes: [{name: a, nfs: {server: s, path: x}}]` + containers, []string{
			`spec.volumes[0].nfs.path: Invalid value: "x": must be an absolute path`}},
		{"field not for volumes", `{volumes: [{name: a, downwardAPI: {items: [{path: x, fieldRef: {fieldPath: status.podIP}}]}}]` + containers, []string{
			`spec.volumes[0].downwardAPI.fieldRef.fieldPath: Unsupported value: "status.podIP": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"`}},
		{"token that is short-lived", `{serviceAccountName: default, volumes: [{name: a, projected: {sources: [{serviceAccountToken: {path: token, expirationSeconds: 60}}]}}]` + containers, []string{
			`spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes`}},
		{"token of no service account", `{volumes: [{name: a, projected: {sources: [{serviceAccountToken: {path: token}}]}}]` + containers, []string{
			`spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set`}},
		{"projected paths that collide", `{volumes: [{name: a, projected: {sources: [{configMap: {name: c, items: [{key: k, path: x}]}}, {secret: {name: s, items: [{key: k, path: x}]}}]}}]` + containers, []string{
			`spec.volumes[0].projected: Invalid value: "s": conflicting duplicate paths`}},
		{"ephemeral volume without a size", `{volumes: [{name: a, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce]}}}}]` + containers, []string{
			`spec.volumes[0].ephemeral.volumeClaimTemplate.spec.resources[storage]: Required value`}},
		{"ephemeral volume with a name", `{volumes: [{name: a, ephemeral: {volumeClaimTemplate: {metadata: {name: x}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}]` + containers, []string{
			`spec.volumes[0].ephemeral.volumeClaimTemplate.metadata.name: Forbidden: cannot be set`}},
		{"claim of its own ephemeral volume", `{volumes: [{name: a, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}, {name: b, persistentVolumeClaim: {claimName: web-a}}]` + containers, []string{
			`spec.volumes[1].persistentVolumeClaim.claimName: Invalid value: "web-a": must not reference a PVC that gets created for an ephemeral volume`}},
		{"iSCSI name that is none", `{volumes: [{name: a, iscsi: {targetPortal: p, iqn: x, lun: 0}}]` + containers, []string{
			`spec.volumes[0].iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa`}},
		{"CSI without a driver", `{volumes: [{name: a, csi: {driver: ""}}]` + containers, []string{
			`spec.volumes[0].csi.driver: Required value`}},
		{"image without a reference", `{volumes: [{name: a, image: {}}]` + containers, []string{
			`spec.volumes[0].image.reference: Required value`}},
	})
}
