package kuberc

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/preference"
)

func newView(f *factory.Factory) *cobra.Command {
	print := output.New("").WithDefault("yaml")
	cmd := &cobra.Command{
		Use:                   "view",
		DisableFlagsInUseLine: true,
		Short:                 "Display the current kuberc configuration",
		Example: `  # In JSON
  kubectl kuberc view -o json

  # Another file than your own
  kubectl kuberc view --kuberc team.kuberc`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			file, err := locate(cmd, f)
			if err != nil {
				return err
			}
			return view(f, file, print)
		},
	}
	preference.AddFlag(cmd.Flags())
	print.AddFlags(cmd)
	return cmd
}

func view(f *factory.Factory, file preference.File, print *output.Flags) error {
	p, err := file.Read()
	switch {
	case errors.Is(err, fs.ErrNotExist) && file.Explicit:
		return fmt.Errorf("kuberc file not found at %s", file.Path)
	case errors.Is(err, fs.ErrNotExist):
		return offer(f, file)
	case err != nil:
		return fmt.Errorf("error reading kuberc file: %w", err)
	case p == nil:
		p = preference.New()
	}
	if p.Aliases == nil {
		p.Aliases = []preference.Alias{}
	}
	if p.Defaults == nil {
		p.Defaults = []preference.Default{}
	}
	printer, err := print.Printer()
	if err != nil {
		return err
	}
	return printer.PrintObj(p, f.Out)
}

// offer writes a first file, if the user wants one.
func offer(f *factory.Factory, file preference.File) error {
	fmt.Fprintf(f.Out, "kuberc file not found at %s\n", file.Path)
	fmt.Fprint(f.Out, "Would you like to generate a default kuberc file with recommended options? (y/N): ")
	var answer string
	if _, err := fmt.Fscanln(f.In, &answer); err != nil || !strings.EqualFold(answer, "y") {
		return nil // No answer is a no.
	}
	p := preference.New()
	p.Defaults = []preference.Default{
		{Command: "apply", Options: []preference.Option{{Name: "server-side", Default: "true"}}},
		{Command: "delete", Options: []preference.Option{{Name: "interactive", Default: "true"}}},
	}
	return file.Write(p, f.Out)
}
