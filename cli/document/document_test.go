package document_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/cli/document"
)

// texts are strings of which each is written in its own way by one of the two
// formats.
var texts = []string{
	"", "nginx", "Pod", "a b", "yes", "No", "y", "~", "null", "True", "tRue", "on", "1", "01", "0", "-1", "1.5", "1e3", "1e+3", "0x1F", "0b1", "0o7", "1_000",
	"10.0.0.1", "1.2", "1.2.3", ".5", "5.", "+1", ".inf", "100m", "1Gi", "1Mi", "66cf6f6b6d", "66e10", "12:30", "1:20", "2026-11-22", "2026-11-22T12:00:00Z",
	"2026-13-22T12:00:00Z", "2026-11-22T12:00:00.000000Z", "6a3f0000-0000-4000-8000-0123456789ab", "0b000000-0000-4000-8000-000000000000",
	"/", "/var/run", "sha256:abc", "a: b", "a:", ":a", "a #b", "a#b", "#a", "- a", "-", "a-", " a", "a ", "a\tb", "a\nb", "a\n", "\n", "a\r\nb",
	`quo"te`, `back\slash`, "it's", "'", "{}", "[]", "{a", "a}", "*a", "&a", "!a", "%a", "@a", "`a", "a,b", "?", "? a", "=", "<<", "<a>&", "ünïcode", "日本", "\u2028", "\u007f", "\u0000", "\ufeff",
	"0/3 nodes are available: 3 Insufficient cpu.", strings.Repeat("word ", 30) + "end", strings.Repeat("x", 200), strings.Repeat("word ", 15) + "end",
	"line one of a text\n  indented\n" + strings.Repeat("word ", 30) + "\n", "  leads\nwith spaces", `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a b"}}` + "\n",
	"Successfully assigned default/web-66cf6f6b6d-jthwm to node-1 and more words", "a  b", "a b:", "a :b", "http://example.com/a?b=c", "echo hello; sleep 1",
}

// wrapped are documents that have a text in all places where it may stand.
func wrapped(text any) []any {
	key, _ := text.(string)
	return []any{
		map[string]any{"value": text, "list": []any{text, text}, "nested": map[string]any{"deep": map[string]any{"er": text, "list": []any{text}}}},
		[]any{text, map[string]any{"a": text, "b": []any{map[string]any{"c": []any{text}}}}},
		[]any{[]any{text, []any{text}}},
		map[string]any{"annotations": map[string]any{key: text, "z": map[string]any{key: map[string]any{key: []any{}}}}},
	}
}

func TestStringsAreWrittenAsTheLibrariesWriteThem(t *testing.T) {
	for _, text := range texts {
		for _, doc := range wrapped(text) {
			requireSame(t, doc)
		}
	}
}

func TestOtherScalarsAreWrittenAsTheLibrariesWriteThem(t *testing.T) {
	for _, scalar := range []any{nil, true, false, 0, -1, int64(1) << 62, 1.5, 1e21, -0.25, 1e-7, 100000000.0} {
		for _, doc := range wrapped(scalar) {
			requireSame(t, doc)
		}
	}
}

func TestWhatIsNestedIsReadWhenSomebodyLooksIntoIt(t *testing.T) {
	fields := map[string]any{"managedFields": []any{map[string]any{"fieldsV1": map[string]any{"f:a]}": map[string]any{`k:{"x":"y\\"}`: "{["}}}, []any{}}}
	requireSame(t, fields)
	requireSame(t, map[string]any{"data": map[string]any{"managedFields": "{text"}, "list": []any{fields, map[string]any{"managedFields": map[string]any{}}}})
	for _, text := range []string{`{"a":[`, `{"a":{"a}`, `{"a":}`, `[[]`} {
		_, err := document.Parse([]byte(text))
		require.Error(t, err, text)
	}
	for _, text := range []string{`{"a":[1 2}}`, `{"a":{"b":{"c":nul}}}`, `[{"a"}]`} {
		value, err := document.Parse([]byte(text))
		require.NoError(t, err, "it has not been looked into")
		require.Nil(t, value.Get("a").Get("b").Get("c"))
		_, err = value.AppendJSON(nil, 0)
		require.Error(t, err)
		_, err = value.AppendYAML(nil, 0)
		require.Error(t, err)
		require.Error(t, value.Decode(new(any)))
	}
}

