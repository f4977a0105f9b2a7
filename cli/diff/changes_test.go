package diff

import (
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

func TestChanges(t *testing.T) {
	for name, test := range map[string]struct {
		from, to string
		want     []string
	}{
		"nothing":              {"a: {b: [1, {c: d}]}", "a: {b: [1, {c: d}]}", nil},
		"values":               {"a: 1\nb: {c: x}\nd: 1", "a: 2\nb: {c: [x]}\ne: {f: true}", []string{"~ .a: 1 -> 2", `~ .b.c: "x" -> ["x"]`, "- .d: 1", `+ .e: {"f":true}`}},
		"nulls":                {"a: null", "b: null", []string{"- .a: null", "+ .b: null"}},
		"items by name":        {"c: [{name: a, image: x}, {name: b}]", "c: [{name: b}, {name: a, image: z}, {name: d}]", []string{`~ .c[name="a"].image: "x" -> "z"`, `+ .c[name="d"]: {"name":"d"}`}},
		"items by two fields":  {"p: [{port: 80, protocol: TCP, x: 1}]", "p: [{port: 80, protocol: UDP}, {port: 80, protocol: TCP, x: 2}]", []string{`~ .p[port=80,protocol="TCP"].x: 1 -> 2`, `+ .p[port=80,protocol="UDP"]: {"port":80,"protocol":"UDP"}`}},
		"names that are twice": {"c: [{name: a}, {name: a}]", "c: [{name: a}, {name: b}]", []string{`~ .c[1].name: "a" -> "b"`}},
		"items by place":       {"c: [1, 2, 3]", "c: [1, 4]", []string{"~ .c[1]: 2 -> 4", "- .c[2]: 3"}},
		"an empty list":        {"c: []", "c: [{name: a}]", []string{`+ .c[name="a"]: {"name":"a"}`}},
		"a list and an object": {"c: []", "c: {}", []string{"~ .c: [] -> {}"}},
	} {
		t.Run(name, func(t *testing.T) {
			var from, to any
			require.NoError(t, yaml.Unmarshal([]byte(test.from), &from))
			require.NoError(t, yaml.Unmarshal([]byte(test.to), &to))
			var got []string
			for _, c := range changes("", from, to) {
				got = append(got, c.String())
			}
			require.Equal(t, test.want, got)
		})
	}
}
