// Package output is the flag -o: the formats in which commands print objects,
// and the printers of each.
//
// It must not import commands.
package output

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"
)

// Unsupported is the error about a format that a command does not know.
type Unsupported struct {
	Format  string
	Formats []string // Those it knows, in any order.
}

func (u Unsupported) Error() string {
	formats := slices.Sorted(slices.Values(u.Formats))
	return fmt.Sprintf("unable to match a printer suitable for the output format %q, allowed formats are: %s", u.Format, strings.Join(formats, ","))
}

// IsUnsupported says whether an error is about a format that is not known.
func IsUnsupported(err error) bool {
	_, unsupported := err.(Unsupported) //nolint:errorlint // A printer's own errors may have it inside.
	return unsupported
}

// Flags are those of a command that prints objects: -o, and what goes with its
// formats.
type Flags struct {
	Documents Documents
	Names     Names
	Templates Templates
	// Format is what the user chose; it may have a template behind a "=".
	Format string

	chosen func() bool
	types  func() *runtime.Scheme
}

// New are the flags of a command that, without -o, says what it did to each
// object: "pod/x scaled" for the operation "scaled".
func New(operation string) *Flags {
	return &Flags{Names: Names{Operation: operation}, Templates: Templates{AllowMissingKeys: true}}
}

// WithDefault chooses the format that is meant without -o.
func (f *Flags) WithDefault(format string) *Flags {
	f.Format = format
	return f
}

// WithTypes lets objects be printed that don't name their kind: those of a
// scheme's Go types.
func (f *Flags) WithTypes(types func() *runtime.Scheme) *Flags {
	f.types = types
	return f
}

// AddFlags registers the flags.
func (f *Flags) AddFlags(cmd *cobra.Command) {
	f.Documents.AddFlags(cmd)
	f.Templates.AddFlags(cmd)
	cmd.Flags().StringVarP(&f.Format, "output", "o", f.Format, fmt.Sprintf("Output format. One of: (%s).", strings.Join(f.Formats(), ", ")))
	f.chosen = func() bool { return cmd.Flag("output").Changed }
}

// Formats are the formats that -o knows.
func (f *Flags) Formats() []string {
	return slices.Concat(f.Documents.Formats(), f.Names.Formats(), f.Templates.Formats())
}

// Chosen says whether the user gave -o.
func (f *Flags) Chosen() bool { return f.chosen != nil && f.chosen() }

// Printer prints objects in the chosen format.
func (f *Flags) Printer() (printers.ResourcePrinter, error) {
	format := f.Format
	if f.Templates.Template != "" && !f.Chosen() {
		format = "go-template"
	}
	printer, err := First(format, f.Formats(), f.Documents.Printer, f.Names.Printer, f.Templates.Printer)
	if err != nil || f.types == nil {
		return printer, err
	}
	return printers.NewTypeSetter(f.types()).ToPrinter(printer), nil
}

// First is the printer of the first family that knows a format; formats are
// those of all of them.
func First(format string, formats []string, families ...func(format string) (printers.ResourcePrinter, error)) (printers.ResourcePrinter, error) {
	for _, family := range families {
		if printer, err := family(format); !IsUnsupported(err) {
			return printer, err
		}
	}
	return nil, Unsupported{Format: format, Formats: formats}
}
