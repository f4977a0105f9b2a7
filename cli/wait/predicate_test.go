package wait

import (
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// A rollout of its third generation, of which the controllers have seen the
// second.
const behind = `
metadata: {generation: 3}
spec: {replicas: 2, empty: {}}
status:
  observedGeneration: 2
  phase: Running
  conditions:
  - {type: Available, status: "True"}
  - {type: Progressing, status: "False", observedGeneration: 3}
  - {type: Ready, status: "Unknown", observedGeneration: 3}
  containers: [{name: web, ready: true}, {name: sidecar, ready: false}]
`

func TestConditions(t *testing.T) {
	for _, test := range []struct {
		condition string
		holds     bool
		err       string
	}{
		{condition: "condition=Available"}, // Of an older generation.
		{condition: "condition=Progressing"},
		{condition: "condition=progressing=false", holds: true},
		{condition: "condition=Ready=Unknown", holds: true},
		{condition: "condition=Nothing"},
		{condition: "condition=Nothing=false"},
		{condition: "jsonpath={.status.phase}", holds: true},
		{condition: "jsonpath=.status.phase=Running", holds: true},
		{condition: "jsonpath={.status.phase}='Running'", holds: true},
		{condition: "jsonpath={.status.phase}=Pending"},
		{condition: "jsonpath={.spec.replicas}=2", holds: true},
		{condition: "jsonpath={.spec.nothing}"},
		{condition: `jsonpath={.status.containers[?(@.name=="web")].ready}=true`, holds: true},
		{condition: "jsonpath={.status.containers[*].ready}=true", err: "given jsonpath expression matches more than one value"},
		{condition: "jsonpath={.spec.empty}", holds: true},
		{condition: "jsonpath={.spec.empty}=2", err: "jsonpath leads to a nested object or list which is not supported"},
	} {
		holds, err := parseCondition(test.condition)
		require.NoError(t, err, test.condition)
		object := &unstructured.Unstructured{}
		require.NoError(t, yaml.Unmarshal([]byte(behind), &object.Object))
		met, err := holds(object)
		if test.err != "" {
			require.EqualError(t, err, test.err, test.condition)
			continue
		}
		require.NoError(t, err, test.condition)
		require.Equal(t, test.holds, met, test.condition)
	}
}

func TestConditionsThatNobodyCanMeet(t *testing.T) {
	for condition, message := range map[string]string{
		"":                                  `unrecognized condition: ""`,
		"ready":                             `unrecognized condition: "ready"`,
		"jsonpath=":                         "jsonpath expression cannot be empty",
		"jsonpath={.status.phase}=":         "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
		"jsonpath={.status.phase}=a=b":      "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'",
		"jsonpath={.status.containers[}=80": "unterminated array",
	} {
		_, err := parseCondition(condition)
		require.EqualError(t, err, message, condition)
	}
}
