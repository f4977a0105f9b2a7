package top

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/scheme"
)

type nodeOptions struct {
	common
	name         string
	showCapacity bool
}

func newNode(f *factory.Factory) *cobra.Command {
	o := &nodeOptions{}
	cmd := &cobra.Command{
		Use:                   "node [NAME | -l label]",
		DisableFlagsInUseLine: true,
		Short:                 "Display resource (CPU/memory) usage of nodes",
		Aliases:               []string{"nodes", "no"},
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	flags.AddSelector(cmd, &o.selector)
	o.addFlags(cmd)
	cmd.Flags().BoolVar(&o.showCapacity, "show-capacity", false, "Show parts of all a node has, not of what it gives to pods.")
	return cmd
}

func (o *nodeOptions) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if len(args) > 1 {
		return failure.Usage(cmd, "%s", cmd.Use)
	}
	if len(args) == 1 {
		o.name = args[0]
	}
	if _, err := f.RESTClient(); err != nil {
		return err
	}
	if err := o.validateSort(); err != nil {
		return err
	}
	if o.name != "" && o.selector != "" {
		return errors.New("only one of NAME or --selector can be provided")
	}
	selector, err := labels.Parse(o.selector)
	if err != nil {
		return err
	}
	metrics, err := read[nodeMetrics](cmd.Context(), f, "", "nodes", o.name, selector.String())
	if err != nil {
		return err
	}
	if len(metrics) == 0 {
		return errNoMetrics
	}
	nodes, err := o.nodes(cmd.Context(), f, selector)
	if err != nil {
		return err
	}
	o.print(f.Out, metrics, nodes)
	return nil
}

func (o *nodeOptions) nodes(ctx context.Context, f *factory.Factory, selector labels.Selector) (map[string]*corev1.Node, error) {
	client, err := f.TypedClient(corev1.SchemeGroupVersion)
	if err != nil {
		return nil, err
	}
	list := &corev1.NodeList{}
	request := client.Get().Resource("nodes")
	if o.name != "" {
		list.Items = make([]corev1.Node, 1)
		err = request.Name(o.name).Do(ctx).Into(&list.Items[0])
	} else {
		err = request.VersionedParams(&metav1.ListOptions{LabelSelector: selector.String()}, scheme.ParameterCodec()).
			Do(ctx).Into(list)
	}
	nodes := map[string]*corev1.Node{}
	for i := range list.Items {
		nodes[list.Items[i].Name] = &list.Items[i]
	}
	return nodes, err
}

func (o *nodeOptions) print(out io.Writer, metrics []nodeMetrics, nodes map[string]*corev1.Node) {
	sort.Slice(metrics, func(i, j int) bool {
		return o.less(metrics[i].Usage, metrics[j].Usage, cmp.Compare(metrics[i].Metadata.Name, metrics[j].Metadata.Name))
	})
	w := printers.GetNewTabWriter(out)
	defer w.Flush()
	if !o.noHeaders {
		cells(w, "NAME", "CPU(cores)", "CPU(%)", "MEMORY(bytes)", "MEMORY(%)")
		if o.showSwap {
			cells(w, "SWAP(bytes)", "SWAP(%)")
		}
		fmt.Fprintln(w)
	}
	for _, measured := range metrics {
		name := measured.Metadata.Name
		cells(w, name)
		o.line(w, measured.Usage, nodes[name])
		delete(nodes, name)
	}
	for _, name := range slices.Sorted(maps.Keys(nodes)) {
		cells(w, name)
		for range o.resources() {
			cells(w, "<unknown>", "<unknown>")
		}
		fmt.Fprintln(w)
	}
}

func (o *nodeOptions) line(w io.Writer, used corev1.ResourceList, node *corev1.Node) {
	available := corev1.ResourceList{}
	swapKnown := true
	if node != nil {
		maps.Copy(available, node.Status.Allocatable)
		if o.showCapacity {
			available = maps.Clone(node.Status.Capacity)
		}
		info := node.Status.NodeInfo.Swap
		if swapKnown = info != nil && info.Capacity != nil; swapKnown {
			available[swap] = *resource.NewQuantity(*info.Capacity, resource.BinarySI)
		}
	}
	if swapKnown {
		o.usages(w, used, available)
	} else {
		withoutSwap := common{}
		withoutSwap.usages(w, used, available)
		if o.showSwap {
			cells(w, "<unknown>", "<unknown>")
		}
	}
	fmt.Fprintln(w)
}
