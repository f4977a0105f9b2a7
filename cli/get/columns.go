package get

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"

	"github.com/liggitt/tabwriter"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"
	"k8s.io/client-go/util/jsonpath"

	"github.com/kubejig/kubejig/cli/output"
)

const (
	customColumns     = "custom-columns"
	customColumnsFile = "custom-columns-file"
)

// column is a heading, and the JSONPath of what stands below it.
type column struct {
	header string
	path   string
}

// columnPrinter prints chosen fields of objects in columns.
type columnPrinter struct {
	columns   []column
	noHeaders bool
	lastType  reflect.Type // Of the object that the last headings were for.
}

// newColumnPrinter reads "custom-columns=SPEC" or "custom-columns-file=FILE";
// argument, if given, stands for what follows the equals sign.
func newColumnPrinter(format, argument string, noHeaders bool) (printers.ResourcePrinter, error) {
	if argument == "" {
		format, argument, _ = strings.Cut(format, "=")
	}
	if format != customColumns && format != customColumnsFile {
		return nil, output.Unsupported{}
	}
	if argument == "" {
		return nil, fmt.Errorf("custom-columns format specified but no custom columns given")
	}
	if format == customColumns {
		columns, err := parseColumns(argument)
		return &columnPrinter{columns: columns, noHeaders: noHeaders}, err
	}
	file, err := os.Open(argument)
	if err != nil {
		return nil, fmt.Errorf("error reading template %s, %v\n", argument, err)
	}
	defer file.Close()
	columns, err := readColumns(file)
	return &columnPrinter{columns: columns}, err
}

// parseColumns reads HEADER:PATH,HEADER:PATH...
func parseColumns(spec string) ([]column, error) {
	var columns []column
	for _, part := range strings.Split(spec, ",") {
		header, field, ok := strings.Cut(part, ":")
		if !ok {
			return nil, fmt.Errorf("unexpected custom-columns spec: %s, expected <header>:<json-path-expr>", part)
		}
		path, err := RelaxedPath(field)
		if err != nil {
			return nil, err
		}
		columns = append(columns, column{header, path})
	}
	return columns, nil
}

// readColumns reads a line of headers and a line of paths.
func readColumns(r io.Reader) ([]column, error) {
	const form = "Expected format is one line of space separated headers, one line of space separated column specs."
	scanner := bufio.NewScanner(r)
	if !scanner.Scan() {
		return nil, fmt.Errorf("invalid template, missing header line. %s", form)
	}
	headers := strings.Fields(scanner.Text())
	if !scanner.Scan() {
		return nil, fmt.Errorf("invalid template, missing spec line. %s", form)
	}
	specs := strings.Fields(scanner.Text())
	if len(headers) != len(specs) {
		return nil, fmt.Errorf("number of headers (%d) and field specifications (%d) don't match", len(headers), len(specs))
	}
	var columns []column
	for i, spec := range specs {
		path, err := RelaxedPath(spec)
		if err != nil {
			return nil, err
		}
		columns = append(columns, column{headers[i], path})
	}
	return columns, nil
}

// RelaxedPath makes a JSONPath of x.y, .x.y, {x.y} and {.x.y} alike.
func RelaxedPath(expression string) (string, error) {
	if expression == "" {
		return "", nil
	}
	forms := regexp.MustCompile(`^\{\.?([^{}]+)\}$|^\.?([^{}]+)$`)
	match := forms.FindStringSubmatch(expression)
	if match == nil {
		return "", fmt.Errorf("unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'")
	}
	return fmt.Sprintf("{.%s%s}", match[1], match[2]), nil
}

// PrintObj prints an object, or each object of a list, in a line.
func (p *columnPrinter) PrintObj(obj runtime.Object, out io.Writer) error {
	if _, tabbed := out.(*tabwriter.Writer); !tabbed {
		w := printers.GetNewTabWriter(out)
		defer w.Flush()
		out = w
	}
	p.printHeaders(reflect.TypeOf(obj), out)
	parsers, err := p.parsers()
	if err != nil {
		return err
	}
	if !meta.IsListType(obj) {
		return printRow(obj, parsers, out)
	}
	items, err := meta.ExtractList(obj)
	if err != nil {
		return err
	}
	for _, item := range items {
		if err := printRow(item, parsers, out); err != nil {
			return err
		}
	}
	return nil
}

func (p *columnPrinter) printHeaders(t reflect.Type, out io.Writer) {
	if p.noHeaders || t == p.lastType {
		return
	}
	p.lastType = t
	var headers []string
	for _, c := range p.columns {
		headers = append(headers, c.header)
	}
	fmt.Fprintln(out, strings.Join(headers, "\t"))
}

func (p *columnPrinter) parsers() ([]*jsonpath.JSONPath, error) {
	var parsers []*jsonpath.JSONPath
	for i, c := range p.columns {
		parser := jsonpath.New(fmt.Sprintf("column%d", i)).AllowMissingKeys(true)
		if err := parser.Parse(c.path); err != nil {
			return nil, err
		}
		parsers = append(parsers, parser)
	}
	return parsers, nil
}

func printRow(obj runtime.Object, parsers []*jsonpath.JSONPath, out io.Writer) error {
	data, err := content(obj)
	if err != nil {
		return err
	}
	var cells []string
	for _, parser := range parsers {
		results, err := parser.FindResults(data)
		if err != nil {
			return err
		}
		cells = append(cells, cell(results))
	}
	fmt.Fprintln(out, strings.Join(cells, "\t"))
	return nil
}

// content is what paths into the object are looked up in.
func content(obj runtime.Object) (any, error) {
	switch obj := obj.(type) {
	case *metav1.WatchEvent:
		inner, err := runtime.DefaultUnstructuredConverter.ToUnstructured(obj.Object.Object)
		return map[string]any{"type": obj.Type, "object": inner}, err
	case runtime.Unstructured:
		return obj.UnstructuredContent(), nil
	}
	return reflect.ValueOf(obj).Elem().Interface(), nil
}

// cell joins the values found by a path.
func cell(results [][]reflect.Value) string {
	var values []string
	if len(results) == 0 || len(results[0]) == 0 {
		values = append(values, "<none>")
	}
	for _, result := range results {
		for _, value := range result {
			values = append(values, printers.EscapeTerminal(fmt.Sprint(value.Interface())))
		}
	}
	return strings.Join(values, ",")
}
