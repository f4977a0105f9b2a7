package resources

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

func TestServiceValidation(t *testing.T) {
	const meta = "metadata: {name: x, namespace: ns}\n"
	runValidation(t, builtin(t, "Service"), []validationCase{
		{name: "valid", manifest: meta + "spec: {ports: [{port: 80}]}"},
		{name: "headless without ports", manifest: meta + "spec: {clusterIP: None}"},
		{name: "no ports", manifest: meta + "spec: {}", want: []string{"spec.ports: Required value"}},
		{name: "unnamed ports", manifest: meta + "spec: {ports: [{port: 80}, {port: 81}]}", want: []string{
			"spec.ports[0].name: Required value", "spec.ports[1].name: Required value"}},
		{name: "port out of range", manifest: meta + "spec: {ports: [{port: 0, targetPort: 80}]}", want: []string{
			"spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive"}},
		{name: "same port twice", manifest: meta + "spec: {ports: [{name: a, port: 80}, {name: b, port: 80}]}", want: []string{
			`spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}`}},
		{name: "unknown type", manifest: meta + "spec: {type: Foo, ports: [{port: 80}]}", want: []string{
			`spec.type: Unsupported value: "Foo": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"`}},
		{name: "node port of a cluster IP", manifest: meta + "spec: {ports: [{port: 80, nodePort: 30000}]}", want: []string{
			"spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"}},
		{name: "external name missing", manifest: meta + "spec: {type: ExternalName}", want: []string{
			"spec.externalName: Required value"}},
		{name: "headless node port", manifest: meta + "spec: {type: NodePort, clusterIP: None, ports: [{port: 80}]}", want: []string{
			`spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services`}},
		{name: "no address", manifest: meta + "spec: {clusterIP: 10.0.0, ports: [{port: 80}]}", want: []string{
			`spec.clusterIPs[0]: Invalid value: "10.0.0": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`}},
		{name: "affinity out of range", manifest: meta + "spec: {sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 90000}}, ports: [{port: 80}]}", want: []string{
			"spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: must be greater than 0 and less than 86400"}},
		{name: "another address", old: meta + "spec: {clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ports: [{port: 80}]}",
			manifest: meta + "spec: {clusterIP: 10.0.0.2, clusterIPs: [10.0.0.1], ports: [{port: 80}]}", want: []string{
				`spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set`}},
		{name: "another address alone", old: meta + "spec: {clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ports: [{port: 80}]}",
			manifest: meta + "spec: {clusterIP: 10.0.0.2, ports: [{port: 80}]}", want: []string{
				`spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set`}},
		{name: "address replaced by none", old: meta + "spec: {clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ports: [{port: 80}]}",
			manifest: meta + "spec: {clusterIP: nowhere, ports: [{port: 80}]}", want: []string{
				`spec.clusterIPs[0]: Invalid value: "nowhere": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`}},
		{name: "applied again", old: meta + "spec: {type: NodePort, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ports: [{port: 80, nodePort: 30001}]}",
			manifest: meta + "spec: {type: NodePort, ports: [{port: 80}]}"},
		{name: "became external", old: meta + "spec: {type: NodePort, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ports: [{port: 80, nodePort: 30001}]}",
			manifest: meta + "spec: {type: ExternalName, externalName: example.com, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ports: [{port: 80, nodePort: 30001}]}"},
	})
}

func TestServiceKeepsWhatWasAllocated(t *testing.T) {
	kind := builtin(t, "Service")
	old := fromManifest(t, kind, "spec: {type: NodePort, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ports: [{name: a, port: 80, nodePort: 30001}, {name: b, port: 81, nodePort: 30002}]}")
	s := fromManifest(t, kind, "spec: {type: NodePort, ports: [{name: a, port: 80}, {name: c, port: 82, nodePort: 30002}]}").(*corev1.Service)
	kind.PrepareForUpdate(s, old)
	require.Equal(t, "10.0.0.1", s.Spec.ClusterIP)
	require.Equal(t, []string{"10.0.0.1"}, s.Spec.ClusterIPs)
	require.Equal(t, int32(30001), s.Spec.Ports[0].NodePort)

	s = fromManifest(t, kind, "spec: {type: ClusterIP, ports: [{name: a, port: 80, nodePort: 30001}], externalTrafficPolicy: Cluster}").(*corev1.Service)
	kind.PrepareForUpdate(s, old)
	require.Zero(t, s.Spec.Ports[0].NodePort)
	require.Empty(t, s.Spec.ExternalTrafficPolicy)
}

func TestServiceRow(t *testing.T) {
	kind := builtin(t, "Service")
	for _, c := range []struct {
		name, manifest string
		want           []any
	}{
		{"cluster IP", "spec: {clusterIPs: [10.0.0.1], selector: {app: x}, ports: [{port: 80}]}",
			[]any{"x", "ClusterIP", "10.0.0.1", "<none>", "80/TCP", "2m", "app=x"}},
		{"node port", "spec: {type: NodePort, clusterIPs: [10.0.0.1], ports: [{port: 80, nodePort: 30001}, {port: 53, protocol: UDP}]}",
			[]any{"x", "NodePort", "10.0.0.1", "<none>", "80:30001/TCP,53/UDP", "2m", "<none>"}},
		{"pending", "spec: {type: LoadBalancer, ports: [{port: 80}]}",
			[]any{"x", "LoadBalancer", "<none>", "<pending>", "80/TCP", "2m", "<none>"}},
		{"balanced", "spec: {type: LoadBalancer, externalIPs: [1.2.3.4], ports: [{port: 80}]}\nstatus: {loadBalancer: {ingress: [{hostname: b.example}, {ip: 5.6.7.8}]}}",
			[]any{"x", "LoadBalancer", "<none>", "5.6.7.8,b.example,1.2.3.4", "80/TCP", "2m", "<none>"}},
		{"external", "spec: {type: ExternalName, externalName: example.com}",
			[]any{"x", "ExternalName", "<none>", "example.com", "<none>", "2m", "<none>"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, cellsOf(t, kind, createdAtEpoch+c.manifest))
		})
	}
}

func TestServiceWarnings(t *testing.T) {
	kind := builtin(t, "Service")
	s := fromManifest(t, kind, "spec: {externalIPs: [1.2.3.4], externalName: x, trafficDistribution: PreferClose, ports: [{port: 80}]}")
	require.Equal(t, []string{
		"spec.externalIPs is deprecated and may no longer be implemented in some clusters",
		`spec.externalName is ignored when spec.type is not "ExternalName"`,
		`spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"`,
	}, kind.Warnings(s, nil))
}
