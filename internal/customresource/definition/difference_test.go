package definition

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	upstream "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

// The tests here hold the validation against that of Kubernetes: both must
// find the same errors in the same definitions.

var everyMutant = flag.Bool("every-mutant", false, "compare all mutants, not one in many: takes minutes")

// established marks a definition whose objects may exist.
var established = apiextensionsv1.CustomResourceDefinitionCondition{Type: apiextensionsv1.Established, Status: apiextensionsv1.ConditionTrue}

// read decodes a definition as the server does; ok is false if that fails, or
// if it has no name, which is refused for all kinds.
func read(t *testing.T, content any) (d v1Definition, ok bool) {
	t.Helper()
	text, err := yaml.Marshal(content)
	require.NoError(t, err)
	d = &apiextensionsv1.CustomResourceDefinition{}
	if yaml.UnmarshalStrict(text, d) != nil {
		return nil, false
	}
	apiextensionsv1.SetObjectDefaults_CustomResourceDefinition(d)
	return d, d.Name != ""
}

func example(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
	require.NoError(t, err)
	var content map[string]any
	require.NoError(t, yaml.Unmarshal(text, &content))
	return content
}

// requireSame compares what both find wrong with a definition, and with its
// change when old is not nil. It returns what that is.
func requireSame(t *testing.T, d, old v1Definition) []string {
	t.Helper()
	theirs, panicked := upstreamErrors(t, d, old)
	var ours field.ErrorList
	if old == nil {
		ours = Validate(d)
	} else {
		ours = ValidateUpdate(d, old)
	}
	if !panicked {
		if got, want := inWords(ours), inWords(theirs); !slices.Equal(got, want) {
			text, _ := yaml.Marshal(d)
			require.Equal(t, want, got, string(text))
		}
	}
	return inWords(ours)
}

// upstreamErrors is what Kubernetes finds; it panics about some broken schemas.
func upstreamErrors(t *testing.T, d, old v1Definition) (errs field.ErrorList, panicked bool) {
	t.Helper()
	defer func() { panicked = recover() != nil }()
	internalForm := func(v1 v1Definition) definition {
		form, err := internal(v1)
		require.NoError(t, err)
		form.Name, form.ResourceVersion = d.Name, "1" // never change
		return form
	}
	if old == nil {
		return upstream.ValidateCustomResourceDefinition(context.Background(), internalForm(d)), false
	}
	return upstream.ValidateCustomResourceDefinitionUpdate(context.Background(), internalForm(d), internalForm(old)), false
}

// inWords is all that a client sees of errors, in an order of its own: that of
// Kubernetes changes from run to run.
func inWords(errs field.ErrorList) []string {
	words := []string{}
	for _, err := range errs {
		words = append(words, fmt.Sprintf("%s|%v|%s", err.Type, err.Field, selfType().ReplaceAllString(err.Error(), "selfType")))
	}
	slices.Sort(words)
	return words
}

var examples = []string{"extras", "gadgets", "rules", "widgets"}

func TestExamplesAreValid(t *testing.T) {
	for _, name := range examples {
		d, ok := read(t, example(t, name))
		require.True(t, ok, name)
		require.Empty(t, requireSame(t, d, nil), name)
		require.Empty(t, requireSame(t, d, d), name)
	}
}

// TestMutants changes one thing at a time in the examples, all there is to
// change, and compares creation, and updates from and to the original and
// between mutants.
func TestMutants(t *testing.T) {
	step := 41
	if *everyMutant {
		step = 1
	}
	for _, name := range examples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			original, _ := read(t, example(t, name))
			original.Status.Conditions = append(original.Status.Conditions, established)
			previous := original
			for i, mutant := range mutants(example(t, name)) {
				if i%step != 0 {
					continue
				}
				d, ok := read(t, mutant)
				if !ok {
					continue
				}
				requireSame(t, d, nil)
				requireSame(t, d, original)
				requireSame(t, original, d)
				requireSame(t, d, d)
				d.Status.Conditions = append(d.Status.Conditions, established)
				requireSame(t, d, previous)
				previous = d
			}
		})
	}
}

// mutants are all copies of a value with one change in them.
func mutants(value any) []any {
	var all []any
	collect(value, func(changed any) { all = append(all, changed) })
	return all
}