func TestValuesAreDecodedAsTheyHaveBecome(t *testing.T) {
	value, err := document.Parse([]byte(`{"a":{"b":1,"c":[true,{"d":"<x>"}]},"e":null,"f":[[],{}],"g":{"h":{}}}`))
	require.NoError(t, err)
	value.Get("a").Remove("b")
	value.Get("g").Set("i j", document.String("k"))
	require.True(t, value.Get("f").Elements()[1].IsObject())
	var decoded any
	require.NoError(t, value.Decode(&decoded))
	require.Equal(t, map[string]any{
		"a": map[string]any{"c": []any{true, map[string]any{"d": "<x>"}}}, "e": nil,
		"f": []any{[]any{}, map[string]any{}}, "g": map[string]any{"h": map[string]any{}, "i j": "k"},
	}, decoded)
}

func TestKeysAreInTheLibrariesOrder(t *testing.T) {
	keys := map[string]any{}
	for _, key := range []string{"a10", "a9", "a09", "a009", "a", "A", "b", "ab", "a-b", "a.b", "a_b", "a/b", "1", "10", "9", "01", "a1", "a01", "a100", "é", "f:x", ".", "x1y2", "x1y10", "v1", "v1beta1", "v10"} {
		keys[key] = key
	}
	requireSame(t, keys)
	requireSame(t, []any{keys, map[string]any{}, []any{}})
}

// requireSame writes a document with the libraries that kubectl uses, and with
// this package.
func requireSame(t *testing.T, doc any) {
	t.Helper()
	text, err := json.Marshal(doc)
	require.NoError(t, err)
	var decoded any
	require.NoError(t, utiljson.Unmarshal(text, &decoded))
	wantJSON, err := json.MarshalIndent(decoded, "", "    ")
	require.NoError(t, err)
	wantYAML, cannotErr := yaml.Marshal(decoded)

	value, err := document.Parse(text)
	require.NoError(t, err)
	gotJSON, err := value.AppendJSON(nil, 0)
	require.NoError(t, err)
	require.Equal(t, string(wantJSON), string(gotJSON))
	gotYAML, err := value.AppendYAML(nil, 0)
	if cannotErr != nil { // Some control characters, of which the library says so.
		require.EqualError(t, err, cannotErr.Error())
		return
	}
	require.NoError(t, err)
	require.Equal(t, string(wantYAML), string(gotYAML))
}

func TestWhatIsNoJSONIsAnError(t *testing.T) {
	for _, text := range []string{"", "{", "[", `"`, `"a`, "{]", "[1,]", `{"a"}`, `{"a":}`, `{a:1}`, "nul", "01", "1 2", "[1}", "\"a\nb\"", strings.Repeat("[", 20000)} {
		_, err := document.Parse([]byte(text))
		require.Error(t, err, text)
	}
}

func TestMembersCanBeChanged(t *testing.T) {
	value, err := document.Parse([]byte(` { "b" : [ ] , "a" : { "x" : 1 } , "b" : 2 } `))
	require.NoError(t, err)
	require.Nil(t, value.Get("c"))
	value.Set("c", document.String("new"))
	value.Set("c", document.String("newer"))
	value.Get("a").Remove("x")
	value.Get("a").Remove("y")
	text, err := value.AppendYAML(nil, 0)
	require.NoError(t, err)
	require.Equal(t, "a: {}\nb: 2\nc: newer\n", string(text))
}

func FuzzAsTheLibraries(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		for _, doc := range wrapped(text) {
			requireSame(t, doc)
		}
	})
}
