package testkit

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubejig/kubejig/cli"
	"github.com/kubejig/kubejig/fakecluster"
)

// Scripts are tests written as txtar documents: commands, what they must print,
// and the files that they use. Each script gets a cluster of its own. Beside
// the commands of
// https://pkg.go.dev/github.com/rogpeppe/go-internal/testscript there are
//
//	kubectl ARG... [< FILE]   a command line against the script's cluster
//	kubejig ARG... [< FILE]   the same, by its other name
//	advance DURATION          lets cluster time pass
//	settle                    lets happen what can at this instant
//
// and the condition [kubejig], which holds where our own command line runs,
// and, as everywhere in testscript, a leading ! means that it must fail.
type Scripts struct {
	// Dir holds the scripts, *.txtar. Default: testdata.
	Dir string
	// Kubectl is a binary that runs the command lines, over HTTPS, in the
	// place of our own command line in the test's process.
	Kubectl string
	// Options of each script's cluster.
	Options []fakecluster.Option
	// Start starts each script's cluster, in the place of a fake one with
	// Options: scripts run unchanged against other kinds of clusters.
	Start func() (ScriptCluster, error)
}

// ScriptCluster is what scripts need of a cluster.
type ScriptCluster interface {
	Serve(port int) (*fakecluster.Listener, error)
	Now() time.Time
	Advance(time.Duration)
	Settle()
	Close()
}

// Run runs each script as a parallel subtest.
func (s Scripts) Run(t *testing.T) {
	dir := s.Dir
	if dir == "" {
		dir = "testdata"
	}
	testscript.Run(t, testscript.Params{
		Dir:           dir,
		UpdateScripts: Updating(),
		Setup:         s.setup,
		Condition: func(cond string) (bool, error) {
			if cond != "kubejig" {
				return false, fmt.Errorf("unknown condition %q", cond)
			}
			return s.Kubectl == "", nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"kubectl": s.command("kubectl"),
			"kubejig": s.command("kubejig"),
			"advance": advance,
			"settle":  func(ts *testscript.TestScript, _ bool, _ []string) { clusterOf(ts).Settle() },
		},
	})
}

// clusterKey finds a script's cluster.
type clusterKey struct{}

func clusterOf(ts *testscript.TestScript) ScriptCluster {
	return ts.Value(clusterKey{}).(ScriptCluster)
}

func (s Scripts) start() (ScriptCluster, error) {
	if s.Start != nil {
		return s.Start()
	}
	return fakecluster.New(s.Options...)
}

func (s Scripts) setup(env *testscript.Env) error {
	cluster, err := s.start()
	if err != nil {
		return err
	}
	env.Defer(cluster.Close)
	env.Values[clusterKey{}] = cluster
	home := filepath.Join(env.WorkDir, ".home")
	kubeconfig := filepath.Join(home, ".kube", "config")
	env.Setenv("HOME", home)
	env.Setenv("KUBECONFIG", kubeconfig)
	listener, err := cluster.Serve(0)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(kubeconfig), 0o700); err != nil {
		return err
	}
	return clientcmd.WriteToFile(*listener.Kubeconfig(), kubeconfig)
}

// command is a command line as a script's command.
func (s Scripts) command(program string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		args, stdin := redirected(ts, args)
		var err error
		if s.Kubectl != "" {
			err = s.reference(ts, args, stdin)
		} else {
			err = s.inProcess(ts, program, args, stdin)
		}
		switch {
		case err != nil && !neg:
			ts.Fatalf("%s %s: %v", program, strings.Join(args, " "), err)
		case err == nil && neg:
			ts.Fatalf("%s %s succeeded unexpectedly", program, strings.Join(args, " "))
		}
	}
}

// redirected takes "< FILE" off the end of arguments.
func redirected(ts *testscript.TestScript, args []string) (rest []string, stdin string) {
	if n := len(args); n >= 2 && args[n-2] == "<" {
		return args[:n-2], ts.ReadFile(args[n-1])
	}
	return args, ""
}

func (s Scripts) inProcess(ts *testscript.TestScript, program string, args []string, stdin string) error {
	streams := cli.IOStreams{In: strings.NewReader(stdin), Out: ts.Stdout(), ErrOut: ts.Stderr()}
	environment := cli.Environment{
		Program: program,
		Getenv:  ts.Getenv,
		Home:    ts.Getenv("HOME"),
		Dir:     ts.MkAbs("."),
		Now:     clusterOf(ts).Now,
	}
	err := cli.RunIn(context.Background(), environment, streams, append([]string{program}, args...))
	if err != nil {
		cli.Report(err, streams)
	}
	return err
}

// reference runs the binary, whose input comes from a shell's redirection.
func (s Scripts) reference(ts *testscript.TestScript, args []string, stdin string) error {
	if stdin == "" {
		return ts.Exec(s.Kubectl, args...)
	}
	input := ts.MkAbs(".stdin")
	ts.Check(os.WriteFile(input, []byte(stdin), 0o600))
	line := append([]string{"-c", `input=$1; shift; exec "$@" < "$input"`, "sh", input, s.Kubectl}, args...)
	return ts.Exec("sh", line...)
}

func advance(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: advance DURATION")
	}
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	clusterOf(ts).Advance(d)
}

// RequireBinary skips a test where a reference binary has not been built.
func RequireBinary(t testing.TB, path string) string {
	t.Helper()
	absolute, err := filepath.Abs(path)
	require.NoError(t, err)
	if _, err := os.Stat(absolute); err != nil {
		t.Skipf("%s is not there; make reference builds it", path)
	}
	return absolute
}
