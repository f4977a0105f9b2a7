package factory

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
)

// OnPath finds a program on the PATH; "" if there is none.
func (e Environment) OnPath(name string) string {
	if strings.ContainsRune(name, filepath.Separator) {
		return ""
	}
	for _, folder := range filepath.SplitList(e.Getenv("PATH")) {
		if found, err := exec.LookPath(filepath.Join(folder, name)); err == nil && filepath.IsAbs(found) {
			return found
		}
	}
	return ""
}

// Become runs another program, args being its name for itself and its arguments,
// in place of this process, or, if the environment does not allow that, beside
// it, and returns its exit status.
func (f *Factory) Become(ctx context.Context, path string, args, variables []string) (status int, err error) {
	if f.Exec != nil {
		return 0, f.Exec(path, args, variables)
	}
	command := exec.CommandContext(ctx, path)
	command.Args = args
	command.Stdin, command.Stdout, command.Stderr = f.In, f.Out, f.ErrOut
	command.Dir, command.Env = f.Dir, variables
	err = command.Run()
	var exited *exec.ExitError
	if errors.As(err, &exited) {
		return exited.ExitCode(), nil
	}
	return 0, err
}
