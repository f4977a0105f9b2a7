// Package exec is "kubectl exec".
package exec

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/pods"
	"github.com/kubejig/kubejig/cli/remote"
	"github.com/kubejig/kubejig/cli/resource"
)

// podTimeout is how long to wait for a pod of a workload by default.
const podTimeout = 60 * time.Second

type options struct {
	files      resource.FilenameOptions
	container  string
	session    remote.Session
	podTimeout time.Duration
	target     string
	command    []string
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{podTimeout: podTimeout}
	cmd := &cobra.Command{
		Use:                   "exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...]",
		DisableFlagsInUseLine: true,
		Short:                 "Execute a command in a container",
		Example: `  # A command in the pod's first container, a shell in a certain one
  kubectl exec web -- date
  kubectl exec -it web -c debug -- sh

  # In a pod of a deployment
  kubectl exec deploy/web -- env`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.parse(cmd, args); err != nil {
				return err
			}
			return o.run(cmd, f)
		},
	}
	flags.AddPodRunningTimeout(cmd, &o.podTimeout)
	flags.AddFilename(cmd.Flags(), &o.files.Filenames, "to use to exec into the resource")
	flags.AddContainer(cmd, &o.container)
	cmd.Flags().BoolVarP(&o.session.Stdin, "stdin", "i", false, "Pass standard input to the container.")
	cmd.Flags().BoolVarP(&o.session.TTY, "tty", "t", false, "Standard input is a terminal.")
	cmd.Flags().BoolVarP(&o.session.Quiet, "quiet", "q", false, "Print only what the command prints.")
	return cmd
}

// parse tells the pod from the command, which stands behind "--".
func (o *options) parse(cmd *cobra.Command, args []string) error {
	dash := cmd.ArgsLenAtDash()
	if len(args) > 0 && dash != 0 {
		o.target = args[0]
	}
	if dash == 0 || dash == 1 {
		o.command = args[dash:]
	} else if len(args) > 1 || len(args) > 0 && len(o.files.Filenames) != 0 {
		return failure.Usage(cmd, "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead")
	}
	if err := flags.CheckPodRunningTimeout(o.podTimeout); err != nil {
		return failure.Usage(cmd, "%s", err)
	}
	return nil
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory) error {
	namespace, explicit, err := f.Namespace()
	if err != nil {
		return err
	}
	if o.target == "" && len(o.files.Filenames) == 0 {
		return fmt.Errorf("pod, type/name or --filename must be specified")
	}
	if len(o.command) == 0 {
		return fmt.Errorf("you must specify at least one command for the container")
	}
	pod, err := o.pod(cmd, f, namespace, explicit)
	if err != nil {
		return err
	}
	warnings := f.ErrOut
	if o.session.Quiet {
		warnings = nil
	}
	container, err := Container(f, pod, o.container, warnings)
	if err != nil {
		return err
	}
	o.session.Open(f)
	return o.session.Run(cmd.Context(), func(ctx context.Context, streams remote.Streams) error {
		return Command(ctx, f, pod, container, o.command, streams)
	})
}

// Container names the container of the pod to run something in: the wanted
// one, or the default one, of which a note goes to warnings.
func Container(f *factory.Factory, pod *corev1.Pod, wanted string, warnings io.Writer) (string, error) {
	if phase := pod.Status.Phase; phase == corev1.PodSucceeded || phase == corev1.PodFailed {
		return "", fmt.Errorf("cannot exec into a container in a completed pod; current phase is %s", phase)
	}
	container, err := pods.ChosenContainer(f, pod, wanted, warnings)
	if err != nil {
		return "", err
	}
	return container.Name, nil
}

// Command runs a command in a container until it ends.
func Command(ctx context.Context, f *factory.Factory, pod *corev1.Pod, container string, command []string, streams remote.Streams) error {
	return remote.Connect(ctx, f, pod, "exec", &corev1.PodExecOptions{
		Container: container,
		Command:   command,
		Stdin:     streams.In != nil,
		Stdout:    true,
		Stderr:    streams.ErrOut != nil,
		TTY:       streams.TTY,
	}, streams)
}

func (o *options) pod(cmd *cobra.Command, f *factory.Factory, namespace string, explicit bool) (*corev1.Pod, error) {
	builder := f.NewTypedBuilder()
	builder.FilenameParam(explicit, &o.files).NamespaceParam(namespace).DefaultNamespace()
	if o.target != "" {
		builder.ResourceNames("pods", o.target)
	}
	object, err := builder.Do().Object()
	if err != nil {
		return nil, err
	}
	if meta.IsListType(object) {
		return nil, fmt.Errorf("cannot exec into multiple objects at a time")
	}
	return pods.ForObject(cmd.Context(), f, object, o.podTimeout)
}
