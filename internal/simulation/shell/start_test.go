package shell_test

import "github.com/kubejig/kubejig/internal/simulation/process"

// startOf is how a test starts a command whose output it wants to see.
func startOf(out process.File, args ...string) process.Start {
	return process.Start{
		Path: "/bin/" + args[0], Args: args, Dir: "/", Env: []string{"PATH=/bin"},
		Files: []process.File{process.NewPipe().Reader(), out, out},
	}
}
