// Package cli is the command line: kubectl's commands, and our own on top.
//
// A command line is a value: it is given its arguments, streams and
// environment, and returns an error. It changes nothing outside of them, so
// that many can run in one process at the same time, and never ends the
// process.
//
// Each verb has a folder below this one, whose New builds the cobra command
// (flags and arguments) and whose other functions do the work. Commands reach
// the server and the user's machine through the factory only. The controllers
// and the store of the fake cluster must not be imported.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/handover"
	"github.com/kubejig/kubejig/cli/plugin"
	"github.com/kubejig/kubejig/cli/preference"
	"github.com/kubejig/kubejig/cli/profile"
)

// IOStreams are the standard streams of one run.
type IOStreams = factory.IOStreams

// Environment is what a run sees of the process and machine around it.
type Environment = factory.Environment

// Run carries out one command line in the environment of this process. args
// has the program's name in front, as os.Args has; its base name is what we
// call ourselves in messages. Cancelling ctx ends what waits.
//
// The error has not been printed; see Report.
func Run(ctx context.Context, streams IOStreams, args []string) error {
	program := "kubejig"
	if len(args) > 0 {
		program = programName(args[0])
	}
	return RunIn(ctx, factory.ProcessEnvironment(program), streams, args)
}

// RunIn is Run in an environment of its own.
func RunIn(ctx context.Context, environment Environment, streams IOStreams, args []string) error {
	if len(args) == 0 {
		args = []string{environment.Program}
	}
	f := factory.New(environment, streams)
	f.Args = args
	if !whole && handover.Named(args) {
		return handover.Run(ctx, f)
	}
	profile := profile.New(environment)
	root, words, err := commandTree(f, profile, args)
	if err != nil {
		fmt.Fprintf(f.ErrOut, "error occurred while applying preferences %v\n", err)
		return failure.Silent
	}
	if done, err := plugin.Dispatch(ctx, f, root, words); done {
		return err
	}
	root.SetArgs(words)
	if err = root.ExecuteContext(ctx); errors.Is(err, failure.ErrNeedsWhole) {
		return handover.Run(ctx, f)
	}
	failure.Log(err, f.Log)
	if written := profile.Finish(); err == nil {
		err = written
	}
	return err
}

// commandTree is the tree of commands with the user's preferences, and the
// arguments to run it with.
func commandTree(f *factory.Factory, profile *profile.Profile, args []string) (*cobra.Command, []string, error) {
	preferences, err := preference.ForRun(f, args)
	if err != nil {
		return nil, nil, err
	}
	words := args[1:]
	root := newRoot(f, profile, words, preferences.Words(words))
	words, err = preferences.Apply(root, words)
	return root, words, err
}

// Commands is the tree of all commands, as their documentation needs it.
func Commands(environment Environment) *cobra.Command {
	return newRoot(factory.New(environment, IOStreams{}), profile.New(environment), nil, nil)
}

// Report prints what Run returned to the error stream and gives the exit
// status for it: 0 for nil.
func Report(err error, streams IOStreams) int {
	return failure.Report(err, streams.ErrOut)
}

// Main is the whole program: it runs os.Args on the process's own streams and
// returns its exit status.
func Main(args []string) int {
	streams := IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	args = completionArgs(args)
	environment := factory.ProcessEnvironment(programName(args[0]))
	environment.OwnsLog = !slices.Contains(args, "cluster") // A cluster that is served logs through the loggers of its requests.
	environment.Exec = replaceProcess()
	environment.Notify = notify
	return Report(RunIn(context.Background(), environment, streams, args), streams)
}

// notify is signal.NotifyContext, but for a signal that nohup keeps from us.
func notify(ctx context.Context, signals ...os.Signal) (context.Context, context.CancelFunc) {
	signals = slices.DeleteFunc(slices.Clone(signals), func(s os.Signal) bool { return s == syscall.SIGHUP && signal.Ignored(s) })
	return signal.NotifyContext(ctx, signals...)
}

// completionArgs are those for a shell's question that kubectl hands on to its
// plugin: kubectl_complete-jig is asked for "kubectl jig".
func completionArgs(args []string) []string {
	folder, name := filepath.Split(args[0])
	plugin, ok := strings.CutPrefix(name, "kubectl_complete-")
	if !ok {
		return args
	}
	return append([]string{folder + "kubectl-" + plugin, cobra.ShellCompRequestCmd}, args[1:]...)
}

// programName is how the program was called, without folder and extension: a
// plugin called kubectl-jig is "kubectl jig".
func programName(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), ".exe")
	switch {
	case name == "kubectl", name == "kubejig":
		return name
	case strings.HasPrefix(name, "kubectl-"):
		return "kubectl " + strings.TrimPrefix(name, "kubectl-")
	}
	return "kubejig"
}
