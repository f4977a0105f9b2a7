package config

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/cli-runtime/pkg/printers"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubejig/kubejig/cli/factory"
)

type getContexts struct {
	output    string
	noHeaders bool
}

func newGetContexts(f *factory.Factory) *cobra.Command {
	o := &getContexts{}
	cmd := &cobra.Command{
		Use:                   "get-contexts [(-o|--output=)name)]",
		DisableFlagsInUseLine: true,
		Short:                 "Describe one or many contexts",
		RunE:                  func(_ *cobra.Command, args []string) error { return o.run(f, args) },
	}
	cmd.Flags().BoolVar(&o.noHeaders, "no-headers", false, "Leave out the line of column names.")
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "Output format. One of: (name).")
	return cmd
}

func (o *getContexts) run(f *factory.Factory, names []string) error {
	if o.output != "" && o.output != "name" {
		return fmt.Errorf("--output %v is not available in kubectl config get-contexts; resetting to default output format", o.output)
	}
	config, err := load(f)
	if err != nil {
		return err
	}
	var errs []error
	found := slices.Collect(maps.Keys(config.Contexts))
	if len(names) > 0 {
		found, errs = present(config.Contexts, names)
	}
	slices.Sort(found)
	w := printers.GetNewTabWriter(f.Out)
	defer w.Flush()
	if !o.noHeaders && o.output == "" {
		fmt.Fprintln(w, "CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE")
	}
	for _, name := range found {
		if o.output == "name" {
			fmt.Fprintln(w, name)
			continue
		}
		mark := " "
		if name == config.CurrentContext {
			mark = "*"
		}
		context := config.Contexts[name]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", mark, name, context.Cluster, context.AuthInfo, context.Namespace)
	}
	return utilerrors.NewAggregate(errs)
}

// present splits names into those that are contexts and errors for the others.
func present(contexts map[string]*clientcmdapi.Context, names []string) (found []string, errs []error) {
	for _, name := range names {
		if _, ok := contexts[name]; ok {
			found = append(found, name)
		} else {
			errs = append(errs, fmt.Errorf("context %v not found", name))
		}
	}
	return found, errs
}

func newGetClusters(f *factory.Factory) *cobra.Command {
	return newNames(f, "get-clusters", "Display clusters defined in the kubeconfig", func(config *clientcmdapi.Config) []string {
		return slices.Sorted(maps.Keys(config.Clusters))
	})
}

func newGetUsers(f *factory.Factory) *cobra.Command {
	return newNames(f, "get-users", "Display users defined in the kubeconfig", func(config *clientcmdapi.Config) []string {
		return slices.Sorted(maps.Keys(config.AuthInfos))
	})
}

// newNames is a command that prints a column of names.
func newNames(f *factory.Factory, use, short string, names func(*clientcmdapi.Config) []string) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		RunE: func(*cobra.Command, []string) error {
			config, err := load(f)
			if err != nil {
				return err
			}
			fmt.Fprintln(f.Out, "NAME")
			for _, name := range names(config) {
				fmt.Fprintln(f.Out, name)
			}
			return nil
		},
	}
}
