package fakecluster_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestModulesThatUsersDownload holds the list of modules that a program which
// uses fakecluster links, so that none is added without a thought.
func TestModulesThatUsersDownload(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("the go command is not there")
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps",
		"-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", ".").Output()
	require.NoError(t, err)
	modules := strings.Fields(string(out))
	slices.Sort(modules)
	golden(t, "modules.txt", strings.Join(slices.Compact(modules), "\n")+"\n")
}
