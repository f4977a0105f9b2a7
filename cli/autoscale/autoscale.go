// Package autoscale is "kubectl autoscale".
package autoscale

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	apiresource "k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/cli/changecause"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/lastapplied"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/scheme"
)

type options struct {
	print  *output.Flags
	record *changecause.Recorder
	files  resource.FilenameOptions

	name, cpu, memory, manager string
	min, max, cpuPercent       int32
	saveConfig                 bool
	dryRun                     flags.DryRun

	namespace string
	explicit  bool
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{print: flags.Print("autoscaled"), record: &changecause.Recorder{}}
	cmd := &cobra.Command{
		Use:                   "autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY]",
		DisableFlagsInUseLine: true,
		Short:                 "Auto-scale a deployment, replica set, stateful set, or replication controller",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.record.AddFlags(cmd)
	o.print.AddFlags(cmd)
	set := cmd.Flags()
	set.Int32Var(&o.min, "min", -1, "Fewest pods; negative lets the server decide.")
	set.Int32Var(&o.max, "max", -1, "Most pods.")
	_ = cmd.MarkFlagRequired("max")
	set.Int32Var(&o.cpuPercent, "cpu-percent", -1, "Average CPU use to aim for, in percent of the requests.")
	set.StringVar(&o.cpu, "cpu", "", "Average CPU use to aim for: \"70%\" of the requests, or an amount such as \"500m\".")
	set.StringVar(&o.memory, "memory", "", "Average memory use to aim for: \"60%\" of the requests, or an amount such as \"200Mi\".")
	set.StringVar(&o.name, "name", "", "Name of the autoscaler; by default that of the object.")
	_ = set.MarkDeprecated("cpu-percent", "Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU).")
	flags.AddDryRun(cmd)
	flags.AddFilenames(cmd, &o.files, "identifying the resource to autoscale.")
	flags.AddSaveConfig(cmd, &o.saveConfig)
	flags.AddFieldManager(cmd, &o.manager, "kubectl-autoscale")
	return cmd
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	var err error
	if o.dryRun, err = flags.GetDryRun(cmd, f.ErrOut); err != nil {
		return err
	}
	discovery, err := f.Discovery()
	if err != nil {
		return err
	}
	o.record.Complete(cmd, f.Args)
	if o.namespace, o.explicit, err = f.Namespace(); err != nil {
		return err
	}
	if err := o.validate(); err != nil {
		return err
	}
	builder := f.NewBuilder().Unstructured().ContinueOnError().NamespaceParam(o.namespace).DefaultNamespace()
	result := builder.FilenameParam(o.explicit, &o.files).ResourceTypeOrNameArgs(false, args...).Flatten().Do()
	if err := result.Err(); err != nil {
		return err
	}
	count := 0
	err = result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		where := info.Mapping.GroupVersionKind.GroupVersion().WithResource(info.Mapping.Resource.Resource)
		if _, err := discovery.ScaleKind(where); err != nil {
			return fmt.Errorf("cannot autoscale a %s: %w", info.Mapping.GroupVersionKind.Kind, err)
		}
		count++
		return o.autoscale(cmd.Context(), f, info)
	})
	if err == nil && count == 0 {
		return fmt.Errorf("no objects passed to autoscale")
	}
	return err
}

func (o *options) validate() error {
	switch {
	case o.max < 1:
		return fmt.Errorf("--max=MAXPODS is required and must be at least 1, max: %d", o.max)
	case o.max < o.min:
		return fmt.Errorf("--max=MAXPODS must be larger or equal to --min=MINPODS, max: %d, min: %d", o.max, o.min)
	case o.cpuPercent > 0 && o.cpu != "":
		return fmt.Errorf("--cpu-percent and --cpu are mutually exclusive")
	}
	_, err := o.metrics()
	return err
}

// autoscale makes an autoscaler of version 2 or, on servers that do not take
// it, of version 1 where that can say the same.
func (o *options) autoscale(ctx context.Context, f *factory.Factory, info *resource.Info) error {
	metrics, err := o.metrics()
	if err != nil {
		return err
	}
	err = o.create(ctx, f, o.version2(info.Name, info.Mapping, metrics), autoscalingv2.SchemeGroupVersion)
	if err == nil {
		return nil
	}
	if unfit := o.unfitForVersion1(); unfit != "" {
		return fmt.Errorf("failed to create autoscaling/v2 HPA and the configuration is incompatible with autoscaling/v1: %s", unfit)
	}
	return o.create(ctx, f, o.version1(info.Name, info.Mapping), autoscalingv1.SchemeGroupVersion)
}

// unfitForVersion1 says why version 1 cannot say the same, in kubectl's words:
// it hides the server's answer.
func (o *options) unfitForVersion1() string {
	switch {
	case o.cpu == "":
		return "empty input"
	case o.memory != "" || o.cpuPercent < 0 && !strings.HasSuffix(o.cpu, "%"):
		return "%!w(<nil>)"
	}
	return ""
}

