package resources

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIngressClassValidation(t *testing.T) {
	runValidation(t, ingressClass(), []validationCase{
		{name: "of a namespace", manifest: `spec: {controller: example.com/ingress, parameters: {kind: K, name: n, scope: Namespace, namespace: x}}`},
		{name: "no controller", manifest: `spec: {parameters: {}}`, want: []string{
			"spec.controller: Required value",
			"spec.parameters.kind: Required value",
			"spec.parameters.name: Required value",
		}},
		{name: "namespaces", manifest: `spec: {controller: example.com/a, parameters: {kind: K, name: n, namespace: x}}`, want: []string{
			"spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
		}},
		{name: "another controller", old: `spec: {controller: example.com/a}`, manifest: `spec: {controller: example.com/b}`, want: []string{
			`spec.controller: Invalid value: "example.com/b": field is immutable`,
		}},
	})
	require.Equal(t, []any{"x", "example.com/a", "K.g/cfg", "2m"}, cellsOf(t, ingressClass(), createdAtEpoch+
		`spec: {controller: example.com/a, parameters: {apiGroup: g, kind: K, name: cfg}}`))
}

func TestNetworkPolicyValidation(t *testing.T) {
	runValidation(t, networkPolicy(), []validationCase{
		{name: "deny all", manifest: `spec: {}`},
		{name: "ports", manifest: `spec: {ingress: [{ports: [{port: http, endPort: 80}, {port: 90, endPort: 80}, {port: 0}, {protocol: ICMP}]}]}`, want: []string{
			"spec.ingress[0].ports[0].endPort: Invalid value: 80: may not be specified when `port` is non-numeric",
			"spec.ingress[0].ports[1].endPort: Invalid value: 80: must be greater than or equal to `port`",
			"spec.ingress[0].ports[2].port: Invalid value: 0: must be between 1 and 65535, inclusive",
			`spec.ingress[0].ports[3].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"`,
		}},
		{name: "peers", manifest: `spec: {egress: [{to: [{}, {podSelector: {}, ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]}`, want: []string{
			"spec.egress[0].to[0]: Required value: must specify a peer",
			"spec.egress[0].to[1].ipBlock.except[0]: Invalid value: \"11.0.0.0/16\": must be a strict subset of `cidr`",
			"spec.egress[0].to[1]: Forbidden: may not specify both ipBlock and another peer",
		}},
	})
	require.Equal(t, []any{"x", "app=web", "2m"}, cellsOf(t, networkPolicy(), createdAtEpoch+`spec: {podSelector: {matchLabels: {app: web}}}`))
	require.Equal(t, []any{"x", "<none>", "2m"}, cellsOf(t, networkPolicy(), createdAtEpoch))
}

func TestIPAddressValidation(t *testing.T) {
	runValidation(t, ipAddress(), []validationCase{
		{name: "of a service", manifest: `spec: {parentRef: {resource: services, namespace: default, name: web}}`},
		{name: "of nothing", manifest: `{}`, want: []string{"spec.parentRef: Required value"}},
		{name: "of another", old: `spec: {parentRef: {resource: services, name: a}}`, manifest: `spec: {parentRef: {resource: services, name: b}}`, want: []string{
			`spec.parentRef: Invalid value: null: field is immutable`,
		}},
	})
	require.Equal(t, []string{"must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"}, ipAddress().ValidateName("web", false))
	require.Equal(t, []any{"x", "services/default/web", "2m"}, cellsOf(t, ipAddress(), createdAtEpoch+
		`spec: {parentRef: {resource: services, namespace: default, name: web}}`))
}

func TestServiceCIDRValidation(t *testing.T) {
	runValidation(t, serviceCIDR(), []validationCase{
		{name: "two families", manifest: `spec: {cidrs: [10.96.0.0/16, "fd00::/108"]}`},
		{name: "none", manifest: `{}`, want: []string{"spec.cidrs: Required value: at least one CIDR required"}},
		{name: "one family twice", manifest: `spec: {cidrs: [10.96.0.0/16, 10.97.0.0/16]}`, want: []string{
			`spec.cidrs: Invalid value: ["10.96.0.0/16","10.97.0.0/16"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64`,
		}},
		{name: "another", old: `spec: {cidrs: [10.96.0.0/16]}`, manifest: `spec: {cidrs: [10.97.0.0/16]}`, want: []string{
			`spec.cidrs[0]: Invalid value: "10.97.0.0/16": field is immutable`,
		}},
	})
}
