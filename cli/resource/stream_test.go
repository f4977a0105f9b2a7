package resource

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// utf16Text is text in UTF-16, with a byte order mark.
func utf16Text(text string, big bool) string {
	var out strings.Builder
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		if big {
			out.Write([]byte{byte(unit >> 8), byte(unit)})
		} else {
			out.Write([]byte{byte(unit), byte(unit >> 8)})
		}
	}
	return out.String()
}

// items is a list of items, as files have it.
func items(items ...string) string {
	return `{"apiVersion":"v1","kind":"List","items":[` + strings.Join(items, ",") + `]}`
}

type validator func(string) error

func (v validator) ValidateBytes(data []byte) error { return v(string(data)) }

// written is a question about what is in a file and in standard input.
func written(t *testing.T, s *server, file, stdin string) *Builder {
	t.Helper()
	needs := s.needs()
	needs.Dir = t.TempDir()
	needs.In = strings.NewReader(stdin)
	if err := os.WriteFile(filepath.Join(needs.Dir, "f.yaml"), []byte(file), 0o666); err != nil {
		t.Fatal(err)
	}
	return NewBuilder(needs).Unstructured().NamespaceParam("here").DefaultNamespace()
}

func TestDocuments(t *testing.T) {
	const yamlPod = "apiVersion: v1\nkind: Pod\nmetadata: {name: \"%\"}\n"
	named := func(name string) string { return strings.ReplaceAll(yamlPod, "%", name) }
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"JSON":             {pod("a"), []string{"here/a of f.yaml"}},
		"JSON, two":        {pod("a") + pod("b"), []string{"here/a of f.yaml", "here/b of f.yaml"}},
		"YAML":             {named("a"), []string{"here/a of f.yaml"}},
		"YAML, three":      {named("a") + "---\n" + named("b") + "--- # the last\n" + named("c"), []string{"here/a of f.yaml", "here/b of f.yaml", "here/c of f.yaml"}},
		"empty ones":       {"---\n---\n# nothing\n---\nnull\n---\n" + named("a") + "---\n", []string{"here/a of f.yaml"}},
		"UTF-8 mark":       {"\ufeff" + named("ä"), []string{"here/ä of f.yaml"}},
		"UTF-16":           {utf16Text(named("ä"), false), []string{"here/ä of f.yaml"}},
		"UTF-16, big":      {utf16Text(pod("ä"), true), []string{"here/ä of f.yaml"}},
		"a namespace":      {podIn("there", "a"), []string{"there/a of f.yaml"}},
		"of no namespace":  {`{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a","namespace":"b"}}`, []string{"a of f.yaml"}},
		"a list":           {items(pod("a"), pod("b")), []string{"here/a of f.yaml", "here/b of f.yaml"}},
		"lists in lists":   {items(pod("a"), items(pod("b")), pod("c")), []string{"error: *unstructured.Unstructured is not a list: no Items field in this object"}},
		"an empty list":    {`{"apiVersion":"v1","kind":"List","items":[]}`, nil},
		"neither":          {"just words", []string{`error: unable to decode "f.yaml": json: cannot unmarshal string into Go value of type unstructured.detector`}},
		"a broken one":     {named("a") + "---\na: b: c", []string{"here/a of f.yaml", "error: error parsing f.yaml: error converting YAML to JSON: yaml: mapping values are not allowed in this context"}},
		"without kind":     {`{"apiVersion":"v1"}`, []string{`error: unable to decode "f.yaml": Object 'Kind' is missing in '{"apiVersion":"v1"}'`}},
		"wrong metadata":   {`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","labels":{"a":1}}}`, []string{`error: unable to decode "f.yaml": json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string`}},
		"no metadata":      {`{"apiVersion":"v1","kind":"Pod","metadata":"a"}`, []string{`error: unable to decode "f.yaml": json: cannot unmarshal string into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta`}},
		"of unknown kind":  {`{"apiVersion":"v2","kind":"Pot","metadata":{"name":"a","namespace":"b"}}`, []string{"error: resource mapping not found for name: \"a\" namespace: \"b\" from \"f.yaml\": no matches for kind \"Pot\" in version \"v2\"\nensure CRDs are installed first"}},
		"unknown in lists": {items(`{"apiVersion":"v2","kind":"Pot","metadata":{"name":"a"}}`, pod("b")), []string{"here/b of f.yaml", `error: unable to recognize no matches for kind "Pot" in version "v2"`}},
		"an error between": {items(pod("a"), pod("refused"), pod("b")), []string{"here/a of f.yaml", "here/b of f.yaml", "error: refused is refused"}},
	} {
		got := visited(written(t, &server{}, c.text, "").Flatten().FilenameParam(false, &FilenameOptions{Filenames: []string{"f.yaml"}}).Do())
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

func TestFiles(t *testing.T) {
	const broken = `{"apiVersion":"v1"}`
	missing := `error: unable to decode "STDIN": Object 'Kind' is missing in '{"apiVersion":"v1"}'`
	files := &FilenameOptions{Filenames: []string{"-", "f.yaml"}}
	for name, c := range map[string]struct {
		stdin, file string
		ask         func(*Builder)
		want        []string
	}{
		"in their order":      {pod("a"), pod("b"), nil, []string{"here/a of STDIN", "here/b of f.yaml"}},
		"in UTF-16":           {utf16Text(pod("a"), false), "", nil, []string{"here/a of STDIN"}},
		"all, with one error": {pod("a") + broken + pod("c"), pod("b"), nil, []string{"here/a of STDIN", "here/b of f.yaml", missing}},
		"the errors of use first": {
			broken + pod("a"), pod("refused"), func(b *Builder) { b.ContinueOnError() },
			[]string{"here/a of STDIN", "error: [refused is refused, " + strings.TrimPrefix(missing, "error: ") + "]"},
		},
		"by label": {
			pod("a"), `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b","labels":{"x":"y"}}}`, func(b *Builder) { b.LabelSelectorParam("x=y") },
			[]string{"here/b of f.yaml"},
		},
		"by no label": {pod("a"), "", func(b *Builder) { b.LabelSelectorParam("x in") }, []string{
			`error: the provided selector "x in" is not valid: unable to parse requirement: found '' expected: '('`,
		}},
		"of the namespace": {pod("a"), podIn("there", "b"), func(b *Builder) { b.FilenameParam(true, &FilenameOptions{}) }, []string{
			"here/a of STDIN", `error: the namespace from the provided object "there" does not match the namespace "here". You must pass '--namespace=there' to perform this operation.`,
		}},
		"as they are on the server": {pod("on-server") + pod(""), pod("a"), func(b *Builder) { b.Latest() }, []string{
			"here/on-server of STDIN", "here/ of STDIN", "error: no /api/v1/namespaces/here/pods/a",
		}},
		"as lists on the server": {items(pod("a")), "", func(b *Builder) { b.flatten = false; b.Latest() }, []string{
			"error: watch is only supported on individual resources and resource collections, but a list of resources is found",
		}},
		"valid": {pod("a"), pod("b"), func(b *Builder) {
			b.Schema(validator(func(text string) error {
				if strings.Contains(text, `"b"`) {
					return errors.New("it is b")
				}
				return nil
			}))
		}, []string{
			"here/a of STDIN", `error: error validating "f.yaml": error validating data: it is b; if you choose to ignore these errors, turn validation off with --validate=false`,
		}},
		"with no server": {
			`{"apiVersion":"v2","kind":"Pot","metadata":{"name":"a"}}`, podIn("there", "b"), func(b *Builder) { b.LocalParam(true) },
			[]string{"a of STDIN", "there/b of f.yaml"},
		},
		"with a type":    {pod("a"), "", func(b *Builder) { b.ResourceTypes("pods") }, []string{"error: when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well"}},
		"with an object": {pod("a"), "", func(b *Builder) { b.ResourceNames("pods", "a") }, []string{"error: resource/name arguments cannot be provided when a path is specified"}},
	} {
		s := &server{has: map[string]string{"/api/v1/namespaces/here/pods/on-server": podIn("here", "on-server"), "/api/v1/namespaces/here": pod("x")}}
		b := written(t, s, c.file, c.stdin).Flatten().FilenameParam(false, files)
		if c.ask != nil {
			c.ask(b)
		}
		if got := visited(b.Do()); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

func TestKustomizeAndStream(t *testing.T) {
	got := visited(written(t, &server{}, "", "").
		FilenameParam(false, &FilenameOptions{Kustomize: "dir"}).Stream(strings.NewReader(pod("a")), "edited").Do())
	if want := []string{"here/kustomized-dir of dir", "here/a of edited"}; !slices.Equal(got, want) {
		t.Error(got)
	}
}

func TestSingleFile(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  bool
	}{
		{[]string{"f.yaml"}, true}, {[]string{"."}, true}, {[]string{"f.yaml", "."}, false}, {[]string{"-"}, false},
	} {
		var single bool
		written(t, &server{}, "", "").FilenameParam(false, &FilenameOptions{Filenames: c.names}).Do().IntoSingleItemImplied(&single)
		if single != c.want {
			t.Errorf("%v: %t", c.names, single)
		}
	}
}

// TestVisitorConcurrency: no source waits for another one, and the first error
// does not keep the others from being visited.
func TestVisitorConcurrency(t *testing.T) {
	met := make(chan string)
	meeting := func(say func()) source {
		return meetingSource(func() error { say(); return errors.New("met") })
	}
	both := []source{meeting(func() { met <- "" }), meeting(func() { <-met })}
	if err := sideBySide(both, 2)(nil); err == nil || err.Error() != "met" {
		t.Error(err)
	}
	var order []string
	one := func(name string) source {
		return meetingSource(func() error { order = append(order, name); return errors.New(name) })
	}
	if err := sideBySide([]source{one("a"), one("b"), one("c")}, 0)(nil); err == nil || err.Error() != "a" || !slices.Equal(order, []string{"a", "b", "c"}) {
		t.Errorf("%v, %v", order, err)
	}
}

type meetingSource func() error

func (m meetingSource) Visit(VisitorFunc) error { return m() }