func (o *options) create(ctx context.Context, f *factory.Factory, made runtime.Object, version schema.GroupVersion) error {
	if err := o.record.Record(made); err != nil {
		return fmt.Errorf("error recording current command: %w", err)
	}
	o.print.Names.Operation = "created"
	if o.dryRun != flags.DryRunClient {
		o.print.Names.Operation = "autoscaled"
		if err := lastapplied.KeepOrUpdate(o.saveConfig, made); err != nil {
			return err
		}
		client, err := f.TypedClient(version)
		if err != nil {
			return err
		}
		made, err = client.Post().Namespace(o.namespace).Resource("horizontalpodautoscalers").
			VersionedParams(&metav1.CreateOptions{FieldManager: o.manager, DryRun: o.dryRun.Options()}, scheme.ParameterCodec()).
			Body(made).Do(ctx).Get()
		if err != nil {
			return err
		}
	}
	flags.PrintDryRun(o.print, o.dryRun)
	printer, err := o.print.Printer()
	if err != nil {
		return err
	}
	return printer.PrintObj(made, f.Out)
}

func (o *options) metadata(target string) metav1.ObjectMeta {
	metadata := metav1.ObjectMeta{Name: o.name}
	if o.name == "" {
		metadata.Name = target
	}
	if o.explicit {
		metadata.Namespace = o.namespace
	}
	return metadata
}

func (o *options) version2(target string, mapping *meta.RESTMapping, metrics []autoscalingv2.MetricSpec) *autoscalingv2.HorizontalPodAutoscaler {
	made := &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: o.metadata(target),
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{
				APIVersion: mapping.GroupVersionKind.GroupVersion().String(), Kind: mapping.GroupVersionKind.Kind, Name: target,
			},
			MaxReplicas: o.max,
			Metrics:     metrics,
		},
	}
	if o.min > 0 {
		made.Spec.MinReplicas = &o.min
	}
	return made
}

func (o *options) version1(target string, mapping *meta.RESTMapping) *autoscalingv1.HorizontalPodAutoscaler {
	made := &autoscalingv1.HorizontalPodAutoscaler{
		ObjectMeta: o.metadata(target),
		Spec: autoscalingv1.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv1.CrossVersionObjectReference{
				APIVersion: mapping.GroupVersionKind.GroupVersion().String(), Kind: mapping.GroupVersionKind.Kind, Name: target,
			},
			MaxReplicas: o.max,
		},
	}
	if o.min > 0 {
		made.Spec.MinReplicas = &o.min
	}
	if o.cpuPercent >= 0 {
		made.Spec.TargetCPUUtilizationPercentage = &o.cpuPercent
	}
	return made
}

// metrics are the goals of the flags.
func (o *options) metrics() ([]autoscalingv2.MetricSpec, error) {
	var metrics []autoscalingv2.MetricSpec
	add := func(name corev1.ResourceName, goal autoscalingv2.MetricTarget) {
		metrics = append(metrics, autoscalingv2.MetricSpec{
			Type:     autoscalingv2.ResourceMetricSourceType,
			Resource: &autoscalingv2.ResourceMetricSource{Name: name, Target: goal},
		})
	}
	if o.cpuPercent > 0 {
		add(corev1.ResourceCPU, autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &o.cpuPercent})
	}
	for _, given := range []struct {
		name        corev1.ResourceName
		value, unit string
	}{{corev1.ResourceCPU, o.cpu, "m"}, {corev1.ResourceMemory, o.memory, "Mi"}} {
		if given.value == "" {
			continue
		}
		goal, err := parseGoal(given.name, given.value, given.unit)
		if err != nil {
			return nil, err
		}
		add(given.name, goal)
	}
	return metrics, nil
}

// parseGoal reads a percentage, a quantity, or a bare number of units.
func parseGoal(name corev1.ResourceName, value, unit string) (autoscalingv2.MetricTarget, error) {
	value = strings.TrimSpace(value)
	if value == "" {
		return autoscalingv2.MetricTarget{}, fmt.Errorf("empty input")
	}
	if number, ok := strings.CutSuffix(value, "%"); ok {
		percent, err := strconv.ParseInt(number, 10, 32)
		if err != nil || percent < 0 {
			return autoscalingv2.MetricTarget{}, fmt.Errorf("invalid percentage value: %s", number)
		}
		utilization := int32(percent)
		return autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &utilization}, nil
	}
	if number, err := strconv.ParseFloat(value, 64); err == nil {
		value = fmt.Sprintf("%g%s", number, unit)
	}
	quantity, err := apiresource.ParseQuantity(value)
	if err != nil {
		return autoscalingv2.MetricTarget{}, fmt.Errorf("invalid resource %s value: %s", name, value)
	}
	return autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: &quantity}, nil
}
