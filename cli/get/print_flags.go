package get

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"
)

// printFlags choose how objects are shown.
type printFlags struct {
	json      *genericclioptions.JSONYamlPrintFlags
	names     *genericclioptions.NamePrintFlags
	templates *genericclioptions.KubeTemplatePrintFlags

	output       string
	noHeaders    bool
	showKind     bool
	showLabels   bool
	columnLabels []string
	sortBy       string
}

func newPrintFlags() printFlags {
	return printFlags{
		json:      genericclioptions.NewJSONYamlPrintFlags(),
		names:     genericclioptions.NewNamePrintFlags(""),
		templates: genericclioptions.NewKubeTemplatePrintFlags(),
	}
}

func (p *printFlags) allowedFormats() []string {
	formats := p.json.AllowedFormats()
	formats = append(formats, p.names.AllowedFormats()...)
	formats = append(formats, p.templates.AllowedFormats()...)
	return append(formats, customColumns, customColumnsFile, "wide")
}

func (p *printFlags) addFlags(cmd *cobra.Command) {
	p.json.AddFlags(cmd)
	p.names.AddFlags(cmd)
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
	return p.output == "wide" || p.output == "" && p.template() == ""
}

func (p *printFlags) template() string {
	if p.templates.TemplateArgument == nil {
		return ""
	}
	return *p.templates.TemplateArgument
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
	output := p.output
	if p.template() != "" && output == "" {
		output = "go-template"
	}
	candidates := []func() (printers.ResourcePrinter, error){
		func() (printers.ResourcePrinter, error) { return p.templates.ToPrinter(output) },
		func() (printers.ResourcePrinter, error) { return p.json.ToPrinter(output) },
		func() (printers.ResourcePrinter, error) { return p.tablePrinter(output, table) },
		func() (printers.ResourcePrinter, error) { return newColumnPrinter(output, p.template(), p.noHeaders) },
		func() (printers.ResourcePrinter, error) { return p.names.ToPrinter(output) },
	}
	for _, candidate := range candidates {
		printer, err := candidate()
		if !genericclioptions.IsNoCompatiblePrinterError(err) {
			return printer, err
		}
	}
	return nil, genericclioptions.NoCompatiblePrinterError{OutputFormat: &output, AllowedFormats: p.allowedFormats()}
}

func (p *printFlags) tablePrinter(output string, table tableOptions) (printers.ResourcePrinter, error) {
	if output != "" && output != "wide" {
		return nil, genericclioptions.NoCompatiblePrinterError{}
	}
	return printers.NewTablePrinter(printers.PrintOptions{
		Kind:          table.kind,
		WithKind:      table.withKind || p.showKind,
		WithNamespace: table.withNamespace,
		NoHeaders:     p.noHeaders,
		Wide:          output == "wide",
		ShowLabels:    p.showLabels,
		ColumnLabels:  p.columnLabels,
	}), nil
}
