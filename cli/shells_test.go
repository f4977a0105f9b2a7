package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubejig/kubejig/internal/ptytest"
)

const twoPods = `
apiVersion: v1
kind: Pod
metadata: {name: webserver}
spec: {containers: [{name: nginx, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: other}
spec: {containers: [{name: nginx, image: nginx}]}
`

// shell is an interactive shell that has read the program's code for it. PROGRAM
// stands for the program's name.
type shell struct {
	name string
	file string   // Its settings, in the home directory.
	code string   // What they say.
	args []string // The first is the shell.
	need string   // What it needs besides itself.
}

func shells() []shell {
	return []shell{
		{
			name: "bash", file: ".bashrc", args: []string{"bash", "--noprofile", "-i"}, need: "/usr/share/bash-completion/bash_completion",
			code: "PS1='ready> '\n. /usr/share/bash-completion/bash_completion\nsource <(PROGRAM completion bash)\n",
		},
		{
			name: "zsh", file: ".zshrc", args: []string{"zsh", "-d", "-i"},
			code: "PS1='ready> '\nautoload -Uz compinit\ncompinit -u -D\nsource <(PROGRAM completion zsh)\n",
		},
		{
			name: "fish", file: "config.fish", args: []string{"fish", "--no-config", "-i", "-C", "source ~/config.fish"},
			code: "function fish_prompt; echo 'ready> '; end\nPROGRAM completion fish | source\n",
		},
	}
}

// A tab completes the names of pods in real shells, whatever the program is
// called.
func TestShellsComplete(t *testing.T) {
	for _, shell := range shells() {
		for _, program := range []string{"kubectl", "kubejig", "kubectl-jig"} {
			t.Run(shell.name+"/"+program, func(t *testing.T) {
				t.Parallel()
				shell.require(t)
				m := newMachine(t, program, twoPods)
				m.write(shell.file, strings.ReplaceAll(shell.code, "PROGRAM", program))
				s := ptytest.Start(t, m.command(shell.args[0], shell.args[1:]...))
				s.Await("ready> ")
				s.Type(program + " get pods we" + ptytest.Tab)
				s.Await("bserver")
				s.Type("-o name" + ptytest.Enter)
				s.Await("pod/webserver")
				s.Type("exit" + ptytest.Enter)
				require.Zero(t, s.Exit())
			})
		}
	}
}

// kubectl asks its plugins, us among them, by a name of their own.
func TestKubectlCompletesItsPlugin(t *testing.T) {
	m := newMachine(t, "kubectl", twoPods)
	m.call("kubectl-jig")
	m.call("kubectl_complete-jig")
	require.Contains(t, m.run("__completeNoDesc", "j"), "jig\n:4\n")
	require.Contains(t, m.run("__complete", "jig", "get", "pods", "we"), "webserver\n:4\n")
}

// require skips the test where the shell is not installed.
func (s shell) require(t *testing.T) {
	for _, program := range []string{s.args[0], s.need} {
		if filepath.IsAbs(program) {
			if _, err := os.Stat(program); err != nil {
				t.Skipf("%s is not there: %v", program, err)
			}
		} else if program != "" {
			if _, err := exec.LookPath(program); err != nil {
				t.Skipf("%s is not installed: %v", program, err)
			}
		}
	}
}
