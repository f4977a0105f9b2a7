// Package logs is "kubectl logs".
package logs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/cli/color"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
)

const (
	podTimeout   = 20 * time.Second // For a pod of a workload to be there.
	selectorTail = 10               // Lines of each pod that a selector finds.
	usage        = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command"
)

type options struct {
	log                     corev1.PodLogOptions
	sinceTime               string
	since                   time.Duration
	limitBytes, tail        int64
	allPods, allContainers  bool
	ignoreErrors, prefix    bool
	maxRequests             int
	selector                string
	podTimeout              time.Duration
	containerFlag, tailFlag bool // Were given.
	args                    []string

	followNew bool // Beyond kubectl.
	color     string
	colored   bool
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{podTimeout: podTimeout}
	cmd := &cobra.Command{
		Use:                   "logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]",
		DisableFlagsInUseLine: true,
		Short:                 "Print the logs for a container in a pod",
		Example: `  # What a pod has printed, and what it prints from now on
  kubectl logs web
  kubectl logs -f web

  # What the container printed before it was restarted
  kubectl logs -p web -c app

  # All containers of all pods with a label
  kubectl logs -l app=web --all-containers --prefix

  # All pods of a deployment, also those that come later, a colour each
  kubejig logs deployment/web --follow-new --prefix --color=auto`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.args = args
			o.containerFlag = cmd.Flags().Changed("container")
			o.tailFlag = cmd.Flags().Changed("tail")
			return o.run(cmd, f)
		},
	}
	set := cmd.Flags()
	set.BoolVar(&o.allPods, "all-pods", false, "The logs of all pods of the object, with --prefix.")
	set.BoolVar(&o.allContainers, "all-containers", false, "The logs of all containers of the pods.")
	set.BoolVarP(&o.log.Follow, "follow", "f", false, "Go on with what is printed from now on.")
	set.BoolVar(&o.log.Timestamps, "timestamps", false, "Put the time in front of each line.")
	set.Int64Var(&o.limitBytes, "limit-bytes", 0, "At most so many bytes; 0 is no limit.")
	set.BoolVarP(&o.log.Previous, "previous", "p", false, "The logs of the container's previous instance.")
	set.Int64Var(&o.tail, "tail", -1, "The last so many lines; -1 all, with a selector 10.")
	set.BoolVar(&o.ignoreErrors, "ignore-errors", false, "Go on with the other logs when one can not be read.")
	set.StringVar(&o.sinceTime, "since-time", "", "Only what was printed after this time (RFC3339).")
	set.DurationVar(&o.since, "since", 0, "Only what was printed within the last 5s, 2m or 3h.")
	set.StringVarP(&o.log.Container, "container", "c", "", "Container of the pod.")
	set.BoolVar(&o.log.InsecureSkipTLSVerifyBackend, "insecure-skip-tls-verify-backend", false, "Have the server not check the node's certificate: anybody could answer in its place.")
	flags.AddPodRunningTimeout(cmd, &o.podTimeout)
	flags.AddSelector(cmd, &o.selector)
	set.IntVar(&o.maxRequests, "max-log-requests", 5, "How many logs may be followed at the same time.")
	set.BoolVar(&o.prefix, "prefix", false, "Put the names of pod and container in front of each line.")
	set.BoolVar(&o.followNew, "follow-new", false, "Follow all pods of the object or selector, also those that come later; that of a job ends with the job.")
	color.AddFlag(cmd, &o.color)
	return cmd
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory) error {
	if o.followNew {
		o.log.Follow, o.allPods = true, true
	}
	target, err := o.target(cmd)
	if err != nil {
		return err
	}
	namespace, _, err := f.Namespace()
	if err != nil {
		return err
	}
	if err := flags.CheckPodRunningTimeout(o.podTimeout); err != nil {
		return err
	}
	if err := o.completeLog(); err != nil {
		return err
	}
	if o.colored, err = color.Wanted(f, o.color, f.Out); err != nil {
		return err
	}
	object, err := o.find(f, namespace, target)
	if err != nil {
		return err
	}
	if err := o.validate(); err != nil {
		return err
	}
	return f.UnlessTerminated(cmd.Context(), func(ctx context.Context) error {
		if o.followNew {
			return o.printAndFollow(ctx, f, namespace, object)
		}
		return o.print(ctx, f, object)
	})
}

