// Package debug is "kubectl debug": a container for looking around, in a pod
// that runs, in a copy of a pod, or on a node.
package debug

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/resource"
)

// options are the flags of debug.
type options struct {
	files resource.FilenameOptions

	image, pullPolicy, container string
	target, copyTo               string
	profileName, customFile      string
	env, setImages               map[string]string
	attach, stdin, tty, quiet    bool
	argumentsOnly                bool
	replace, sameNode            bool
	shareProcesses               bool
	keep                         keep
	shareProcessesGiven          bool
	targets, args                []string
	profile                      profile
	custom                       *corev1.Container
	namespace                    string
	client                       rest.Interface
	f                            *factory.Factory
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{f: f, shareProcesses: true, keep: keep{initContainers: true}}
	cmd := &cobra.Command{
		Use:                   "debug (POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ]",
		DisableFlagsInUseLine: true,
		Short:                 "Create debugging sessions for troubleshooting workloads and nodes",
		Long: `Look around with a container of an image of your own choice.

  * In a pod that runs: as an ephemeral container, while the others go on.
  * In a copy of a pod, in which images and commands can be others.
  * On a node: in a pod with the node's namespaces, and its files at /host.`,
		Example: `  # A shell next to the containers of a pod, which sees the processes of one
  kubectl debug web -it --image=busybox --target=app

  # A copy of the pod in which the container app only sleeps
  kubectl debug web --copy-to=web-debug --container=app -- sleep 1d

  # A shell on a node
  kubectl debug node/node-1 -it --image=busybox`,
		RunE: func(cmd *cobra.Command, args []string) error {
			explicit, err := o.complete(cmd, args)
			if err != nil {
				return err
			}
			if err := o.validate(cmd); err != nil {
				return err
			}
			return o.run(cmd, explicit)
		},
	}
	o.addFlags(cmd)
	return cmd
}

func (o *options) addFlags(cmd *cobra.Command) {
	set := cmd.Flags()
	flags.AddFilename(set, &o.files.Filenames, "with what to debug.")
	set.BoolVar(&o.argumentsOnly, "arguments-only", false, "What follows -- are arguments of the image's own command, not the command.")
	set.BoolVar(&o.attach, "attach", false, "Wait for the container and attach to it; with -i by default.")
	set.StringVarP(&o.container, "container", "c", "", "Name of the debugging container.")
	set.StringVar(&o.copyTo, "copy-to", "", "Debug in a copy of the pod with this name.")
	set.BoolVar(&o.replace, "replace", false, "With --copy-to, delete the original.")
	set.StringToStringVar(&o.env, "env", nil, "Variables of the container.")
	set.StringVar(&o.image, "image", "", "Image of the debugging container.")
	set.BoolVar(&o.keep.labels, "keep-labels", false, "With --copy-to, the copy has the labels too.")
	set.BoolVar(&o.keep.annotations, "keep-annotations", false, "With --copy-to, the copy has the annotations too.")
	set.BoolVar(&o.keep.liveness, "keep-liveness", false, "With --copy-to, the copy has the liveness probes too.")
	set.BoolVar(&o.keep.readiness, "keep-readiness", false, "With --copy-to, the copy has the readiness probes too.")
	set.BoolVar(&o.keep.startup, "keep-startup", false, "With --copy-to, the copy has the startup probes too.")
	set.BoolVar(&o.keep.initContainers, "keep-init-containers", true, "With --copy-to, the copy has the init containers too.")
	set.StringToStringVar(&o.setImages, "set-image", nil, "With --copy-to, other images for the copy's containers, as NAME=IMAGE; * means all others.")
	set.StringVar(&o.pullPolicy, "image-pull-policy", "", "When to pull the image: Always, IfNotPresent or Never; by default the server decides.")
	set.BoolVarP(&o.stdin, "stdin", "i", false, "Keep the container's standard input open, even if nobody is attached.")
	set.BoolVarP(&o.quiet, "quiet", "q", false, "Do not say what is done.")
	set.BoolVar(&o.sameNode, "same-node", false, "With --copy-to, run the copy on the same node.")
	set.BoolVar(&o.shareProcesses, "share-processes", true, "With --copy-to, the copy's containers see each other's processes.")
	set.StringVar(&o.target, "target", "", "Container of the running pod whose processes to see.")
	set.BoolVarP(&o.tty, "tty", "t", false, "Give the container a terminal.")
	set.StringVar(&o.profileName, "profile", general, `What the container may do: "general", "baseline", "restricted", "netadmin" or "sysadmin".`)
	set.StringVar(&o.customFile, "custom", "", "YAML or JSON file with parts of a container to lay over the profile's.")
}

// run debugs each target in turn.
func (o *options) run(cmd *cobra.Command, explicitNamespace bool) error {
	builder := o.f.NewTypedBuilder()
	found := builder.FilenameParam(explicitNamespace, &o.files).
		NamespaceParam(o.namespace).DefaultNamespace().
		ResourceNames("pods", o.targets...).Do()
	if err := found.Err(); err != nil {
		return err
	}
	return found.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		pod, container, err := o.debug(cmd.Context(), info)
		if err != nil || !o.attach || container == "" {
			return err
		}
		return o.attachTo(cmd.Context(), cmd.Parent().CommandPath()+" attach", pod, container)
	})
}

// debug starts the debugging container, and returns it with its pod. There is
// no container if only the images of a copy were set.
func (o *options) debug(ctx context.Context, info *resource.Info) (*corev1.Pod, string, error) {
	switch object := info.Object.(type) {
	case *corev1.Node:
		return o.onNode(ctx, object)
	case *corev1.Pod:
		if o.copyTo != "" {
			return o.inCopy(ctx, object)
		}
		return o.inPod(ctx, object)
	}
	return nil, "", fmt.Errorf("%q not supported by debug", info.Mapping.GroupVersionKind)
}

// say tells the user what is done, unless that is not wanted.
func (o *options) say(format string, args ...any) {
	if !o.quiet {
		fmt.Fprintf(o.f.Out, format+"\n", args...)
	}
}
