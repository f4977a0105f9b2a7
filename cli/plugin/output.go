package plugin

import (
	"context"
	"os/exec"

	"github.com/kubejig/kubejig/cli/factory"
)

// Output runs a program beside this process and returns what it prints.
func Output(ctx context.Context, f *factory.Factory, path string, args []string) (string, error) {
	command := exec.CommandContext(ctx, path, args...)
	command.Stdin, command.Stderr = f.In, f.ErrOut
	command.Dir, command.Env = f.Dir, f.Variables()
	output, err := command.Output()
	return string(output), err
}
