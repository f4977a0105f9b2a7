package output

import (
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/printers"
)

// Documents are the formats that show objects whole.
type Documents struct {
	// ShowManagedFields keeps metadata.managedFields, which are long and for
	// machines.
	ShowManagedFields bool
}

// AddFlags registers --show-managed-fields.
func (d *Documents) AddFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&d.ShowManagedFields, "show-managed-fields", false, "Keep metadata.managedFields when printing JSON or YAML.")
}

// Formats are json, yaml and kyaml.
func (d *Documents) Formats() []string { return []string{"json", "yaml", "kyaml"} }

// Printer prints a document for each object. Upper case is as good.
func (d *Documents) Printer(format string) (printers.ResourcePrinter, error) {
	format = strings.ToLower(format)
	var printer printers.ResourcePrinter
	switch format {
	case "json":
		printer = &printers.JSONPrinter{}
	case "yaml":
		printer = &printers.YAMLPrinter{}
	case "kyaml":
		printer = &printers.KYAMLPrinter{}
	default:
		return nil, Unsupported{Format: format, Formats: d.Formats()}
	}
	if d.ShowManagedFields {
		return printer, nil
	}
	return &printers.OmitManagedFieldsPrinter{Delegate: printer}, nil
}
