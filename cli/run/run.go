// Package run is "kubectl run": it runs an image in a pod, or, as of old, in
// a deployment with so many replicas.
package run

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/distribution/reference"
	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/attach"
	"github.com/kubejig/kubejig/cli/changecause"
	deletion "github.com/kubejig/kubejig/cli/delete"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/lastapplied"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/override"
	"github.com/kubejig/kubejig/cli/pairs"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/scheme"
)

// options are the flags of run.
type options struct {
	print    *output.Flags
	record   *changecause.Recorder
	files    resource.FilenameOptions
	override override.Flags
	deletion deletion.Options

	image, pullPolicy, restart  string
	annotations, env            []string
	labels, port                string
	asCommand, privileged       bool
	expose, remove, attach      bool
	stdin, tty, leaveStdinOpen  bool
	quiet, saveConfig           bool
	detachKeys, manager         string
	replicas                    int32
	podTimeout                  time.Duration
	dryRun                      flags.DryRun
	name                        string
	args                        []string
	printer                     printers.ResourcePrinter
	namespace                   string
	explicit, replicasSpecified bool
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{print: flags.Print("created"), record: &changecause.Recorder{}, podTimeout: attach.PodTimeout}
	cmd := &cobra.Command{
		Use:                   "run NAME --image=image [--env=\"key=value\"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...]",
		DisableFlagsInUseLine: true,
		Short:                 "Run a particular image on the cluster",
		Example: `  # A pod, and a shell in one that goes when the shell ends
  kubectl run web --image=nginx
  kubectl run -it --rm debug --image=busybox --restart=Never -- sh`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.deletion.AddFlags(cmd)
	o.print.AddFlags(cmd)
	o.record.AddFlags(cmd)
	o.addFlags(cmd)
	return cmd
}

func (o *options) addFlags(cmd *cobra.Command) {
	set := cmd.Flags()
	flags.AddFilenames(cmd, &o.files, "to use to replace the resource.")
	const ignored = "it is ignored by kubectl run and will be removed in a future release"
	_ = set.MarkDeprecated("filename", ignored)
	_ = set.MarkShorthandDeprecated("filename", ignored)
	flags.AddDryRun(cmd)
	set.StringArrayVar(&o.annotations, "annotations", nil, "Annotation of the pod, as KEY=VALUE; may be given several times.")
	set.StringVar(&o.image, "image", "", "Image to run.")
	_ = cmd.MarkFlagRequired("image")
	set.StringVar(&o.pullPolicy, "image-pull-policy", "", "When to pull the image: Always, IfNotPresent or Never; by default the server decides.")
	set.BoolVar(&o.remove, "rm", false, "Delete the pod when the session ends.")
	set.StringArrayVar(&o.env, "env", nil, "Variable of the container, as KEY=VALUE; may be given several times.")
	set.StringVar(&o.port, "port", "", "Port on which the container listens.")
	set.StringVarP(&o.labels, "labels", "l", "", "Labels of the pod, as KEY=VALUE,KEY=VALUE; by default run=NAME.")
	set.BoolVarP(&o.stdin, "stdin", "i", false, "Keep the container's standard input open, even if nobody is attached.")
	set.BoolVarP(&o.tty, "tty", "t", false, "Give the container a terminal.")
	set.BoolVar(&o.attach, "attach", false, "Wait for the pod and attach to it; with -i by default.")
	set.BoolVar(&o.leaveStdinOpen, "leave-stdin-open", false, "Leave standard input open when the first session ends.")
	set.StringVar(&o.restart, "restart", "Always", "Restart policy of the pod: Always, OnFailure or Never.")
	set.BoolVar(&o.asCommand, "command", false, "The arguments are the container's command, not its arguments.")
	set.BoolVar(&o.expose, "expose", false, "Make a ClusterIP service for the pod, with --port.")
	set.BoolVarP(&o.quiet, "quiet", "q", false, "Do not say what is done.")
	set.BoolVar(&o.privileged, "privileged", false, "Run the container privileged.")
	set.StringVar(&o.detachKeys, "detach-keys", attach.DetachKeys, "Keys that leave the container running and end the session.")
	set.Int32Var(&o.replicas, "replicas", 1, "Run so many pods, in a deployment, as kubectl did before 1.18.")
	_ = set.MarkHidden("replicas")
	flags.AddFieldManager(cmd, &o.manager, "kubectl-run")
	o.override.AddFlags(cmd)
	flags.AddSaveConfig(cmd, &o.saveConfig)
	flags.AddPodRunningTimeout(cmd, &o.podTimeout)
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	pod, err := o.complete(cmd, f)
	if err != nil {
		return err
	}
	if err := o.validate(cmd, args); err != nil {
		return err
	}
	o.name, o.args = args[0], args[1:]
	o.fillPod(pod)
	main, kind, err := o.mainObject(f, pod)
	if err != nil {
		return err
	}
	object, err := o.create(cmd.Context(), f, main, kind)
	if err != nil {
		return err
	}
	created := []createdObject{{object, kind}}
	var errs []error
	if o.expose {
		service, err := o.create(cmd.Context(), f, o.service(pod.Labels), corev1.SchemeGroupVersion.WithResource("services"))
		if err != nil {
			errs = append(errs, err)
		} else {
			created = append(created, createdObject{service, corev1.SchemeGroupVersion.WithResource("services")})
		}
	}
	if o.attach {
		return o.runAttached(cmd, f, created)
	}
	for _, c := range created {
		if err := o.printer.PrintObj(c.object, f.Out); err != nil {
			errs = append(errs, err)
		}
	}
	return utilerrors.NewAggregate(errs)
}

// createdObject is an object that run made.
type createdObject struct {
	object runtime.Object
	where  schema.GroupVersionResource
}

// complete reads the flags; the pod has what could be read already.
func (o *options) complete(cmd *cobra.Command, f *factory.Factory) (*corev1.Pod, error) {
	var err error
	o.record.Complete(cmd, f.Args)
	pod, err := o.parsePod()
	if err != nil {
		return nil, err
	}
	if err := flags.CheckPodRunningTimeout(o.podTimeout); err != nil {
		return nil, err
	}
	if !cmd.Flags().Changed("attach") && o.stdin {
		o.attach = true
	}
	o.replicasSpecified = cmd.Flags().Changed("replicas")
	if o.dryRun, err = flags.GetDryRun(cmd, f.ErrOut); err != nil {
		return nil, err
	}
	if o.namespace, o.explicit, err = f.Namespace(); err != nil {
		return nil, err
	}
	flags.PrintDryRun(o.print, o.dryRun)
	if o.printer, err = o.print.Printer(); err != nil {
		return nil, err
	}
	if err := o.deletion.Parse(f.ErrOut); err != nil {
		return nil, err
	}
	o.deletion.GracePeriod = -1
	return pod, nil
}

// parsePod reads what makes up the pod.
func (o *options) parsePod() (*corev1.Pod, error) {
	pod := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{}}}}
	annotations, err := pairs.Parse(o.annotations, "annotations")
	if err != nil {
		return nil, err
	}
	pod.Annotations = annotations.Set
	if o.labels != "" {
		if pod.Labels, err = pairs.Labels(o.labels); err != nil {
			return nil, err
		}
	}
	container := &pod.Spec.Containers[0]
	if container.Env, err = parseEnv(o.env); err != nil {
		return nil, err
	}
	if pod.Spec.RestartPolicy, err = restartPolicy(o.restart, o.stdin); err != nil {
		return nil, err
	}
	switch policy := corev1.PullPolicy(o.pullPolicy); policy {
	case "", corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever:
		container.ImagePullPolicy = policy
	default:
		return nil, fmt.Errorf("invalid image pull policy: %s, valid values are: %s, %s, %s", o.pullPolicy, corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever)
	}
	return pod, nil
}

