package discovery_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/cli/discovery"
	"github.com/kubejig/kubejig/cli/runlog"
)

// inFiles is the client of one run that keeps answers in a folder.
func inFiles(t *testing.T, s *fakeServer, dir string, log *runlog.Log) *discovery.Client {
	client, err := discovery.NewInFiles(s.config(), discovery.Files{
		Dir: filepath.Join(dir, "discovery"), HTTP: filepath.Join(dir, "http"), TTL: time.Hour,
	}, log)
	require.NoError(t, err)
	return client
}

// What a second run finds in the folder of a first one, and what it then asks
// the server.
func TestFiles(t *testing.T) {
	edit := func(path string, text string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "discovery", path), []byte(text), 0o600))
		}
	}
	for _, test := range []struct {
		name    string
		between func(t *testing.T, dir string)
		asked   string
		fresh   bool
	}{
		{"all", func(*testing.T, string) {}, "", false},
		{"too old", func(t *testing.T, dir string) {
			for _, path := range []string{"servergroups.json", "v1/serverresources.json", "apps/v1/serverresources.json"} {
				past := time.Now().Add(-2 * time.Hour)
				require.NoError(t, os.Chtimes(filepath.Join(dir, "discovery", path), past, past))
			}
		}, everyOld, true},
		{"no groups", func(t *testing.T, dir string) {
			require.NoError(t, os.Remove(filepath.Join(dir, "discovery", "servergroups.json")))
		}, everyOld, false},
		{"groups cut off", edit("servergroups.json", `{"kind":"APIGroupList","apiVersion":"v1","gro`), everyOld, false},
		{"another kind", edit("apps/v1/serverresources.json", `{"kind":"Status","apiVersion":"v1"}`), everyOld, false},
		{"empty", edit("v1/serverresources.json", ""), everyOld, false},
		{"nothing", func(t *testing.T, dir string) { require.NoError(t, os.RemoveAll(dir)) }, everyOld, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			server := serve(t, old())
			log, _ := newLog(t, "0")
			first := inFiles(t, server, dir, log)
			_, _, err := first.GroupsAndResources()
			require.NoError(t, err)
			require.True(t, first.Fresh())
			server.asked()

			test.between(t, dir)
			second := inFiles(t, server, dir, log)
			for range 2 {
				_, lists, err := second.GroupsAndResources()
				require.NoError(t, err)
				require.Equal(t, allOld, names(lists))
			}
			require.Equal(t, test.asked, server.asked())
			require.Equal(t, test.fresh, second.Fresh())

			second.Invalidate()
			require.True(t, second.Fresh())
			_, _, err = second.GroupsAndResources()
			require.NoError(t, err)
			require.Equal(t, everyOld, server.asked(), "what is kept does not count")
			require.True(t, second.Fresh())
		})
	}
}

// The files are as kubectl writes and reads them.
func TestForm(t *testing.T) {
	dir := t.TempDir()
	log, _ := newLog(t, "0")
	_, _, err := inFiles(t, serve(t, old()), dir, log).GroupsAndResources()
	require.NoError(t, err)
	for path, want := range map[string]string{
		"servergroups.json": `{"kind":"APIGroupList","apiVersion":"v1","groups":[` +
			`{"name":"","versions":[{"groupVersion":"v1","version":"v1"}],"preferredVersion":{"groupVersion":"v1","version":"v1"}},` +
			`{"name":"apps","versions":[{"groupVersion":"apps/v1","version":"v1"}],"preferredVersion":{"groupVersion":"apps/v1","version":"v1"}}]}` + "\n",
		"v1/serverresources.json": `{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"v1","resources":[` +
			`{"name":"pods","singularName":"","namespaced":true,"kind":"Pod","verbs":["get"],"shortNames":["po"]}]}` + "\n",
	} {
		text, err := os.ReadFile(filepath.Join(dir, "discovery", path))
		require.NoError(t, err)
		require.Equal(t, want, string(text))
		info, err := os.Stat(filepath.Join(dir, "discovery", path))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o660), info.Mode().Perm())
		left, err := filepath.Glob(filepath.Join(dir, "discovery", path) + ".*")
		require.NoError(t, err)
		require.Empty(t, left)
	}
}

// A folder that can not be written to is no reason to fail.
func TestFolderIsNotWritable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(dir, nil, 0o600)) // Not even root makes a folder below a file.
	log, logged := newLog(t, "1")
	server := serve(t, old())
	client := inFiles(t, server, dir, log)
	for range 2 {
		_, lists, err := client.GroupsAndResources()
		require.NoError(t, err)
		require.Equal(t, allOld, names(lists))
	}
	require.Equal(t, everyOld, server.asked(), "it is known in memory")
	line := `I cached_discovery.go:162] "Failed to write cache" fileName="DIR/discovery/servergroups.json" err="mkdir DIR: not a directory"` + "\n"
	require.Contains(t, strings.ReplaceAll(logged(), dir, "DIR"), line)
}

// The log tells of each answer from where it is.
func TestFilesAreLogged(t *testing.T) {
	dir := t.TempDir()
	server := serve(t, with(old(), "/apis/apps/v1", "503"))
	log, logged := newLog(t, "10")
	_, err := inFiles(t, server, dir, log).Resources("apps/v1")
	require.Error(t, err)
	require.Contains(t, logged(), "I cached_discovery.go:98] \"Skipped caching discovery info due to error\" err=\"the server is currently unable to handle the request\"\n")
	for _, where := range []string{"cached_discovery.go:91", "cached_discovery.go:146"} {
		client := inFiles(t, server, dir, log)
		for range 2 {
			_, _, _ = client.GroupsAndResources()
		}
		require.Contains(t, logged(), "I "+where+"] \"Returning cached discovery info\" fileName=\""+dir)
	}
}

// Whole answers are kept too: the server only confirms them. One that was not
// kept well is asked for.
func TestConfirmedAnswers(t *testing.T) {
	dir := t.TempDir()
	server := serve(t, modern())
	log, _ := newLog(t, "0")
	version := func() string {
		version, err := inFiles(t, server, dir, log).Version()
		require.NoError(t, err)
		return version.GitVersion
	}
	require.Equal(t, "v1.37.2", version())
	require.Equal(t, 0, server.confirmed)
	require.Equal(t, "v1.37.2", version())
	require.Equal(t, 1, server.confirmed)

	kept, err := filepath.Glob(filepath.Join(dir, "http", "[0-9a-f]*"))
	require.NoError(t, err)
	require.Len(t, kept, 1)
	for _, broken := range []string{"", strings.Repeat("x", 100)} {
		require.NoError(t, os.WriteFile(kept[0], []byte(broken), 0o600))
		require.Equal(t, "v1.37.2", version())
		require.Equal(t, 1, server.confirmed)
	}
	with(server.files, "/version", `{"gitVersion":"v1.37.10"}`)
	require.Equal(t, "v1.37.10", version())
}
