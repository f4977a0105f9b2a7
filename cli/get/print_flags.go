package get

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/output"
)

// printFlags choose how objects are shown.
type printFlags struct {
	documents output.Documents
	names     output.Names
	templates output.Templates

	output       string
	noHeaders    bool
	showKind     bool
	showLabels   bool
	columnLabels []string
	sortBy       string
}

func newPrintFlags() printFlags {
	return printFlags{templates: output.Templates{AllowMissingKeys: true}}
}

func (p *printFlags) allowedFormats() []string {
	return slices.Concat(p.documents.Formats(), p.names.Formats(), p.templates.Formats(), []string{customColumns, customColumnsFile, "wide"})
}

func (p *printFlags) addFlags(cmd *cobra.Command) {
	p.documents.AddFlags(cmd)
	p.templates.AddFlags(cmd)
	set := cmd.Flags()
	set.BoolVar(&p.showLabels, "show-labels", false, "Show all labels in a last column.")
	set.StringVar(&p.sortBy, "sort-by", "", "JSONPath of a number or text to sort a list by, such as '{.metadata.name}'.")
	set.StringSliceVarP(&p.columnLabels, "label-columns", "L", nil, "Labels to show in columns of their own; comma-separated, or given several times.")
	set.BoolVar(&p.showKind, "show-kind", false, "Show the kind in front of each name.")
	set.StringVarP(&p.output, "output", "o", "", fmt.Sprintf("Output format. One of: (%s).", strings.Join(p.allowedFormats(), ", ")))
	set.BoolVar(&p.noHeaders, "no-headers", false, "Leave out the line of column names.")
}

// human says whether tables for people are asked for.
func (p *printFlags) human() bool {
	return p.output == "wide" || p.output == "" && p.templates.Template == ""
}

// tableOptions vary from table to table within one output.
type tableOptions struct {
	kind          schema.GroupKind
	withNamespace bool
	withKind      bool
}

// printer is the printer of the chosen format. Of the formats that might fit,
// the first that knows the name wins.
func (p *printFlags) printer(table tableOptions) (printers.ResourcePrinter, error) {
	format := p.output
	if p.templates.Template != "" && format == "" {
		format = "go-template"
	}
	tables := func(format string) (printers.ResourcePrinter, error) { return p.tablePrinter(format, table) }
	columns := func(format string) (printers.ResourcePrinter, error) {
		return newColumnPrinter(format, p.templates.Template, p.noHeaders)
	}
	return output.First(format, p.allowedFormats(), p.templates.Printer, p.documents.Printer, tables, columns, p.names.Printer)
}

func (p *printFlags) tablePrinter(format string, table tableOptions) (printers.ResourcePrinter, error) {
	if format != "" && format != "wide" {
		return nil, output.Unsupported{}
	}
	return printers.NewTablePrinter(printers.PrintOptions{
		Kind:          table.kind,
		WithKind:      table.withKind || p.showKind,
		WithNamespace: table.withNamespace,
		NoHeaders:     p.noHeaders,
		Wide:          format == "wide",
		ShowLabels:    p.showLabels,
		ColumnLabels:  p.columnLabels,
	}), nil
}
