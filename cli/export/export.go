// Package export is "kubejig export": objects as manifests that can be applied
// again, without what the server and its controllers filled in.
package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/kinds"
	"github.com/kubejig/kubejig/cli/resource"
)

type options struct {
	selector, output         string
	allNamespaces, everyKind bool
	keepDefaults             bool
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:                   "export (TYPE/NAME ... | TYPE [NAME | -l label] | --every-kind)",
		DisableFlagsInUseLine: true,
		Short:                 "Print objects as manifests to apply again",
		Long: `Print objects as manifests that can be applied again, here or elsewhere: without
status, UIDs, versions, owners and field managers, without addresses, nodes and
volumes that were assigned, and for built-in kinds without fields whose value is
the default.

Of several objects those are left out that are made by others, such as the
replica sets and pods of a deployment.`,
		Example: `  # A deployment and its service
  kubejig export deployment/web service/web > web.yaml

  # A whole namespace
  kubejig export --every-kind -n shop > shop.yaml`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0 && !o.everyKind:
				return failure.Usage(cmd, "name objects as TYPE/NAME, or give --every-kind")
			case len(args) > 0 && o.everyKind:
				return failure.Usage(cmd, "--every-kind exports all there is: name no objects")
			}
			return o.run(cmd.Context(), f, args)
		},
	}
	flags.AddSelector(cmd, &o.selector)
	flags.AddAllNamespaces(cmd, &o.allNamespaces)
	set := cmd.Flags()
	set.StringVarP(&o.output, "output", "o", "yaml", "Output format: yaml, or json for a list.")
	set.BoolVar(&o.everyKind, "every-kind", false, "All objects of the namespace, of every kind, except events.")
	set.BoolVar(&o.keepDefaults, "keep-defaults", false, "Keep fields whose value is the default.")
	return cmd
}

func (o *options) run(_ context.Context, f *factory.Factory, args []string) error {
	if o.output != "yaml" && o.output != "json" {
		return fmt.Errorf("unknown output format %q: must be yaml or json", o.output)
	}
	if o.everyKind {
		types, err := kinds.Args(f, o.allNamespaces)
		if err != nil {
			return err
		}
		args = []string{types}
	}
	infos, err := o.find(f, args)
	if len(infos) == 0 {
		return cmp.Or(err, errors.New("no matching resources found"))
	}
	var errs []error
	if err != nil {
		errs = append(errs, err)
	}
	named := !o.everyKind && (strings.Contains(args[0], "/") || len(args) > 1)
	var manifests []*unstructured.Unstructured
	left := 0
	for _, info := range infos {
		object := info.Object.(*unstructured.Unstructured)
		if !named && madeByOthers(object) {
			left++
			continue
		}
		strip(object)
		if !o.keepDefaults {
			dropDefaults(object)
		}
		manifests = append(manifests, object)
	}
	if left > 0 {
		fmt.Fprintf(f.ErrOut, "Left out %d objects that others make.\n", left)
	}
	errs = append(errs, o.print(f, manifests))
	return utilerrors.NewAggregate(errs)
}

func (o *options) find(f *factory.Factory, args []string) ([]*resource.Info, error) {
	namespace, _, err := f.Namespace()
	if err != nil {
		return nil, err
	}
	return f.NewBuilder().Unstructured().ContinueOnError().
		NamespaceParam(namespace).DefaultNamespace().AllNamespaces(o.allNamespaces).
		LabelSelectorParam(o.selector).
		ResourceTypeOrNameArgs(true, args...).
		RequestChunksOf(flags.ChunkSize).Latest().Flatten().Do().Infos()
}

func (o *options) print(f *factory.Factory, manifests []*unstructured.Unstructured) error {
	if o.output == "json" {
		list := &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "v1", "kind": "List"}}
		for _, object := range manifests {
			list.Items = append(list.Items, *object)
		}
		return (&printers.JSONPrinter{}).PrintObj(list, f.Out)
	}
	printer := &printers.YAMLPrinter{}
	for _, object := range manifests {
		if err := printer.PrintObj(object, f.Out); err != nil {
			return err
		}
	}
	return nil
}

// madeByOthers says whether an object comes by itself where its maker is: it
// has a controller, or every namespace has it.
func madeByOthers(object *unstructured.Unstructured) bool {
	if metav1.GetControllerOf(object) != nil {
		return true
	}
	secret, _, _ := unstructured.NestedString(object.Object, "type")
	switch object.GetKind() {
	case "Event", "Lease", "ControllerRevision":
		return true
	case "Endpoints":
		return object.GetLabels()["endpoints.kubernetes.io/managed-by"] != ""
	case "ConfigMap":
		return object.GetName() == "kube-root-ca.crt"
	case "ServiceAccount":
		return object.GetName() == "default"
	case "Secret":
		return secret == "kubernetes.io/service-account-token"
	}
	return false
}
