package fidelity

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/kubejig/kubejig/cli"
	"github.com/kubejig/kubejig/internal/ourkubectl"
	"github.com/kubejig/kubejig/testkit"
)

func TestMain(m *testing.M) {
	if ourkubectl.Called() {
		os.Exit(cli.Main(os.Args))
	}
	m.Run()
}

// TestCommands compares our command line with the reference kubectl against
// Kubernetes' own control plane, which neither of them knows: command lines that
// read, that only pretend to write, and that fail. Internal/compat compares many
// more, against our server.
func TestCommands(t *testing.T) {
	server := startReference(t, "RBAC")
	kubectl := program{path: testkit.RequireBinary(t, "../../bin/reference/kubectl")}
	dir := t.TempDir()
	script, err := txtar.ParseFile("testdata/commands.txtar")
	require.NoError(t, err)
	for _, f := range script.Files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600))
	}
	env := []string{"HOME=" + dir, "KUBECONFIG=" + server.path("kubeconfig"), "PATH=" + os.Getenv("PATH"), "TZ=UTC"}
	kubectl.dir, kubectl.env = dir, env
	ours := program{dir: dir}
	ours.path, ours.env = ourkubectl.Program(t)
	ours.env = append(ours.env, env...)
	kubectl.prepare(t)
	for line := range strings.Lines(string(script.Comment)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			t.Run(line, func(t *testing.T) { compareCommands(t, kubectl, ours, strings.Fields(line)) })
		}
	}
}

// compareCommands runs a command line with both programs, once more if they
// differ: an age may have changed between them.
func compareCommands(t *testing.T, kubectl, ours program, args []string) {
	theirs, own := kubectl.run(t, args), ours.run(t, args)
	for range 2 {
		if theirs != own {
			theirs, own = kubectl.run(t, args), ours.run(t, args)
		}
	}
	if theirs != own {
		t.Error(Diff(theirs, own))
	}
}

// program is one of the command lines compared.
type program struct {
	path, dir string
	env       []string
}

// prepare makes the objects that the command lines are about, and waits until
// the controllers have done their part.
func (p program) prepare(t *testing.T) {
	for _, args := range []string{
		"apply -f crd.yaml", "wait --for=condition=Established crd/widgets.example.com",
		"wait --for=create serviceaccount/default", "apply -f objects.yaml",
		"patch node n1 --subresource=status --type=merge --patch-file=ready.yaml",
		"wait --for=jsonpath={.status.replicas}=3 deploy/web", "wait --for=condition=PodScheduled pod -l app=web",
		"wait --for=create pod/db-0", "wait --for=jsonpath={.status.desiredNumberScheduled}=1 ds/agent",
		"wait --for=jsonpath={.status.phase}=Bound pvc/data-db-0", "wait --for=jsonpath={.status.active}=1 job/once",
	} {
		out := p.run(t, strings.Fields(args))
		require.Contains(t, out, "exit status 0", "%s: %s", args, out)
	}
}

// run is what a command line prints, and its status, without what changes from
// one run to the next.
func (p program) run(t *testing.T, args []string) string {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.path, args...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.dir, p.env, &stdout, &stderr
	_ = cmd.Run() // the status says it
	out := "stdout:\n" + stdout.String() + "stderr:\n" + stderr.String() + cmd.ProcessState.String()
	for _, c := range passing {
		out = c.pattern.ReplaceAllString(out, c.with)
	}
	return out
}

// passing is what is another each time a command runs.
var passing = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\b([0-9]+h)?([0-9]+m)?[0-9]+(\.[0-9]+)?m?s\b`), "AGE"},
	{regexp.MustCompile(` +`), " "}, // columns are as wide as ages
	{regexp.MustCompile(time.Now().UTC().Format("2006-01-")[:5] + `[0-9]{2}-[0-9]{2}T[0-9:.]+Z`), "TIME"},
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`), "UID"},
	{regexp.MustCompile(`"?resourceVersion"?: "?[0-9]+"?`), "resourceVersion: N"},
	{regexp.MustCompile(`kube-api-access-[a-z0-9]{5}`), "kube-api-access-XXXXX"},
	{regexp.MustCompile(`eyJ[\w.-]+`), "TOKEN"},
}
