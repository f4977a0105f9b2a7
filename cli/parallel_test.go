package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
	words "mvdan.cc/sh/v3/shell"

	"github.com/kubejig/kubejig/cli"
	"github.com/kubejig/kubejig/fakecluster"
	"github.com/kubejig/kubejig/testkit"
)

// Different command lines that run in one process at the same time print what
// each of them prints alone.
func TestParallelCommands(t *testing.T) {
	script, err := txtar.ParseFile("testdata/parallel.txtar")
	require.NoError(t, err)
	cluster := testkit.NewCluster(t)
	lines := commandLines(script)
	require.GreaterOrEqual(t, len(lines), 100)
	prepare := newRun(t, cluster, script.Files)
	require.Zero(t, prepare.status("apply -f objects.yaml"), prepare)
	cluster.Advance(time.Minute)

	alone := make([]*run, len(lines))
	for i, line := range lines {
		alone[i] = newRun(t, cluster, script.Files)
		alone[i].status(line)
	}
	together := make([]*run, len(lines))
	var group sync.WaitGroup
	for i, line := range lines {
		together[i] = newRun(t, cluster, script.Files)
		group.Go(func() { together[i].status(line) })
	}
	group.Wait()
	for i, line := range lines {
		require.Equal(t, alone[i].String(), together[i].String(), line)
	}
}

// commandLines are the lines of a script that say something.
func commandLines(script *txtar.Archive) []string {
	var lines []string
	for line := range strings.Lines(string(script.Comment)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

// run is a command line that has a home directory to itself.
type run struct {
	t           *testing.T
	environment cli.Environment
	home        string
	out, errOut bytes.Buffer
	code        int
}

func newRun(t *testing.T, cluster *fakecluster.Cluster, files []txtar.File) *run {
	r := &run{t: t, environment: testkit.Environment(cluster), home: t.TempDir()}
	r.environment.Home, r.environment.Dir = r.home, r.home
	for _, f := range files {
		path := filepath.Join(r.home, f.Name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, f.Data, 0o644))
	}
	return r
}

// status carries out a command line and returns its exit status.
func (r *run) status(line string) int {
	args, err := words.Fields(line, nil)
	if err != nil {
		r.t.Errorf("%s: %v", line, err)
		return -1
	}
	streams := cli.IOStreams{In: &bytes.Buffer{}, Out: &r.out, ErrOut: &r.errOut}
	err = cli.RunIn(r.t.Context(), r.environment, streams, append([]string{"kubectl"}, args...))
	r.code = cli.Report(err, streams)
	return r.code
}

// String is all that a user sees of the command line.
func (r *run) String() string {
	text := r.out.String() + "\nstderr:\n" + r.errOut.String() + "\nstatus: " + string(rune('0'+r.code))
	return strings.ReplaceAll(text, r.home, "/home/user")
}
