// Package factory builds what commands need from a server or from the user's
// machine, each part only when it is asked for: kubeconfig, REST client,
// discovery, mapper, resource builder. A Factory belongs to one run of the
// command line; it shares nothing with other runs.
//
// It must not import commands, and nothing of the engine.
package factory

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/homedir"

	"github.com/kubejig/kubejig/cli/failure"
)

// IOStreams are the standard streams of one run.
type IOStreams = genericiooptions.IOStreams

// Environment is what a run sees of the process and machine around it.
type Environment struct {
	// Program is the name by which the user called us: kubectl or kubejig.
	Program string
	// Getenv looks up an environment variable; unset ones are "".
	Getenv func(name string) string
	// Environ lists all environment variables as NAME=VALUE, for programs that
	// are started; nil means that they see PATH, HOME and KUBECONFIG only.
	Environ func() []string
	// Exec, if set, puts another program in the place of this process.
	Exec func(path string, args, environ []string) error
	// Home is the user's home directory, where ~/.kube is.
	Home string
	// Dir is the working directory against which relative paths are read; "" is
	// that of the process.
	Dir string
	// Now is the local clock, used where no server told its own.
	Now func() time.Time
	// WrapConfig, if set, changes every client's configuration; an in-process
	// cluster puts its transport in here.
	WrapConfig func(*rest.Config) *rest.Config
	// OwnsLog says that the client libraries' log, which is the process's, is the
	// run's.
	OwnsLog bool
	// Notify, if set, makes a context that signals cancel instead of killing the
	// process: signal.NotifyContext.
	Notify func(context.Context, ...os.Signal) (context.Context, context.CancelFunc)
}

// Interruptible is ctx for a part of a command that wants to end in good order
// when the user interrupts it (Ctrl-C).
func (e Environment) Interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	return e.notified(ctx, os.Interrupt)
}

// Terminable is ctx for a part of a command that has something to put back,
// such as the mode of the user's terminal, whatever ends it.
func (e Environment) Terminable(ctx context.Context) (context.Context, context.CancelFunc) {
	return e.notified(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
}

// UnlessTerminated does work that waits for the cluster or the user. When a
// signal ends us it returns failure.Silent at once and leaves the work where it
// stands: that would only tell how it broke.
func (e Environment) UnlessTerminated(ctx context.Context, work func(context.Context) error) error {
	terminated, release := e.Terminable(ctx)
	defer release()
	return until(ctx, terminated, work, failure.Silent)
}

// UnlessInterrupted does work that goes on until the user interrupts it, which
// is how it ends well: it returns nil then.
func (e Environment) UnlessInterrupted(ctx context.Context, work func(context.Context) error) error {
	interrupted, release := e.Interruptible(ctx)
	defer release()
	return until(ctx, interrupted, work, nil)
}

// until returns what work does, or left once a signal has ended signalled.
func until(ctx, signalled context.Context, work func(context.Context) error, left error) error {
	ended := make(chan error, 1)
	go func() { ended <- work(ctx) }()
	select {
	case err := <-ended:
		return err
	case <-signalled.Done():
		if ctx.Err() != nil { // It is our caller who ends us.
			return <-ended
		}
		return left
	}
}

func (e Environment) notified(ctx context.Context, signals ...os.Signal) (context.Context, context.CancelFunc) {
	if e.Notify == nil {
		return context.WithCancel(ctx)
	}
	return e.Notify(ctx, signals...)
}

// ProcessEnvironment is the environment of the running process, called as
// program.
func ProcessEnvironment(program string) Environment {
	return Environment{
		Program: program,
		Getenv:  os.Getenv,
		Environ: os.Environ,
		Home:    homedir.HomeDir(),
		Now:     time.Now,
	}
}

// Variables are the environment of programs that a command starts.
func (e Environment) Variables() []string {
	if e.Environ != nil {
		return e.Environ()
	}
	return []string{"PATH=" + e.Getenv("PATH"), "HOME=" + e.Home, "KUBECONFIG=" + e.Getenv("KUBECONFIG")}
}

// Enabled says whether an environment variable turns a feature on that is off
// by default.
func (e Environment) Enabled(feature string) bool {
	return strings.EqualFold(e.Getenv(feature), "true")
}

// Path is a path that the user gave, as this process can open it. URLs, and "-"
// for standard input, stay as they are.
func (e Environment) Path(name string) string {
	if e.Dir == "" || name == "" || name == "-" || filepath.IsAbs(name) || IsURL(name) {
		return name
	}
	return filepath.Join(e.Dir, name)
}

// cacheDirectory is where discovery is cached unless --cache-dir says else.
func (e Environment) cacheDirectory() string {
	if dir := e.Getenv("KUBECACHEDIR"); dir != "" {
		return dir
	}
	return filepath.Join(e.Home, ".kube", "cache")
}
