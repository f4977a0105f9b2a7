package rollout

import (
	"bytes"
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/describe"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/resource"
)

type showHistory struct {
	target   target
	print    *output.Flags
	revision int64
}

func newHistory(f *factory.Factory) *cobra.Command {
	o := &showHistory{print: flags.Print("")}
	cmd := &cobra.Command{
		Use:                   "history (TYPE NAME | TYPE/NAME) [flags]",
		DisableFlagsInUseLine: true,
		Short:                 "View rollout history",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), f, args) },
	}
	cmd.Flags().Int64Var(&o.revision, "revision", 0, "Show this revision with its pod template.")
	o.target.addFlags(cmd)
	o.print.AddFlags(cmd)
	return cmd
}

func (o *showHistory) run(ctx context.Context, f *factory.Factory, args []string) error {
	if err := o.target.require(args); err == nil && o.revision < 0 {
		return fmt.Errorf("revision must be a positive integer: %v", o.revision)
	}
	result, err := o.target.find(f, args)
	if err != nil {
		return err
	}
	reader, err := newReader(f)
	if err != nil {
		return err
	}
	var printer printers.ResourcePrinter // Of -o, if it is given.
	if o.print.Chosen() {
		if printer, err = o.print.Printer(); err != nil {
			return err
		}
	}
	return result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		history, err := reader.read(ctx, info, "history viewer")
		if err != nil {
			return err
		}
		if printer != nil {
			return o.printObjects(f, printer, history)
		}
		return o.printText(f, info, history)
	})
}

// printObjects prints the chosen version, or all, as -o says.
func (o *showHistory) printObjects(f *factory.Factory, printer printers.ResourcePrinter, history *history) error {
	if o.revision > 0 {
		found := history.find(o.revision)
		if found == nil {
			return fmt.Errorf("unable to find the specified revision")
		}
		return printer.PrintObj(found.object, f.Out)
	}
	for _, revision := range history.revisions {
		if err := printer.PrintObj(revision.object, f.Out); err != nil {
			return err
		}
	}
	return nil
}

func (o *showHistory) printText(f *factory.Factory, info *resource.Info, history *history) error {
	text, err := o.text(history)
	if err != nil {
		return err
	}
	heading := ""
	if o.revision > 0 {
		heading = fmt.Sprintf("with revision #%d", o.revision)
	}
	o.print.Names.Operation = heading + "\n" + text
	printer, err := o.print.Printer()
	if err != nil {
		return err
	}
	return printer.PrintObj(info.Object, f.Out)
}

func (o *showHistory) text(history *history) (string, error) {
	if len(history.revisions) == 0 {
		return "No rollout history found.", nil
	}
	if o.revision > 0 {
		found := history.find(o.revision)
		if found == nil {
			return "", fmt.Errorf("unable to find the specified revision")
		}
		return describe.PodTemplate(found.template), nil
	}
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "REVISION\tCHANGE-CAUSE\n")
	for _, revision := range history.revisions {
		cause := revision.cause
		if cause == "" {
			cause = "<none>"
		}
		fmt.Fprintf(w, "%d\t%s\n", revision.number, cause)
	}
	err := w.Flush()
	return table.String(), err
}
