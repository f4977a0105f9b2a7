//go:build !client

package output

import (
	"fmt"

	"k8s.io/cli-runtime/pkg/printers"
)

func (t *Templates) goTemplate(text string) (printers.ResourcePrinter, error) {
	printer, err := printers.NewGoTemplatePrinter([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("error parsing template %s, %w", text, err)
	}
	printer.AllowMissingKeys(t.AllowMissingKeys)
	return printer, nil
}
