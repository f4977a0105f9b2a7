package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/kubejig/kubejig/cli"
)

// runIn runs one command line in a folder of its own and returns what it
// printed and its exit status.
func runIn(folder string, args ...string) (out, errOut string, status int) {
	var stdout, stderr bytes.Buffer
	streams := cli.IOStreams{In: &bytes.Buffer{}, Out: &stdout, ErrOut: &stderr}
	environment := cli.Environment{
		Program: "kubectl",
		Getenv:  func(string) string { return "" },
		Home:    folder,
		Dir:     folder,
		Now:     time.Now,
	}
	err := cli.RunIn(context.Background(), environment, streams, append([]string{"kubectl"}, args...))
	status = cli.Report(err, streams)
	return stdout.String(), stderr.String(), status
}

// Many command lines in one process share nothing.
func TestParallel(t *testing.T) {
	var group sync.WaitGroup
	for i := range 100 {
		folder := t.TempDir()
		group.Go(func() {
			name := fmt.Sprintf("context-%d", i)
			runIn(folder, "config", "set-context", name, "--namespace", name)
			runIn(folder, "config", "use-context", name)
			out, errOut, status := runIn(folder, "config", "current-context")
			if out != name+"\n" || errOut != "" || status != 0 {
				t.Errorf("got %q, %q, %d", out, errOut, status)
			}
		})
	}
	group.Wait()
}

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		args   []string
		errOut string
	}{
		{[]string{"frobnicate"}, "error: unknown command \"frobnicate\" for \"kubectl\"\n"},
		{[]string{"get", "--nope"}, "error: unknown flag: --nope\nSee 'kubectl get --help' for usage.\n"},
		{[]string{"patch", "x"}, "error: must specify --patch or --patch-file containing the contents of the patch\n"},
		{[]string{"kustomize", "a", "b"}, "error: specify one path to kustomization.yaml\n"},
	} {
		_, errOut, status := runIn(t.TempDir(), test.args...)
		if errOut != test.errOut || status != 1 {
			t.Errorf("%v: got %q, %d, want %q, 1", test.args, errOut, status, test.errOut)
		}
	}
}

// Relative paths are those of the run's folder, not of the process's.
func TestDir(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a.txt"), []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, errOut, status := runIn(folder, "create", "configmap", "c", "--from-file=a.txt", "--dry-run=client", "-o", "jsonpath={.data}")
	if out != `{"a.txt":"content"}` || status != 0 {
		t.Errorf("got %q, %q, %d", out, errOut, status)
	}
}
