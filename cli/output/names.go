package output

import (
	"fmt"
	"strings"

	"k8s.io/cli-runtime/pkg/printers"
)

// Names is the format that shows what was done to objects, or names them alone.
type Names struct {
	// Operation is what was done, such as "created".
	Operation string
}

// Formats is name; "" is what commands print without -o.
func (n *Names) Formats() []string { return []string{"name"} }

// Complete says more of the operation: a template of it, such as "%s (dry run)".
func (n *Names) Complete(template string) { n.Operation = fmt.Sprintf(template, n.Operation) }

// Printer prints a line for each object.
func (n *Names) Printer(format string) (printers.ResourcePrinter, error) {
	switch strings.ToLower(format) {
	case "":
		return &printers.NamePrinter{Operation: n.Operation}, nil
	case "name":
		return &printers.NamePrinter{Operation: n.Operation, ShortOutput: true}, nil
	}
	return nil, Unsupported{Format: format, Formats: n.Formats()}
}
