package podspec_test

import "testing"

func TestContainerErrors(t *testing.T) {
	runSpecCases(t, []specCase{
		{"no containers", `{}`, []string{
			`spec.containers: Required value`}},
		{"neither name nor image", `containers: [{}]`, []string{
			`spec.containers[0].name: Required value`,
			`spec.containers[0].image: Required value`}},
		{"name not a DNS label", `containers: [{name: My_App, image: nginx}]`, []string{
			`spec.containers[0].name: Invalid value: "My_App": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`}},
		{"name twice", `containers: [{name: web, image: nginx}, {name: web, image: redis}]`, []string{
			`spec.containers[1].name: Duplicate value: "web"`}},
		{"init container with the name of a regular one", `{containers: [{name: web, image: nginx}], initContainers: [{name: web, image: redis}]}`, []string{
			`spec.initContainers[0].name: Duplicate value: "web"`}},
		{"image with a space", `containers: [{name: web, image: "nginx "}]`, []string{
			`spec.containers[0].image: Invalid value: "nginx ": must not have leading or trailing whitespace`}},
		{"unknown pull policy", `containers: [{name: web, image: nginx, imagePullPolicy: Sometimes}]`, []string{
			`spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"`}},
		{"unknown restart policy", `{restartPolicy: Sometimes, containers: [{name: web, image: nginx}]}`, []string{
			`spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"`}},
		{"ephemeral containers on create", `{containers: [{name: web, image: nginx}], ephemeralContainers: [{name: debug, image: busybox, terminationMessagePolicy: File}]}`, []string{
			`spec.ephemeralContainers: Forbidden: cannot be set on create`}},
		{"restart rules without a policy", `containers: [{name: web, image: nginx, restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [42]}}]}]`, []string{
			`spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used`}},
		{"restart rule without exit codes", `containers: [{name: web, image: nginx, restartPolicy: Never, restartPolicyRules: [{action: Reboot}]}]`, []string{
			`spec.containers[0].restartPolicyRules[0].action: Unsupported value: "Reboot": supported values: "Restart", "RestartAllContainers"`,
			`spec.containers[0].restartPolicyRules[0].exitCodes: Required value: must be specified`}},
		{"probe of an init container", `{containers: [{name: web, image: nginx}], initContainers: [{name: init, image: busybox, livenessProbe: {exec: {command: ["true"]}}}]}`, []string{
			`spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always`}},
	})
}

func TestPortErrors(t *testing.T) {
	runSpecCases(t, []specCase{
		{"port out of range", `containers: [{name: web, image: nginx, ports: [{containerPort: 70000}]}]`, []string{
			`spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive`}},
		{"no port", `containers: [{name: web, image: nginx, ports: [{name: http}]}]`, []string{
			`spec.containers[0].ports[0].containerPort: Required value`}},
		{"name too long", `containers: [{name: web, image: nginx, ports: [{name: much-too-long-name, containerPort: 80}]}]`, []string{
			`spec.containers[0].ports[0].name: Invalid value: "much-too-long-name": must be no more than 15 characters`}},
		{"name twice", `containers: [{name: web, image: nginx, ports: [{name: http, containerPort: 80}, {name: http, containerPort: 81}]}]`, []string{
			`spec.containers[0].ports[1].name: Duplicate value: "http"`}},
		{"unknown protocol", `containers: [{name: web, image: nginx, ports: [{containerPort: 80, protocol: tcp}]}]`, []string{
			`spec.containers[0].ports[0].protocol: Unsupported value: "tcp": supported values: "SCTP", "TCP", "UDP"`}},
		{"host port twice", `containers: [{name: a, image: nginx, ports: [{containerPort: 80, hostPort: 80}]}, {name: b, image: nginx, ports: [{containerPort: 81, hostPort: 80}]}]`, []string{
			`spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"`}},
		{"host network on another port", `{hostNetwork: true, containers: [{name: a, image: nginx, ports: [{containerPort: 80, hostPort: 81}]}]}`, []string{
			"spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true"}},
	})
}

func TestProbeErrors(t *testing.T) {
	runSpecCases(t, []specCase{
		{"no handler", `containers: [{name: web, image: nginx, readinessProbe: {periodSeconds: 5}}]`, []string{
			`spec.containers[0].readinessProbe: Required value: must specify a handler type`}},
		{"two handlers", `containers: [{name: web, image: nginx, livenessProbe: {exec: {command: [a]}, tcpSocket: {port: 80}}}]`, []string{
			`spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type`}},
		{"several successes for liveness", `containers: [{name: web, image: nginx, livenessProbe: {tcpSocket: {port: 80}, successThreshold: 2}}]`, []string{
			`spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1`}},
		{"negative period", `containers: [{name: web, image: nginx, startupProbe: {tcpSocket: {port: 80}, periodSeconds: -1}}]`, []string{
			`spec.containers[0].startupProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0`}},
		{"grace period for readiness", `containers: [{name: web, image: nginx, readinessProbe: {tcpSocket: {port: 80}, terminationGracePeriodSeconds: 1}}]`, []string{
			`spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be set for readinessProbes`}},
		{"port neither number nor name", `containers: [{name: web, image: nginx, livenessProbe: {httpGet: {port: 0}}}]`, []string{
			`spec.containers[0].livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive`}},
		{"lower-case scheme", `containers: [{name: web, image: nginx, livenessProbe: {httpGet: {port: 80, scheme: http}}}]`, []string{
			`spec.containers[0].livenessProbe.httpGet.scheme: Unsupported value: "http": supported values: "HTTP", "HTTPS"`}},
		{"sleep longer than the grace period", `{terminationGracePeriodSeconds: 5, containers: [{name: web, image: nginx, lifecycle: {preStop: {sleep: {seconds: 10}}}}]}`, []string{
			`spec.containers[0].lifecycle.preStop.sleep: Invalid value: 10: must be non-negative and less than terminationGracePeriodSeconds (5)`}},
	})
}

