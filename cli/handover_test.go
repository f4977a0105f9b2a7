package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/cli"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/handover"
	"github.com/kubejig/kubejig/fakecluster"
)

// TestClient runs the client alone, beside it the test's binary as the whole
// program.
func TestClient(t *testing.T) {
	m := newMachine(t, "kubectl", "{apiVersion: v1, kind: ConfigMap, metadata: {name: map}}", fakecluster.WithNodes(1))
	m.program = filepath.Join(m.home, "bin", "kubejig")
	self, err := os.Executable()
	require.NoError(t, err)
	whole := filepath.Join(m.home, "bin", "kubejig-full")
	require.NoError(t, os.Link(self, whole)) // Links with a path in them are followed.
	build := exec.Command("go", "build", "-tags", "client", "-o", m.program, "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := build.CombinedOutput()
	require.NoError(t, err, string(output))
	require.NoError(t, os.Mkdir(filepath.Join(m.home, "folder"), 0o755))
	m.write("folder/kustomization.yaml", "namePrefix: a-\nresources: [map.yaml]\n")
	m.write("folder/map.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: map}}")
	m.write("template", "{{.kind}}!")
	symbols, err := exec.Command("go", "tool", "nm", m.program).Output()
	require.NoError(t, err)
	require.NotContains(t, string(symbols), "text/template.(*Template).Execute", "a template can call any method by name, so that all are linked")

	for _, c := range []struct {
		args   []string
		prints string
	}{
		{[]string{"get", "configmap", "map", "-o", "name"}, "configmap/map\n"},
		{[]string{"get", "configmap", "map", "-o", "jsonpath={.kind}"}, "ConfigMap"},
		{[]string{"get", "configmap", "map", "-o", "go-template={{.kind}}"}, "ConfigMap"},
		{[]string{"get", "configmap", "map", "-o", "go-template-file=template"}, "ConfigMap!"},
		{[]string{"get", "configmap", "map", "--template={{.kind}}"}, "ConfigMap"},
		{[]string{"apply", "-k", "folder"}, "configmap/a-map created\n"},
		{[]string{"kustomize", "folder"}, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a-map\n"},
		{[]string{"export", "configmap", "map"}, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: map\n  namespace: default\n"},
		{[]string{"cluster", "run", "--", "sh", "-c", "basename $(readlink $(command -v kubectl)); kubectl get namespace default -o name"}, "kubejig\nnamespace/default\n"},
		{[]string{"__complete", "cluster", "sta"}, "start\tStart a fake cluster and make it the current context\nstatus\tShow a fake cluster; fails when it does not run and answer\n:4\nCompletion ended with directive: ShellCompDirectiveNoFileComp\n"},
	} {
		require.Equal(t, c.prints, m.run(c.args...), c.args)
	}

	missing, err := m.command(m.program, "cluster", "run", "--", "sh", "-c", "exit 7").CombinedOutput()
	require.Equal(t, 7, err.(*exec.ExitError).ExitCode(), string(missing))
	require.NoError(t, os.Remove(whole))
	missing, err = m.command(m.program, "get", "configmap", "map", "-o", "go-template={{.kind}}").CombinedOutput()
	require.Error(t, err)
	require.Equal(t, "error: this needs the program kubejig-full, which is neither beside "+m.program+" nor on the PATH: put it there, from the same archive\n", string(missing))
}

func TestHandedOverCommandsAreDescribedAlike(t *testing.T) {
	for name, purpose := range handover.Commands() {
		command, _, err := cli.Commands(factory.ProcessEnvironment("kubejig")).Find([]string{name})
		require.NoError(t, err)
		require.Equal(t, purpose, command.Short, name)
	}
}
