// Package attach is "kubectl attach".
package attach

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/logs"
	"github.com/kubejig/kubejig/cli/pods"
	"github.com/kubejig/kubejig/cli/remote"
	"github.com/kubejig/kubejig/cli/terminal"
)

// PodTimeout is how long to wait for a pod to run by default.
const PodTimeout = 60 * time.Second

// DetachKeys are the keys by which users leave by default.
const DetachKeys = "ctrl-p,ctrl-q"

// Options say how to attach to a pod.
type Options struct {
	Container  string
	DetachKeys string
	Session    remote.Session
	// CommandName is the command that is shown for coming back.
	CommandName string
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &Options{}
	timeout := PodTimeout
	cmd := &cobra.Command{
		Use:                   "attach (POD | TYPE/NAME) -c CONTAINER",
		DisableFlagsInUseLine: true,
		Short:                 "Attach to a running container",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.CheckPodRunningTimeout(timeout); err != nil {
				return failure.Usage(cmd, "%s", err)
			}
			o.CommandName = cmd.CommandPath()
			pod, err := find(cmd.Context(), f, args, timeout)
			if err != nil {
				return err
			}
			return o.Attach(cmd.Context(), f, pod)
		},
	}
	flags.AddPodRunningTimeout(cmd, &timeout)
	flags.AddContainer(cmd, &o.Container)
	cmd.Flags().BoolVarP(&o.Session.Stdin, "stdin", "i", false, "Pass standard input to the container.")
	cmd.Flags().BoolVarP(&o.Session.TTY, "tty", "t", false, "Standard input is a terminal.")
	cmd.Flags().BoolVarP(&o.Session.Quiet, "quiet", "q", false, "Print only what the container prints.")
	cmd.Flags().StringVar(&o.DetachKeys, "detach-keys", DetachKeys, "Keys that leave the container running and end the session.")
	return cmd
}

// find is the pod that the arguments mean.
func find(ctx context.Context, f *factory.Factory, args []string, timeout time.Duration) (*corev1.Pod, error) {
	namespace, _, err := f.Namespace()
	if err != nil {
		return nil, err
	}
	builder := f.NewTypedBuilder().
		NamespaceParam(namespace).DefaultNamespace()
	switch len(args) {
	case 0:
		return nil, fmt.Errorf("at least 1 argument is required for attach")
	case 1:
		builder.ResourceNames("pods", args[0])
	case 2:
		builder.ResourceNames(args[0], args[1])
	default:
		return nil, fmt.Errorf("expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw %d: %v", len(args), args)
	}
	object, err := builder.Do().Object()
	if err != nil {
		return nil, err
	}
	pod, err := pods.ForObject(ctx, f, object, timeout)
	if err != nil {
		return nil, err
	}
	if phase := pod.Status.Phase; phase == corev1.PodSucceeded || phase == corev1.PodFailed {
		return nil, fmt.Errorf("cannot attach a container in a completed pod; current phase is %s", phase)
	}
	return pod, nil
}

// Attach connects the user's streams with the container's main program.
func (o *Options) Attach(ctx context.Context, f *factory.Factory, pod *corev1.Pod) error {
	warnings := f.ErrOut
	if o.Session.Quiet {
		warnings = nil
	}
	container, err := pods.ChosenContainer(f, pod, o.Container, warnings)
	if err != nil {
		return fmt.Errorf("cannot attach to the container: %v", err)
	}
	if o.Session.TTY && !container.TTY && !o.Session.Quiet {
		fmt.Fprintf(f.ErrOut, "error: Unable to use a TTY - container %s did not allocate one\n", container.Name)
	}
	o.Session.TTY = container.TTY
	o.Session.Nudge = true
	o.Session.Open(f)
	if !o.Session.Quiet {
		fmt.Fprintln(f.ErrOut, "All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.")
		fmt.Fprintln(f.ErrOut, "If you don't see a command prompt, try pressing enter.")
	}
	err = o.Session.Run(ctx, func(ctx context.Context, streams remote.Streams) error {
		return o.connect(ctx, f, pod, container.Name, streams)
	})
	if err != nil {
		return err
	}
	if message := o.farewell(pod, container.Name); message != "" {
		fmt.Fprintln(f.Out, message)
	}
	return nil
}

// AttachOrLog is Attach; if that fails, the pod's log must do.
func (o *Options) AttachOrLog(ctx context.Context, f *factory.Factory, pod *corev1.Pod, log *corev1.PodLogOptions) error {
	err := o.Attach(ctx, f, pod)
	if err != nil && !errors.Is(err, failure.Silent) {
		fmt.Fprintf(f.ErrOut, "warning: couldn't attach to pod/%s, falling back to streaming logs: %v\n", pod.Name, err)
		return logs.Print(ctx, f, pod, log)
	}
	return err
}

func (o *Options) connect(ctx context.Context, f *factory.Factory, pod *corev1.Pod, container string, streams remote.Streams) error {
	if streams.TTY && streams.In != nil {
		keys := o.DetachKeys
		if keys == "" {
			keys = DetachKeys
		}
		in, err := terminal.Detachable(streams.In, keys)
		if err != nil {
			return fmt.Errorf("could not bind detach keys: %w", err)
		}
		streams.In = in
	}
	return remote.Connect(ctx, f, pod, "attach", &corev1.PodAttachOptions{
		Container: container,
		Stdin:     streams.In != nil,
		Stdout:    true,
		Stderr:    streams.ErrOut != nil,
		TTY:       streams.TTY,
	}, streams)
}

// farewell tells how to come back to an interactive session.
func (o *Options) farewell(pod *corev1.Pod, container string) string {
	if o.Session.Quiet || !o.Session.Stdin || !o.Session.TTY {
		return ""
	}
	back := fmt.Sprintf("'%s %s -c %s -n %s -i -t'", o.CommandName, pod.Name, container, pod.Namespace)
	if _, field := pods.Container(pod, container); strings.HasPrefix(field, "spec.ephemeralContainers") {
		return fmt.Sprintf("Session ended, the ephemeral container will not be restarted but may be reattached using %s if it is still running", back)
	}
	return fmt.Sprintf("Session ended, resume using %s command", back)
}
