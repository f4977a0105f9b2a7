package config

import (
	"errors"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/tools/clientcmd/api/latest"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/output"
)

type view struct {
	print                       *output.Flags
	merge, flatten, minify, raw bool
	context                     string
}

func newView(f *factory.Factory) *cobra.Command {
	o := &view{print: flags.Print("").WithDefault("yaml")}
	cmd := &cobra.Command{
		Use:   "view",
		Short: "Display merged kubeconfig settings or a specified kubeconfig file",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 0 {
				return failure.Usage(cmd, "unexpected arguments: %v", args)
			}
			if flag := cmd.Flag("context"); flag != nil {
				o.context = flag.Value.String()
			}
			return o.run(f)
		},
	}
	o.print.AddFlags(cmd)
	cmd.Flags().BoolVar(&o.merge, "merge", true, "Merge all kubeconfig files; false shows the one of --kubeconfig.")
	cmd.Flags().BoolVar(&o.raw, "raw", false, "Show certificates, tokens and passwords as they are.")
	cmd.Flags().BoolVar(&o.flatten, "flatten", false, "Put the content of the files it names into the output, to make it portable.")
	cmd.Flags().BoolVar(&o.minify, "minify", false, "Leave out all that the current context does not use.")
	return cmd
}

func (o *view) run(f *factory.Factory) error {
	printer, err := o.print.Printer()
	if err != nil {
		return err
	}
	config, err := o.load(f)
	if err != nil {
		return err
	}
	if o.minify {
		if o.context != "" {
			config.CurrentContext = o.context
		}
		if err := clientcmdapi.MinifyConfig(config); err != nil {
			return err
		}
	}
	switch {
	case o.flatten:
		if err := clientcmdapi.FlattenConfig(config); err != nil {
			return err
		}
	case !o.raw:
		if err := clientcmdapi.RedactSecrets(config); err != nil {
			return err
		}
		clientcmdapi.ShortenConfig(config)
	}
	external, err := latest.Scheme.ConvertToVersion(config, latest.ExternalVersion)
	if err != nil {
		return err
	}
	return printer.PrintObj(external, f.Out)
}

// load reads all files, or the one that was named where merging is not wanted.
func (o *view) load(f *factory.Factory) (*clientcmdapi.Config, error) {
	access := rules(f)
	switch {
	case o.merge:
		return access.GetStartingConfig()
	case !access.IsExplicitFile():
		return nil, errors.New("if merge==false a precise file must be specified")
	}
	return clientcmd.LoadFromFile(access.GetExplicitFile())
}
