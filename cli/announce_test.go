package cli_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Requests say which command they are from, and which of them are from the same
// run.
func TestAnnouncement(t *testing.T) {
	var seen []http.Header
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = append(seen, r.Header) }))
	defer server.Close()
	for range 2 {
		_, errOut, status := runIn(t.TempDir(), "get", "--raw", "/version", "--server="+server.URL)
		require.Equal(t, 0, status, errOut)
	}
	require.Len(t, seen, 2)
	require.Equal(t, "kubectl get", seen[0].Get("Kubectl-Command"))
	require.Regexp(t, `^[0-9a-f-]{36}$`, seen[0].Get("Kubectl-Session"))
	require.NotEqual(t, seen[0].Get("Kubectl-Session"), seen[1].Get("Kubectl-Session"))
	require.Regexp(t, `^kubectl/v1\.\d+\.\d+ \(\w+/\w+\) kubernetes/\S+$`, seen[0].Get("User-Agent"))
}

func TestProfile(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"cpu", "heap", "goroutine", "threadcreate", "block", "mutex", "trace"} {
		_, errOut, status := runIn(folder, "version", "--client", "--profile="+name, "--profile-output="+name+".pprof")
		require.Equal(t, 0, status, errOut)
		info, err := os.Stat(filepath.Join(folder, name+".pprof"))
		require.NoError(t, err)
		require.NotZero(t, info.Size(), name)
	}
}