// target is the pod or TYPE/NAME among the arguments, "" with a selector.
func (o *options) target(cmd *cobra.Command) (string, error) {
	if o.allPods {
		o.prefix = true
	}
	switch len(o.args) {
	case 0:
		if o.selector == "" {
			return "", failure.Usage(cmd, "%s", usage)
		}
		return "", nil
	case 1:
		if o.selector != "" {
			return "", failure.Usage(cmd, "only a selector (-l) or a POD name is allowed")
		}
		return o.args[0], nil
	case 2:
		o.log.Container = o.args[1]
		return o.args[0], nil
	}
	return "", failure.Usage(cmd, "%s", usage)
}

// completeLog makes the options of the requests.
func (o *options) completeLog() error {
	if o.sinceTime != "" {
		since, err := time.Parse(time.RFC3339, o.sinceTime)
		if err != nil {
			return err
		}
		o.log.SinceTime = &metav1.Time{Time: since}
	}
	if o.limitBytes != 0 {
		o.log.LimitBytes = &o.limitBytes
	}
	if o.since != 0 {
		seconds := int64(o.since.Round(time.Second).Seconds())
		o.log.SinceSeconds = &seconds
	}
	switch {
	case o.selector != "" && !o.tailFlag:
		tail := int64(selectorTail)
		o.log.TailLines = &tail
	case o.tail != -1:
		o.log.TailLines = &o.tail
	}
	return nil
}

// find is the object whose logs are meant: a pod, a workload, a list of pods.
func (o *options) find(f *factory.Factory, namespace, target string) (runtime.Object, error) {
	builder := f.NewTypedBuilder().
		NamespaceParam(namespace).DefaultNamespace().SingleResourceType()
	if target != "" {
		builder.ResourceNames("pods", target)
	}
	if o.selector != "" {
		builder.ResourceTypes("pods").LabelSelectorParam(o.selector)
	}
	infos, err := builder.Do().Infos()
	if err != nil {
		if apierrors.IsNotFound(err) {
			err = fmt.Errorf("error from server (NotFound): %w in namespace %q", err, namespace)
		}
		return nil, err
	}
	if o.selector == "" && len(infos) != 1 {
		return nil, errors.New("expected a resource")
	}
	if list, ok := infos[0].Object.(*corev1.PodList); ok && o.selector != "" && len(list.Items) == 0 {
		fmt.Fprintf(f.ErrOut, "No resources found in %s namespace.\n", namespace)
	}
	return infos[0].Object, nil
}

func (o *options) validate() error {
	switch {
	case o.followNew && o.log.Previous:
		return fmt.Errorf("--follow-new goes forward and --previous back; only one of them can be given")
	case o.sinceTime != "" && o.since != 0:
		return fmt.Errorf("at most one of `sinceTime` or `sinceSeconds` may be specified")
	case o.allContainers && o.log.Container != "":
		return fmt.Errorf("--all-containers=true should not be specified with container name %s", o.log.Container)
	case o.containerFlag && len(o.args) == 2:
		return fmt.Errorf("only one of -c or an inline [CONTAINER] arg is allowed")
	case o.limitBytes < 0:
		return fmt.Errorf("--limit-bytes must be greater than 0")
	case o.log.SinceSeconds != nil && *o.log.SinceSeconds < 0:
		return fmt.Errorf("--since must be greater than 0")
	case o.log.TailLines != nil && *o.log.TailLines < -1:
		return fmt.Errorf("--tail must be greater than or equal to -1")
	}
	return nil
}

func (o *options) print(ctx context.Context, f *factory.Factory, object runtime.Object) error {
	sources, err := Find(ctx, f, object, Selection{
		Options:       &o.log,
		AllContainers: o.allContainers,
		AllPods:       o.allPods,
		PodTimeout:    o.podTimeout,
	})
	if err != nil {
		return err
	}
	if !o.log.Follow || len(sources) == 1 {
		err = o.printInTurn(ctx, f, sources)
	} else {
		if len(sources) > o.maxRequests {
			return fmt.Errorf("you are attempting to follow %d log streams, but maximum allowed concurrency is %d, use --max-log-requests to increase the limit",
				len(sources), o.maxRequests)
		}
		err = o.printTogether(ctx, f, sources)
	}
	if ctx.Err() != nil {
		return failure.Silent
	}
	return err
}