// collect hands out copies of a value with one change: entries are taken away,
// doubled, added and replaced.
func collect(value any, out func(any)) {
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			without := maps.Clone(value)
			delete(without, key)
			out(without)
			collect(value[key], func(changed any) { out(with(value, key, changed)) })
		}
		if isSchema(value) {
			for _, word := range keywords {
				for _, added := range word.values {
					out(with(value, word.name, added))
				}
			}
		}
	case []any:
		for i, entry := range value {
			out(slices.Delete(slices.Clone(value), i, i+1))
			out(append(slices.Clone(value), runtime.DeepCopyJSONValue(entry)))
			collect(entry, func(changed any) {
				list := slices.Clone(value)
				list[i] = changed
				out(list)
			})
		}
	case string:
		for _, other := range []string{"", " ", "a\nb", "Bad Value!", ".x", "other", value + ".com"} {
			out(other)
		}
	case bool:
		out(!value)
	case int64, float64:
		out(-1)
		out(0)
		out(100_000_000)
	}
	out(nil)
	out([]any{})
	out(map[string]any{})
}

func with(value map[string]any, key string, changed any) map[string]any {
	value = maps.Clone(value)
	value[key] = changed
	return value
}

// isSchema recognizes the nodes of schemas.
func isSchema(value map[string]any) bool {
	for _, word := range []string{"type", "x-kubernetes-int-or-string", "required", "pattern"} {
		if _, ok := value[word]; ok {
			return value["jsonPath"] == nil
		}
	}
	return false
}

// keywords are what nodes of schemas are changed to say.
var keywords = []struct {
	name   string
	values []any
}{
	{"type", []any{"object", "array", "string", "integer", "number", "boolean", "null", "thing"}},
	{"nullable", []any{true}},
	{"default", []any{"red", 1, true, map[string]any{"unknown": 1}, []any{"a", "a"}, map[string]any{"metadata": map[string]any{"name": 3}}}},
	{"id", []any{"x"}},
	{"$ref", []any{"#/x"}},
	{"$schema", []any{"x"}},
	{"additionalItems", []any{true}},
	{"additionalProperties", []any{true, false, map[string]any{"type": "string"}, map[string]any{"type": "string", "default": "x"}}},
	{"patternProperties", []any{map[string]any{"a": map[string]any{"type": "string"}}}},
	{"definitions", []any{map[string]any{"a": map[string]any{"type": "thing"}}}},
	{"dependencies", []any{map[string]any{"a": []any{"b"}}, map[string]any{"a": map[string]any{"type": "string"}}}},
	{"uniqueItems", []any{true}},
	{"pattern", []any{"("}},
	{"format", []any{"date", "odd"}},
	{"enum", []any{[]any{"red", 1}}},
	{"minimum", []any{5}},
	{"maxLength", []any{1, -1}},
	{"maxItems", []any{1}},
	{"required", []any{[]any{"unknown"}}},
	{"items", []any{map[string]any{"type": "string"}, []any{map[string]any{"type": "string"}}, map[string]any{"type": "object", "nullable": true}, map[string]any{"type": "array", "x-kubernetes-list-type": "set", "items": map[string]any{"type": "string"}}}},
	{"properties", []any{map[string]any{"name": map[string]any{"type": "object"}}, map[string]any{"metadata": map[string]any{"type": "object", "default": map[string]any{}}}}},
	{"not", []any{map[string]any{"type": "string"}, map[string]any{"x-kubernetes-list-type": "set"}}},
	{"allOf", []any{[]any{map[string]any{"description": "x"}}, []any{map[string]any{"properties": map[string]any{"unknown": map[string]any{}}}}}},
	{"oneOf", []any{[]any{map[string]any{"default": "x"}}}},
	{"anyOf", []any{[]any{map[string]any{"nullable": true}}}},
	{"x-kubernetes-preserve-unknown-fields", []any{true, false}},
	{"x-kubernetes-embedded-resource", []any{true}},
	{"x-kubernetes-int-or-string", []any{true}},
	{"x-kubernetes-list-type", []any{"atomic", "set", "map", "bag"}},
	{"x-kubernetes-list-map-keys", []any{[]any{"name"}, []any{"name", "name"}, []any{"unknown"}}},
	{"x-kubernetes-map-type", []any{"atomic", "granular", "bag"}},
	{"x-kubernetes-validations", []any{
		[]any{map[string]any{"rule": "self == oldSelf"}},
		[]any{map[string]any{"rule": "self == self", "optionalOldSelf": true}},
		[]any{map[string]any{"rule": "unknown", "messageExpression": "1"}},
		[]any{map[string]any{"rule": "true\n", "message": "a\nb", "reason": "Odd", "fieldPath": ".unknown"}},
	}},
}
