package runtimeclass

import (
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

func TestWithoutRedundant(t *testing.T) {
	for _, c := range []struct{ name, tolerations, want string }{
		{"different ones", `[{key: a, operator: Exists}, {key: b, operator: Exists}]`, `[{key: a, operator: Exists}, {key: b, operator: Exists}]`},
		{"equal ones", `[{key: a, operator: Equal, value: b}, {key: a, operator: Equal, value: b}]`, `[{key: a, operator: Equal, value: b}]`},
		{"any value includes one", `[{key: a, operator: Equal, value: b}, {key: a, operator: Exists}]`, `[{key: a, operator: Exists}]`},
		{"any key includes one", `[{operator: Exists}, {key: a, operator: Exists, effect: NoSchedule}]`, `[{operator: Exists}]`},
		{"any effect includes one, not the other way round", `[{key: a, operator: Exists, effect: NoSchedule}, {key: a, operator: Exists}]`, `[{key: a, operator: Exists}]`},
		{"for ever includes for a while", `[{key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 5}, {key: a, operator: Exists, effect: NoExecute}]`,
			`[{key: a, operator: Exists, effect: NoExecute}]`},
		{"what is open for Equal is not said to be", `[{key: a, value: b}, {key: a, operator: Equal, value: b}]`, `[{key: a, value: b}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tolerations, want []corev1.Toleration
			require.NoError(t, yaml.UnmarshalStrict([]byte(c.tolerations), &tolerations))
			require.NoError(t, yaml.UnmarshalStrict([]byte(c.want), &want))
			require.Equal(t, want, withoutRedundant(tolerations))
		})
	}
}
