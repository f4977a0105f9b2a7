// Package handover passes command lines on to the whole program.
//
// Built with the tag "client", the program has kubectl's commands without what
// is large and seldom needed: the engine of clusters, kustomize, Go's templates.
// It starts in half the time and memory. A command line that does need one of
// them is carried out by the whole program, which is installed beside it.
//
// It must not import commands, nor what is handed over.
package handover

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/output"
)

// The names of the two programs, the client and the whole.
const (
	client = "kubejig"
	full   = failure.WholeProgram
)

// Commands are those that only the whole program has, and what they are for.
func Commands() map[string]string {
	return map[string]string{
		"cluster":   "Start and steer fake clusters",
		"export":    "Print objects as manifests to apply again",
		"kustomize": "Build a kustomization target from a directory or URL",
	}
}

// NewStub builds the command that stands for one of the whole program.
func NewStub(name string) *cobra.Command {
	return &cobra.Command{
		Use:                name,
		Short:              Commands()[name],
		DisableFlagParsing: true,
		RunE:               func(*cobra.Command, []string) error { return failure.ErrNeedsWhole },
	}
}

// Named says whether words of a command line may name a command of the whole
// program. What it is wrong about is carried out all the same.
func Named(words []string) bool {
	all := Commands()
	return slices.ContainsFunc(words, func(word string) bool { return all[word] != "" })
}

// Needed says whether a command, as its flags are, needs the whole program.
func Needed(cmd *cobra.Command) bool {
	value := func(name string) string {
		if flag := cmd.Flag(name); flag != nil {
			return flag.Value.String()
		}
		return ""
	}
	format := value("output")
	return value("kustomize") != "" || output.InGo(format) || value("template") != "" && !strings.HasPrefix(format, "jsonpath")
}

// Run carries out the run's command line by the whole program, which takes the
// place of this process if it can.
func Run(ctx context.Context, f *factory.Factory) error {
	path, err := find(f)
	if err != nil {
		return err
	}
	status, err := f.Become(ctx, path, f.Args, f.Variables())
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	case status != 0:
		return failure.WithCode(failure.Silent, status)
	}
	return nil
}

// find looks for the whole program beside this one, then on the PATH.
func find(f *factory.Factory) (string, error) {
	self, err := executable()
	if err != nil {
		return "", err
	}
	beside := filepath.Join(filepath.Dir(self), full+filepath.Ext(self))
	if _, err := os.Stat(beside); err == nil {
		return beside, nil
	}
	if path := f.OnPath(full); path != "" {
		return path, nil
	}
	return "", fmt.Errorf("%w, which is neither beside %s nor on the PATH: put it there, from the same archive", failure.ErrNeedsWhole, self)
}

// Program is the file by which others call this program: of two, the client,
// which knows when to ask the other.
func Program() (string, error) {
	self, err := executable()
	if err != nil {
		return "", err
	}
	if strings.TrimSuffix(filepath.Base(self), filepath.Ext(self)) != full {
		return self, nil
	}
	beside := filepath.Join(filepath.Dir(self), client+filepath.Ext(self))
	if _, err := os.Stat(beside); err != nil {
		return self, nil //nolint:nilerr // The whole program can do all on its own.
	}
	return beside, nil
}

// executable is the file of this process, links followed.
func executable() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(self)
}
