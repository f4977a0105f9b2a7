package resource

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// tree writes files, whose content is their name, and returns their folder.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o777); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// sources are the names of what a builder reads, and its mistakes.
func sources(b *Builder) (names []string, several bool, mistakes string) {
	for _, from := range b.files {
		names = append(names, from.(*stream).name)
	}
	return names, b.several, errors.Join(b.errs...).Error()
}

func TestFilenameParam(t *testing.T) {
	dir := tree(t, "a.yaml", "b.json", "c.txt", "d.yml", "sub/e.yaml", "sub/deep/f.yaml", "one/g.yaml", "none/h.txt", "x[1].yaml")
	for _, c := range []struct {
		name     string
		files    FilenameOptions
		want     string
		several  bool
		mistakes string
	}{
		{name: "a file of any extension", files: FilenameOptions{Filenames: []string{"c.txt"}}, want: "c.txt"},
		{name: "in their order", files: FilenameOptions{Filenames: []string{"d.yml", "-", "a.yaml"}}, want: "d.yml STDIN a.yaml", several: true},
		{name: "a folder", files: FilenameOptions{Filenames: []string{"."}}, want: "a.yaml b.json d.yml x[1].yaml", several: true},
		{name: "a folder of one", files: FilenameOptions{Filenames: []string{"one"}}, want: "one/g.yaml"},
		{name: "with all below", files: FilenameOptions{Filenames: []string{"./sub"}, Recursive: true}, want: "sub/deep/f.yaml sub/e.yaml", several: true},
		{name: "a pattern", files: FilenameOptions{Filenames: []string{"*/*.yaml"}}, want: "one/g.yaml sub/e.yaml"},
		{name: "a pattern above", files: FilenameOptions{Filenames: []string{"sub/../?.yaml"}}, want: "a.yaml"},
		{name: "no pattern where there is a file", files: FilenameOptions{Filenames: []string{"x[1].yaml"}}, want: "x[1].yaml"},
		{name: "a URL", files: FilenameOptions{Filenames: []string{"https://example.org/a.yaml?b"}}, want: "https://example.org/a.yaml?b"},
		{name: "a kustomization", files: FilenameOptions{Kustomize: "sub"}, want: "sub"},
		{
			name: "nothing there", files: FilenameOptions{Filenames: []string{"z.yaml", "z/*.yaml", "a.yaml"}}, want: "a.yaml",
			mistakes: "the path \"z.yaml\" does not exist\nthe path \"z/*.yaml\" does not exist",
		},
		{
			name: "no manifests", files: FilenameOptions{Filenames: []string{"none"}},
			mistakes: "error reading [none]: recognized file extensions are [.json .yaml .yml]",
		},
		{name: "no manifests beside others", files: FilenameOptions{Filenames: []string{"a.yaml", "none"}}, want: "a.yaml"},
		{name: "a malformed pattern", files: FilenameOptions{Filenames: []string{"[a"}}, mistakes: `pattern "[a" is not valid: syntax error in pattern`},
		{
			name: "a file as folder", files: FilenameOptions{Filenames: []string{"a.yaml/b"}},
			mistakes: `the path "a.yaml/b" cannot be accessed: stat a.yaml/b: not a directory`,
		},
		{
			name: "standard input twice", files: FilenameOptions{Filenames: []string{"-", "-"}}, want: "STDIN STDIN", several: true,
			mistakes: "standard input cannot be used for multiple arguments",
		},
		{
			name: "a malformed URL", files: FilenameOptions{Filenames: []string{"http://[a"}},
			mistakes: `the URL passed to filename "http://[a" is not valid: parse "http://[a": missing ']' in host`,
		},
		{
			name: "both kinds", files: FilenameOptions{Filenames: []string{"a.yaml"}, Kustomize: "sub", Recursive: true},
			mistakes: "only one of -f or -k can be specified\nthe -k flag can't be used with -f or -R",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, working := range []string{dir, ""} { // The run's own folder, then that of the process.
				if working == "" {
					t.Chdir(dir)
				}
				b := NewBuilder(Needs{Dir: working}).AddError(errors.New("-")).FilenameParam(false, &c.files)
				want := strings.TrimSuffix("-\n"+c.mistakes, "\n")
				if c.name == "no manifests" { // It is no mistake beside others.
					b = NewBuilder(Needs{Dir: working}).FilenameParam(false, &c.files)
					want = c.mistakes
				}
				names, several, mistakes := sources(b)
				if !slices.Equal(names, strings.Fields(c.want)) || several != c.several || mistakes != want {
					t.Errorf("in %q: %v, %t, %s", working, names, several, mistakes)
				}
			}
		})
	}
}

func TestFilenameParamTakesAbsolutePaths(t *testing.T) {
	dir := tree(t, "a.yaml", "sub/b.yaml")
	b := NewBuilder(Needs{Dir: t.TempDir()}).AddError(errors.New("-")).
		FilenameParam(false, &FilenameOptions{Filenames: []string{dir, dir + "/*/*.yaml"}})
	if names, _, mistakes := sources(b); !slices.Equal(names, []string{dir + "/a.yaml", dir + "/sub/b.yaml"}) || mistakes != "-" {
		t.Errorf("%v, %s", names, mistakes)
	}
}

func TestGlobInFolderWithPatternsName(t *testing.T) {
	dir := tree(t, "[a]*\\/b.yaml", "a/c.yaml")
	b := NewBuilder(Needs{Dir: filepath.Join(dir, `[a]*\`)}).AddError(errors.New("-")).FilenameParam(false, &FilenameOptions{Filenames: []string{"*.yaml"}})
	if names, _, mistakes := sources(b); !slices.Equal(names, []string{"b.yaml"}) || mistakes != "-" {
		t.Errorf("%v, %s", names, mistakes)
	}
}

func TestFetch(t *testing.T) {
	type answer struct {
		status int
		err    error
	}
	for name, c := range map[string]struct {
		answers []answer
		want    string
		slept   time.Duration
	}{
		"at once":                  {answers: []answer{{status: 200}}},
		"after problems":           {answers: []answer{{status: 500}, {err: errors.New("reset")}, {status: 200}}, slept: 2 * time.Second},
		"given up":                 {answers: []answer{{status: 500}, {status: 500}, {status: 599}}, want: `unable to read URL "http://a/b", server reported 599 x, status code=599`, slept: 2 * time.Second},
		"the last error":           {answers: []answer{{status: 500}, {status: 503}, {err: errors.New("reset")}}, want: "reset", slept: 2 * time.Second},
		"not there, not asked for": {answers: []answer{{status: 404}}, want: `unable to read URL "http://a/b", server reported 404 x, status code=404`},
		"another success":          {answers: []answer{{status: 204}}, want: `unable to read URL "http://a/b", server reported 204 x, status code=204`},
	} {
		var slept time.Duration
		get := func(string) (*http.Response, error) {
			next := c.answers[0]
			c.answers = c.answers[1:]
			return &http.Response{StatusCode: next.status, Status: strconv.Itoa(next.status) + " x", Body: http.NoBody}, next.err
		}
		_, err := fetch("http://a/b", get, func(pause time.Duration) { slept += pause })
		if message(err) != c.want || slept != c.slept || len(c.answers) > 0 {
			t.Errorf("%s: %v after %v, %d answers left", name, err, slept, len(c.answers))
		}
	}
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
