package plugin

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
)

// Dispatch runs the plugin that the arguments mean, if they mean no command
// of ours; done says whether there was one.
func Dispatch(ctx context.Context, f *factory.Factory, root *cobra.Command, args []string) (done bool, err error) {
	fewest, possible := namesPlugin(root, args)
	if !possible {
		return false, nil
	}
	path, rest, err := lookUp(f, args, fewest)
	if err == nil && path == "" {
		return false, nil
	}
	status := 0
	if err == nil {
		status, err = start(ctx, f, path, rest)
	}
	switch {
	case err != nil:
		fmt.Fprintf(f.ErrOut, "Error: %v\n", err)
		return true, failure.Silent
	case status != 0:
		return true, failure.WithCode(failure.Silent, status)
	}
	return true, nil
}

// namesPlugin says whether the arguments may name a plugin, and with how many
// words at least.
func namesPlugin(root *cobra.Command, args []string) (fewest int, possible bool) {
	if len(args) == 0 {
		return 0, false
	}
	command, left, err := root.Find(args)
	if err != nil {
		first := slices.IndexFunc(args, func(arg string) bool { return !strings.HasPrefix(arg, "-") })
		reserved := []string{"help", cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd}
		return 1, first < 0 || !slices.Contains(reserved, args[first])
	}
	// Plugins may add to what can be created.
	if command.Name() != "create" || len(left) == 0 || strings.HasPrefix(left[0], "-") {
		return 0, false
	}
	known := slices.ContainsFunc(command.Commands(), func(sub *cobra.Command) bool { return sub.Name() == left[0] })
	return len(args) - len(left) + 1, !known
}

// lookUp finds the plugin with the longest name that the words make; rest are
// the arguments for it.
func lookUp(f *factory.Factory, args []string, fewest int) (path string, rest []string, err error) {
	var words []string
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") {
			break
		}
		words = append(words, strings.ReplaceAll(arg, "-", "_"))
	}
	if len(words) == 0 {
		return "", nil, fmt.Errorf("flags cannot be placed before plugin name: %s", args[0])
	}
	for count := len(words); count >= fewest; count-- {
		for _, prefix := range prefixes() {
			if path := f.OnPath(prefix + strings.Join(words[:count], "-")); path != "" {
				return path, args[count:], nil
			}
		}
	}
	return "", nil, nil
}

// start runs the plugin in place of this process, or, if the environment does
// not allow that, beside it, and returns its exit status.
func start(ctx context.Context, f *factory.Factory, path string, args []string) (status int, err error) {
	variables := slices.DeleteFunc(f.Variables(), func(variable string) bool {
		return strings.HasPrefix(variable, "KUBECTL_PATH=")
	})
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	variables = append(variables, "KUBECTL_PATH="+self)
	return f.Become(ctx, path, append([]string{path}, args...), variables)
}
