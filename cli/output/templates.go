package output

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/printers"
)

// Templates are the formats that the user writes: JSONPath and Go's templates.
type Templates struct {
	// Template is the user's; without it, it stands behind the format and a "=".
	Template string
	// AllowMissingKeys prints nothing, or "<no value>", for a field that an
	// object has not.
	AllowMissingKeys bool
}

// AddFlags registers --template and --allow-missing-template-keys.
func (t *Templates) AddFlags(cmd *cobra.Command) {
	set := cmd.Flags()
	set.StringVar(&t.Template, "template", t.Template, "Template, or path of a file with one, for -o=go-template and -o=go-template-file; see https://pkg.go.dev/text/template.")
	set.BoolVar(&t.AllowMissingKeys, "allow-missing-template-keys", t.AllowMissingKeys, "Take no notice of fields and keys that a template names and an object has not.")
	_ = cmd.MarkFlagFilename("template")
}

// templateFormat is one way to give a template.
type templateFormat struct {
	name   string
	inFile bool // The template is the path of a file.
	inGo   bool // It is one of Go's; the others are JSONPaths.
	build  func(t *Templates, text string) (printers.ResourcePrinter, error)
}

// templateFormats come in the order in which commands list them.
func templateFormats() []templateFormat {
	return []templateFormat{
		{name: "go-template", inGo: true, build: (*Templates).goTemplate},
		{name: "go-template-file", inFile: true, inGo: true, build: (*Templates).goTemplate},
		{name: "template", inGo: true, build: (*Templates).goTemplate},
		{name: "templatefile", inFile: true, inGo: true, build: (*Templates).goTemplate},
		{name: "jsonpath", build: (*Templates).jsonPath},
		{name: "jsonpath-as-json", build: (*Templates).jsonPathAsJSON},
		{name: "jsonpath-file", inFile: true, build: (*Templates).jsonPath},
	}
}

// InGo says whether a format, with or without a template behind it, is that of
// Go's templates.
func InGo(format string) bool {
	name, _, _ := strings.Cut(format, "=")
	return slices.ContainsFunc(templateFormats(), func(f templateFormat) bool { return f.inGo && f.name == name })
}

// Formats are those of Go's templates, and of JSONPath.
func (t *Templates) Formats() []string {
	var names []string
	for _, format := range templateFormats() {
		names = append(names, format.name)
	}
	return names
}

// Printer prints what the template makes of each object.
func (t *Templates) Printer(format string) (printers.ResourcePrinter, error) {
	name, text := format, t.Template
	if text == "" {
		name, text, _ = strings.Cut(format, "=")
	}
	formats := templateFormats()
	known := slices.IndexFunc(formats, func(f templateFormat) bool { return f.name == name })
	if known < 0 {
		return nil, Unsupported{Format: format, Formats: t.Formats()}
	}
	if text == "" {
		return nil, errors.New("template format specified but no template given")
	}
	if formats[known].inFile {
		content, err := os.ReadFile(text)
		if err != nil {
			return nil, fmt.Errorf("error reading --template %s, %w", text, err)
		}
		text = string(content)
	}
	return formats[known].build(t, text)
}

func (t *Templates) jsonPath(text string) (printers.ResourcePrinter, error) {
	return t.jsonPathPrinter(text)
}

func (t *Templates) jsonPathAsJSON(text string) (printers.ResourcePrinter, error) {
	printer, err := t.jsonPathPrinter(text)
	if err != nil {
		return nil, err
	}
	printer.EnableJSONOutput(true)
	return printer, nil
}

func (t *Templates) jsonPathPrinter(text string) (*printers.JSONPathPrinter, error) {
	printer, err := printers.NewJSONPathPrinter(text)
	if err != nil {
		return nil, fmt.Errorf("error parsing jsonpath %s, %w", text, err)
	}
	printer.AllowMissingKeys(t.AllowMissingKeys)
	return printer, nil
}
