package top

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/pods"
	"github.com/kubejig/kubejig/cli/scheme"
)

// measuredAfter is when at the latest a pod should have been measured.
const measuredAfter = 2 * time.Minute

type podOptions struct {
	common
	namespace, name, fieldSelector string

	allNamespaces, containers, sum bool
}

func newPod(f *factory.Factory) *cobra.Command {
	o := &podOptions{}
	cmd := &cobra.Command{
		Use:                   "pod [NAME | -l label]",
		DisableFlagsInUseLine: true,
		Short:                 "Display resource (CPU/memory) usage of pods",
		Aliases:               []string{"pods", "po"},
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	flags.AddSelector(cmd, &o.selector)
	flags.AddFieldSelector(cmd, &o.fieldSelector)
	o.addFlags(cmd)
	flags.AddAllNamespaces(cmd, &o.allNamespaces)
	cmd.Flags().BoolVar(&o.containers, "containers", false, "A line for each container instead of each pod.")
	cmd.Flags().BoolVar(&o.sum, "sum", false, "End with the sum of all.")
	return cmd
}

func (o *podOptions) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if len(args) > 1 {
		return failure.Usage(cmd, "%s", cmd.Use)
	}
	if len(args) == 1 {
		o.name = args[0]
	}
	var err error
	if o.namespace, _, err = f.Namespace(); err != nil {
		return err
	}
	if err := o.validateSort(); err != nil {
		return err
	}
	if o.name != "" && (o.selector != "" || o.fieldSelector != "") {
		return errors.New("only one of NAME or selector can be provided")
	}
	if err := o.normalizeSelectors(); err != nil {
		return err
	}
	metrics, err := o.metrics(cmd.Context(), f)
	if err != nil {
		return err
	}
	if len(metrics) == 0 {
		if err := o.whyEmpty(cmd.Context(), f); err != nil {
			return err
		}
		if o.allNamespaces {
			fmt.Fprintln(f.ErrOut, "No resources found")
		} else {
			fmt.Fprintf(f.ErrOut, "No resources found in %s namespace.\n", o.namespace)
		}
		return nil
	}
	o.print(f.Out, metrics)
	return nil
}

func (o *podOptions) normalizeSelectors() error {
	selector, err := labels.Parse(o.selector)
	if err != nil {
		return err
	}
	fieldSelector, err := fields.ParseSelector(o.fieldSelector)
	if err != nil {
		return err
	}
	o.selector, o.fieldSelector = selector.String(), fieldSelector.String()
	return nil
}

func (o *podOptions) scope() string {
	if o.allNamespaces {
		return metav1.NamespaceAll
	}
	return o.namespace
}

func (o *podOptions) metrics(ctx context.Context, f *factory.Factory) ([]podMetrics, error) {
	metrics, err := read[podMetrics](ctx, f, o.scope(), "pods", o.name, o.selector)
	if err != nil || len(metrics) == 0 || o.fieldSelector == "" {
		return metrics, err
	}
	// The metrics API knows no fields of pods.
	list, err := o.pods(ctx, f, o.scope())
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(metrics, func(measured podMetrics) bool {
		return !slices.ContainsFunc(list, func(pod corev1.Pod) bool {
			return pod.Namespace == measured.Metadata.Namespace && pod.Name == measured.Metadata.Name
		})
	}), nil
}

func (o *podOptions) pods(ctx context.Context, f *factory.Factory, namespace string) ([]corev1.Pod, error) {
	client, err := f.TypedClient(corev1.SchemeGroupVersion)
	if err != nil {
		return nil, err
	}
	list := &corev1.PodList{}
	err = client.Get().NamespaceIfScoped(namespace, namespace != "").Resource("pods").
		VersionedParams(&metav1.ListOptions{LabelSelector: o.selector, FieldSelector: o.fieldSelector}, scheme.ParameterCodec()).
		Do(ctx).Into(list)
	return list.Items, err
}

// whyEmpty is nil if there are no metrics because there are no pods.
func (o *podOptions) whyEmpty(ctx context.Context, f *factory.Factory) error {
	var list []corev1.Pod
	if o.name != "" {
		pod, err := pods.Get(ctx, f, o.namespace, o.name)
		if err != nil {
			return err
		}
		list = []corev1.Pod{*pod}
	} else {
		var err error
		if list, err = o.pods(ctx, f, o.namespace); err != nil || len(list) == 0 {
			return err
		}
	}
	for _, pod := range list {
		if age := f.Now().Sub(pod.CreationTimestamp.Time); age > measuredAfter {
			return fmt.Errorf("Metrics not available for pod %s/%s, age: %s", pod.Namespace, pod.Name, age)
		}
	}
	return errNoMetrics
}

func (o *podOptions) print(out io.Writer, metrics []podMetrics) {
	totals := map[*podMetrics]corev1.ResourceList{}
	ordered := make([]*podMetrics, len(metrics))
	for i := range metrics {
		ordered[i] = &metrics[i]
		totals[ordered[i]] = o.total(metrics[i].Containers)
	}
	sort.Slice(ordered, func(i, j int) bool {
		a, b := ordered[i], ordered[j]
		return o.less(totals[a], totals[b], byNamespacedName(a, b))
	})
	w := printers.GetNewTabWriter(out)
	defer w.Flush()
	columns := o.headings()
	if !o.noHeaders {
		cells(w, columns...)
		fmt.Fprintln(w)
	}
	for _, pod := range ordered {
		if o.containers {
			o.containerLines(w, pod)
			continue
		}
		o.start(w, pod)
		cells(w, pod.Metadata.Name)
		o.usages(w, totals[pod], nil)
		fmt.Fprintln(w)
	}
	if o.sum {
		o.sumLines(w, columns, o.total(allContainers(metrics)))
	}
}

func (o *podOptions) headings() []string {
	var columns []string
	if o.allNamespaces {
		columns = append(columns, "NAMESPACE")
	}
	if o.containers {
		columns = append(columns, "POD")
	}
	columns = append(columns, "NAME", "CPU(cores)", "MEMORY(bytes)")
	if o.showSwap {
		columns = append(columns, "SWAP(bytes)")
	}
	return columns
}

func (o *podOptions) start(w io.Writer, pod *podMetrics) {
	if o.allNamespaces {
		cells(w, pod.Metadata.Namespace)
	}
}

func (o *podOptions) containerLines(w io.Writer, pod *podMetrics) {
	containers := pod.Containers
	sort.Slice(containers, func(i, j int) bool {
		byName := 1
		if containers[i].Name < containers[j].Name {
			byName = -1
		}
		return o.less(containers[i].Usage, containers[j].Usage, byName)
	})
	for _, container := range containers {
		o.start(w, pod)
		cells(w, pod.Metadata.Name, container.Name)
		o.usages(w, container.Usage, nil)
		fmt.Fprintln(w)
	}
}

// sumLines are a rule and the sum. Like kubectl's, they take the columns to
// have no swap, and without headings to have no namespace or pod.
func (o *podOptions) sumLines(w io.Writer, columns []string, sum corev1.ResourceList) {
	width := len(columns)
	if o.noHeaders {
		width = len(o.resources()) + 1
	}
	cells(w, slices.Repeat([]string{""}, width-2)...)
	cells(w, "________", "________")
	fmt.Fprintln(w)
	cells(w, slices.Repeat([]string{""}, width-3)...)
	cells(w, "")
	o.usages(w, sum, nil)
	fmt.Fprintln(w)
}
