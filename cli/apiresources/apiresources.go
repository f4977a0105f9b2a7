// Package apiresources is "kubectl api-resources" and "kubectl api-versions":
// what the server serves.
package apiresources

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/discovery"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/output"
)

// NewVersions builds "api-versions".
func NewVersions(f *factory.Factory) *cobra.Command {
	return &cobra.Command{
		Use:                   "api-versions",
		DisableFlagsInUseLine: true,
		Short:                 "Print the supported API versions on the server, in the form of \"group/version\"",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 0 {
				return failure.Usage(cmd, "unexpected arguments: %v", args)
			}
			client, err := f.Discovery()
			if err != nil {
				return err
			}
			client.Invalidate()
			groups, err := client.Groups()
			if err != nil {
				return fmt.Errorf("couldn't get available api versions from server: %v", err)
			}
			versions := metav1.ExtractGroupVersions(&metav1.APIGroupList{Groups: groups})
			sort.Strings(versions)
			for _, version := range versions {
				fmt.Fprintln(f.Out, version)
			}
			return nil
		},
	}
}

type options struct {
	json                  output.Documents
	group, sortBy, output string
	namespaced, cached    bool
	noHeaders             bool
	verbs, categories     []string
}

// New builds "api-resources".
func New(f *factory.Factory) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "api-resources",
		Short: "Print the supported API resources on the server",
		RunE:  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.json.AddFlags(cmd)
	set := cmd.Flags()
	set.StringVarP(&o.output, "output", "o", "", fmt.Sprintf("Output format. One of: (%s).", strings.Join(o.formats(), ", ")))
	set.BoolVar(&o.noHeaders, "no-headers", false, "Leave out the line of column names.")
	set.StringVar(&o.group, "api-group", "", "Only resources of this API group.")
	set.BoolVar(&o.namespaced, "namespaced", true, "Only resources that have a namespace; with false only those that have none.")
	set.StringSliceVar(&o.verbs, "verbs", nil, "Only resources with all of these verbs.")
	set.StringVar(&o.sortBy, "sort-by", "", "Sort by 'name' or 'kind'.")
	set.BoolVar(&o.cached, "cached", false, "Be content with what is in the cache.")
	set.StringSliceVar(&o.categories, "categories", nil, "Only resources in all of these categories.")
	return cmd
}

func (o *options) formats() []string {
	return append(o.json.Formats(), "name", "wide")
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if len(args) != 0 {
		return failure.Usage(cmd, "unexpected arguments: %v", args)
	}
	client, err := f.Discovery()
	if err != nil {
		return err
	}
	print, err := o.printer()
	if err != nil {
		return err
	}
	if o.sortBy != "" && o.sortBy != "name" && o.sortBy != "kind" {
		return fmt.Errorf("--sort-by accepts only name or kind")
	}
	if !o.cached {
		client.Invalidate()
	}
	var errs []error
	lists, err := client.Preferred()
	if err != nil {
		errs = append(errs, err)
	}
	resources := o.choose(cmd, lists)
	if len(lists) > 0 {
		if err := print(resources, f.Out); err != nil {
			errs = append(errs, err)
		}
	}
	return utilerrors.NewAggregate(errs)
}

// choose lists the resources that the flags ask for, in order.
func (o *options) choose(cmd *cobra.Command, lists []*metav1.APIResourceList) []metav1.APIResource {
	var chosen []metav1.APIResource
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			continue
		}
		for _, resource := range list.APIResources {
			switch {
			case len(resource.Verbs) == 0,
				cmd.Flags().Changed("api-group") && o.group != version.Group,
				cmd.Flags().Changed("namespaced") && o.namespaced != resource.Namespaced,
				!containsAll(resource.Verbs, o.verbs),
				!containsAll(resource.Categories, o.categories):
				continue
			}
			resource.Group, resource.Version = version.Group, version.Version
			chosen = append(chosen, resource)
		}
	}
	slices.SortStableFunc(chosen, func(a, b metav1.APIResource) int {
		return cmp.Or(strings.Compare(o.key(a), o.key(b)), strings.Compare(a.Name, b.Name))
	})
	return chosen
}

func containsAll(have, wanted []string) bool {
	for _, value := range wanted {
		if !slices.Contains(have, value) {
			return false
		}
	}
	return true
}

func (o *options) key(resource metav1.APIResource) string {
	switch o.sortBy {
	case "name":
		return resource.Name
	case "kind":
		return resource.Kind
	}
	return resource.Group
}

// Names lists the resources that have a verb, such as "pods" or
// "deployments.apps", by group and name. What the server could not tell is left
// out; a cached answer will do.
func Names(client *discovery.Client, verb string) []string {
	lists, _ := client.Preferred()
	o := &options{verbs: []string{verb}}
	var names []string
	for _, r := range o.choose(&cobra.Command{}, lists) {
		names = append(names, groupResource(r).String())
	}
	return names
}

type printFunc func([]metav1.APIResource, io.Writer) error

func (o *options) printer() (printFunc, error) {
	switch o.output {
	case "", "wide":
		return o.printTable, nil
	case "name":
		return printNames, nil
	}
	printer, err := o.json.Printer(o.output)
	if output.IsUnsupported(err) {
		return nil, output.Unsupported{Format: o.output, Formats: o.formats()}
	}
	return func(resources []metav1.APIResource, out io.Writer) error {
		list := &metav1.APIResourceList{APIResources: resources}
		list.Kind, list.APIVersion = "APIResourceList", "v1"
		return printer.PrintObj(list, out)
	}, err
}

func (o *options) printTable(resources []metav1.APIResource, out io.Writer) error {
	w := printers.GetNewTabWriter(out)
	columns := []string{"NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"}
	if o.output == "wide" {
		columns = append(columns, "VERBS", "CATEGORIES")
	}
	if !o.noHeaders {
		fmt.Fprintln(w, strings.Join(columns, "\t"))
	}
	for _, r := range resources {
		version := schema.GroupVersion{Group: r.Group, Version: r.Version}
		cells := []string{r.Name, strings.Join(r.ShortNames, ","), version.String(), fmt.Sprint(r.Namespaced), r.Kind}
		if o.output == "wide" {
			cells = append(cells, strings.Join(r.Verbs, ","), strings.Join(r.Categories, ","))
		}
		fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	w.Flush()
	return nil
}

func printNames(resources []metav1.APIResource, out io.Writer) error {
	for _, r := range resources {
		if _, err := fmt.Fprintln(out, groupResource(r).String()); err != nil {
			return err
		}
	}
	return nil
}

func groupResource(r metav1.APIResource) schema.GroupResource {
	return schema.GroupResource{Group: r.Group, Resource: r.Name}
}