func TestEnvErrors(t *testing.T) {
	runSpecCases(t, []specCase{
		{"no name", `containers: [{name: web, image: nginx, env: [{value: a}]}]`, []string{
			`spec.containers[0].env[0].name: Required value`}},
		{"equals sign in the name", `containers: [{name: web, image: nginx, env: [{name: A=B}]}]`, []string{
			`spec.containers[0].env[0].name: Invalid value: "A=B": a valid environment variable name must consist only of printable ASCII characters other than '='`}},
		{"value and source", `containers: [{name: web, image: nginx, env: [{name: A, value: b, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}]`, []string{
			"spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty"}},
		{"no source", `containers: [{name: web, image: nginx, env: [{name: A, valueFrom: {}}]}]`, []string{
			"spec.containers[0].env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"}},
		{"field that is none", `containers: [{name: web, image: nginx, env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.foo}}}]}]`, []string{
			`spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.foo": error converting fieldPath: field label not supported: spec.foo`}},
		{"field not for variables", `containers: [{name: web, image: nginx, env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.labels}}}]}]`, []string{
			`spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`}},
		{"resource that is none", `containers: [{name: web, image: nginx, env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.disk}}}]}]`, []string{
			`spec.containers[0].env[0].valueFrom.resourceFieldRef.resource: Unsupported value: "limits.disk": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"`}},
		{"divisor of memory", `containers: [{name: web, image: nginx, env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 2Mi}}}]}]`, []string{
			`spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.memory": only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported with the memory resource`}},
		{"no key", `containers: [{name: web, image: nginx, env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: ""}}}]}]`, []string{
			`spec.containers[0].env[0].valueFrom.secretKeyRef.key: Required value`}},
		{"nothing to take all of", `containers: [{name: web, image: nginx, envFrom: [{prefix: A}]}]`, []string{
			"spec.containers[0].envFrom: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`"}},
		{"file in no volume", `containers: [{name: web, image: nginx, env: [{name: A, valueFrom: {fileKeyRef: {volumeName: v, path: a.env, key: A}}}]}]`, []string{
			`spec.containers[0].env[0].valueFrom.fileKeyRef.volumeName: Not found: "v"`}},
	})
}

func TestMountErrors(t *testing.T) {
	runSpecCases(t, []specCase{
		{"volume that is none", `containers: [{name: web, image: nginx, volumeMounts: [{name: data, mountPath: /data}]}]`, []string{
			`spec.containers[0].volumeMounts[0].name: Not found: "data"`}},
		{"path twice", `{volumes: [{name: a}, {name: b}], containers: [{name: web, image: nginx, volumeMounts: [{name: a, mountPath: /d}, {name: b, mountPath: /d}]}]}`, []string{
			`spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/d": must be unique`}},
		{"no path", `{volumes: [{name: a}], containers: [{name: web, image: nginx, volumeMounts: [{name: a, mountPath: ""}]}]}`, []string{
			`spec.containers[0].volumeMounts[0].mountPath: Required value`}},
		{"absolute sub path", `{volumes: [{name: a}], containers: [{name: web, image: nginx, volumeMounts: [{name: a, mountPath: /d, subPath: /e}]}]}`, []string{
			`spec.containers[0].volumeMounts.subPath: Invalid value: "/e": must be a relative path`}},
		{"bidirectional without privileges", `{volumes: [{name: a}], containers: [{name: web, image: nginx, volumeMounts: [{name: a, mountPath: /d, mountPropagation: Bidirectional}]}]}`, []string{
			`spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`}},
		{"recursively read-only yet writable", `{volumes: [{name: a}], containers: [{name: web, image: nginx, volumeMounts: [{name: a, mountPath: /d, recursiveReadOnly: Enabled}]}]}`, []string{
			`spec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true`}},
		{"device without a claim", `{volumes: [{name: a}], containers: [{name: web, image: nginx, volumeDevices: [{name: a, devicePath: /dev/x}]}]}`, []string{
			`spec.containers[0].volumeDevices[0].name: Invalid value: "a": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode`}},
	})
}
