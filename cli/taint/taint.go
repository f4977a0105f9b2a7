// Package taint is "kubectl taint".
package taint

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/resource"
)

type options struct {
	print          *output.Flags
	selector       string
	overwrite, all bool
	manager        string
	dryRun         flags.DryRun
	validation     string

	resources   []string
	add, remove []corev1.Taint
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{print: flags.Print("tainted")}
	cmd := &cobra.Command{
		Use:                   "taint NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N",
		DisableFlagsInUseLine: true,
		Short:                 "Update the taints on one or more nodes",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.print.AddFlags(cmd)
	flags.AddDryRun(cmd)
	flags.AddValidate(cmd)
	flags.AddSelector(cmd, &o.selector)
	cmd.Flags().BoolVar(&o.overwrite, "overwrite", false, "Change taints that there are already.")
	cmd.Flags().BoolVar(&o.all, "all", false, "All nodes.")
	flags.AddFieldManager(cmd, &o.manager, "kubectl-taint")
	return cmd
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	namespace, _, err := f.Namespace()
	if err != nil {
		return err
	}
	mapper, err := f.ToRESTMapper()
	if err != nil {
		return err
	}
	if o.dryRun, err = flags.GetDryRun(cmd, f.ErrOut); err != nil {
		return err
	}
	if o.validation, err = flags.GetValidate(cmd); err != nil {
		return err
	}
	if err := o.parse(cmd, args); err != nil {
		return err
	}
	if err := o.validate(mapper); err != nil {
		return err
	}
	builder := f.NewTypedBuilder().
		ContinueOnError().NamespaceParam(namespace).DefaultNamespace()
	switch {
	case o.all:
		builder.SelectAllParam(true).ResourceTypes("node")
	case o.selector != "":
		builder.LabelSelectorParam(o.selector).ResourceTypes("node")
	default:
		builder.ResourceNames("node", o.resources[1:]...)
	}
	result := builder.Flatten().Latest().Do()
	if err := result.Err(); err != nil {
		return err
	}
	return result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		return o.taint(f, info)
	})
}

// parse tells nodes from the taints after them.
func (o *options) parse(cmd *cobra.Command, args []string) error {
	var specs []string
	for _, arg := range args {
		switch {
		case strings.ContainsAny(arg, "=:") || strings.HasSuffix(arg, "-"):
			specs = append(specs, arg)
		case len(specs) > 0:
			return fmt.Errorf("all resources must be specified before taint changes: %s", arg)
		default:
			o.resources = append(o.resources, arg)
		}
	}
	if len(o.resources) < 1 {
		return fmt.Errorf("one or more resources must be specified as <resource> <name>")
	}
	if len(specs) < 1 {
		return fmt.Errorf("at least one taint update is required")
	}
	var err error
	if o.add, o.remove, err = parseTaints(specs); err != nil {
		return failure.Usage(cmd, "%s", err)
	}
	return nil
}

func (o *options) validate(mapper meta.RESTMapper) error {
	name := strings.ToLower(o.resources[0])
	kind, err := mapper.KindFor(schema.GroupVersionResource{Resource: name})
	if err != nil {
		return err
	}
	if kind.Kind != "Node" {
		return fmt.Errorf("invalid resource type %s, only node types are supported", name)
	}
	var both []string
	for _, add := range o.add {
		for _, remove := range o.remove {
			if add.Key == remove.Key && (remove.Effect == "" || add.Effect == remove.Effect) {
				both = append(both, fmt.Sprintf("%s=%s", remove.Key, remove.Effect))
			}
		}
	}
	switch {
	case len(both) > 0:
		return fmt.Errorf("can not both modify and remove the following taint(s) in the same command: %s", strings.Join(both, ", "))
	case o.all && o.selector != "":
		return fmt.Errorf("setting 'all' parameter with a non empty selector is prohibited")
	case !o.all && o.selector == "" && len(o.resources) < 2:
		return fmt.Errorf("at least one resource name must be specified since 'all' parameter is not set")
	}
	return nil
}

func (o *options) taint(f *factory.Factory, info *resource.Info) error {
	node, ok := info.Object.(*corev1.Node)
	if !ok {
		return fmt.Errorf("unexpected type %T, expected Node", info.Object)
	}
	before, err := json.Marshal(node)
	if err != nil {
		return err
	}
	done, err := o.change(node)
	if err != nil {
		return err
	}
	after, err := json.Marshal(node)
	if err != nil {
		return err
	}
	patch, err := strategicpatch.CreateTwoWayMergePatch(before, after, node)
	if err != nil {
		return err
	}
	var changed runtime.Object = node
	if o.dryRun != flags.DryRunClient {
		changed, err = resource.NewHelper(info.Client, info.Mapping).
			DryRun(o.dryRun == flags.DryRunServer).
			WithFieldManager(o.manager).
			WithFieldValidation(o.validation).
			Patch(info.Namespace, info.Name, types.StrategicMergePatchType, patch, nil)
		if err != nil {
			return err
		}
	}
	o.print.Names.Operation = done
	printer, err := o.print.Printer()
	if err != nil {
		return err
	}
	return printer.PrintObj(changed, f.Out)
}