func parseEnv(values []string) ([]corev1.EnvVar, error) {
	env := []corev1.EnvVar{}
	if slices.Equal(values, []string{""}) { // --env= alone says nothing, as in kubectl
		return env, nil
	}
	for _, value := range values {
		name, content, ok := strings.Cut(value, "=")
		if !ok || name == "" || len(validation.IsEnvVarName(name)) != 0 {
			return nil, fmt.Errorf("invalid env: %v", value)
		}
		env = append(env, corev1.EnvVar{Name: name, Value: content})
	}
	return env, nil
}

func restartPolicy(value string, interactive bool) (corev1.RestartPolicy, error) {
	switch policy := corev1.RestartPolicy(value); policy {
	case corev1.RestartPolicyAlways, corev1.RestartPolicyNever, corev1.RestartPolicyOnFailure:
		return policy, nil
	case "":
		if interactive {
			return corev1.RestartPolicyOnFailure, nil
		}
		return corev1.RestartPolicyAlways, nil
	}
	return "", fmt.Errorf("invalid restart policy: %s, valid values are: %s, %s, %s", value,
		corev1.RestartPolicyAlways, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever)
}

func (o *options) validate(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0 || cmd.ArgsLenAtDash() == 0:
		return fmt.Errorf("NAME is required for run")
	case o.image == "":
		return fmt.Errorf("--image is required")
	case !reference.ReferenceRegexp.MatchString(o.image):
		return fmt.Errorf("invalid image name %q: %w", o.image, reference.ErrReferenceInvalidFormat)
	case o.tty && !o.stdin:
		return fmt.Errorf("-i/--stdin is required for containers with -t/--tty=true")
	case o.expose && o.port == "":
		return fmt.Errorf("--port must be set when exposing a service")
	case o.port != "" && !isNumber(o.port):
		return fmt.Errorf("--port must be a number")
	case !o.attach && o.remove:
		return fmt.Errorf("--rm should only be used for attached containers")
	case o.attach && o.dryRun != flags.DryRunNone:
		return fmt.Errorf("--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)")
	}
	return nil
}

func isNumber(text string) bool {
	_, err := strconv.Atoi(text)
	return err == nil
}

// create sends an object, unless that is not wanted.
func (o *options) create(ctx context.Context, f *factory.Factory, object runtime.Object, where schema.GroupVersionResource) (runtime.Object, error) {
	mapper, err := f.ToRESTMapper()
	if err != nil {
		return nil, err
	}
	kinds, _, err := scheme.Scheme().ObjectKinds(object)
	if err != nil {
		return nil, err
	}
	if _, err := mapper.RESTMapping(kinds[0].GroupKind(), where.Version); err != nil {
		return nil, err
	}
	_ = o.record.Record(object)
	if o.dryRun == flags.DryRunClient {
		if accessor, err := meta.Accessor(object); err == nil && o.explicit {
			accessor.SetNamespace(o.namespace)
		}
		return object, nil
	}
	if err := lastapplied.KeepOrUpdate(o.saveConfig, object); err != nil {
		return nil, err
	}
	client, err := f.TypedClient(where.GroupVersion())
	if err != nil {
		return nil, err
	}
	return client.Post().Namespace(o.namespace).Resource(where.Resource).
		VersionedParams(&metav1.CreateOptions{FieldManager: o.manager, DryRun: o.dryRun.Options()}, scheme.ParameterCodec()).
		Body(object).Do(ctx).Get()
}
