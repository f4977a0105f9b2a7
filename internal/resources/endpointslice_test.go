package resources

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEndpointSliceValidation(t *testing.T) {
	runValidation(t, endpointSlice(), []validationCase{
		{name: "defaults", manifest: `{addressType: IPv4, endpoints: [{addresses: [10.0.0.1]}], ports: [{port: 80}]}`},
		{name: "no type, no address", manifest: `{endpoints: [{}]}`, want: []string{
			"addressType: Required value",
			"endpoints[0].addresses: Required value",
		}},
		{name: "wrong addresses", manifest: `{addressType: IPv4, endpoints: [{addresses: [127.0.0.1, "::1", 010.0.0.1]}]}`, want: []string{
			`endpoints[0].addresses[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)`,
			`endpoints[0].addresses: Invalid value: "::1": must be an IPv4 address`,
			`endpoints[0].addresses[1]: Invalid value: "::1": may not be in the loopback range (127.0.0.0/8, ::1/128)`,
			`endpoints[0].addresses[2]: Invalid value: "010.0.0.1": must not have leading 0s`,
		}},
		{name: "ports", manifest: `{addressType: IPv6, ports: [{port: 1}, {port: 2, protocol: ICMP}]}`, want: []string{
			`ports[1].name: Duplicate value: ""`,
			`ports[1].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"`,
		}},
		{name: "another family", old: `addressType: IPv4`, manifest: `addressType: IPv6`, want: []string{
			`addressType: Invalid value: null: field is immutable`,
		}},
	})
}

func TestEndpointSliceRow(t *testing.T) {
	require.Equal(t, []any{"x", "IPv4", "80", "10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...", "2m"}, cellsOf(t, endpointSlice(), createdAtEpoch+`
addressType: IPv4
ports: [{port: 80}]
endpoints: [{addresses: [10.0.0.1]}, {addresses: [10.0.0.2]}, {addresses: [10.0.0.3]}, {addresses: [10.0.0.4]}]
`))
	require.Equal(t, []any{"x", "IPv4", "<unset>", "<unset>", "2m"}, cellsOf(t, endpointSlice(), createdAtEpoch+`addressType: IPv4`))
}
