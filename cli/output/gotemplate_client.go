//go:build client

package output

import (
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/failure"
)

// goTemplate is not there: where text/template is linked, so is each exported
// method of each type, since templates can call them by name.
func (t *Templates) goTemplate(string) (printers.ResourcePrinter, error) {
	return nil, failure.ErrNeedsWhole
}
