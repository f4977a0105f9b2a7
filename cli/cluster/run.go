package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/handover"
)

// Exit statuses of a command that can't be run, as shells have them.
const (
	notFound      = 127
	notExecutable = 126
	signalled     = 128
)

func newRun(f *factory.Factory) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "run [flags] -- COMMAND [ARG...]",
		Short: "Run a command against a fake cluster of its own",
		Long: "Start a fake cluster, run a command with KUBECONFIG set and with kubectl and kubejig on PATH\n" +
			"both meaning this program, delete the cluster, and exit with the command's status.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || args[0] == "" {
				return failure.Usage(cmd, "name a command to run, as in: %s cluster run -- ./test.sh", f.Program)
			}
			if err := o.complete(cmd.Flags()); err != nil {
				return err
			}
			return run(cmd.Context(), f, o, args)
		},
	}
	o.addFlags(cmd.Flags())
	cmd.Flags().Lookup("clock").DefValue = "auto"
	o.Clock = "auto"
	cmd.Flags().SetInterspersed(false)
	return cmd
}

func run(ctx context.Context, f *factory.Factory, o *options, args []string) error {
	name := DefaultName
	if o.Driver != "fake" {
		name = fmt.Sprintf("%s-%d", DefaultName, os.Getpid()) // it takes place on the machine
	}
	unlessTerminated, stop := f.Terminable(ctx)
	defer stop()
	world, err := o.open(unlessTerminated, name, loopback(), f.Now(), f.ErrOut)
	if err != nil {
		return err
	}
	defer world.close()
	dir, err := os.MkdirTemp("", "kubejig-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	env, err := environment(dir, world.kubeconfig)
	if err != nil {
		return err
	}
	path, err := lookPath(env, args[0])
	if err != nil {
		return failure.WithCode(err, codeOf(err))
	}
	cmd := exec.CommandContext(ctx, path, args[1:]...)
	cmd.Args[0] = args[0]
	cmd.Env = env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = f.In, f.Out, f.ErrOut
	return execute(unlessTerminated, cmd)
}

// environment writes a kubeconfig and the names under which a command finds
// this program, and returns what the command needs to find them.
func environment(dir string, config *clientcmdapi.Config) ([]string, error) {
	kubeconfig := filepath.Join(dir, "config")
	if err := clientcmd.WriteToFile(*config, kubeconfig); err != nil {
		return nil, err
	}
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		return nil, err
	}
	for _, name := range []string{"kubectl", "kubejig"} {
		if err := install(bin, name); err != nil {
			return nil, err
		}
	}
	return append(os.Environ(),
		"KUBECONFIG="+kubeconfig,
		"KUBECACHEDIR="+filepath.Join(dir, "cache"),
		"PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
	), nil
}

// install makes this program known under a name.
func install(bin, name string) error {
	self, err := handover.Program()
	if err != nil {
		return err
	}
	if runtime.GOOS != "windows" {
		return os.Symlink(self, filepath.Join(bin, name))
	}
	return os.Link(self, filepath.Join(bin, name+".exe"))
}

// execute runs the command, unless there is no need any more, and turns its
// status into ours. Signals are the command's to handle.
func execute(needed context.Context, cmd *exec.Cmd) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	if !signal.Ignored(syscall.SIGHUP) { // By nohup.
		signal.Notify(signals, syscall.SIGHUP)
	}
	defer close(signals)
	defer signal.Stop(signals)
	if needed.Err() != nil {
		return failure.Silent
	}
	err := cmd.Start()
	if err == nil {
		go passOn(signals, cmd.Process)
		err = cmd.Wait()
	}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return failure.WithCode(failure.Silent, statusOf(exit))
	}
	if reason := (*fs.PathError)(nil); errors.As(err, &reason) {
		err = reason.Err // It was about the same file.
	}
	if err != nil {
		return failure.WithCode(fmt.Errorf("%s: %w", cmd.Args[0], err), codeOf(err))
	}
	return nil
}

// passOn passes signals on to a command, but for those that it gets from the
// terminal as we do.
func passOn(signals <-chan os.Signal, process *os.Process) {
	for signal := range signals {
		if !typed(signal) {
			_ = process.Signal(signal) // It may have ended.
		}
	}
}

// lookPath finds a command on the PATH that it will itself see.
func lookPath(env []string, name string) (string, error) {
	if filepath.Base(name) != name {
		return name, nil
	}
	paths := env[len(env)-1][len("PATH="):]
	for _, dir := range filepath.SplitList(paths) {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, exec.ErrNotFound)
}

func codeOf(err error) int {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return notFound
	}
	return notExecutable
}

// statusOf is the exit status as a shell would give it.
func statusOf(exit *exec.ExitError) int {
	if code := exit.ExitCode(); code >= 0 {
		return code
	}
	return signalled + signalNumber(exit)
}
