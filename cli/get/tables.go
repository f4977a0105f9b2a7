package get

import (
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/resource"
)

// printTables prints what was found as tables, a new one wherever the
// resource changes.
func (o *options) printTables(f *factory.Factory, all *found) error {
	var errs []error
	infos := all.infos
	if all.err != nil {
		errs = append(errs, all.err)
	}
	withKind := severalKinds(infos)
	var err error
	if o.print.sortBy != "" {
		if infos, err = sortInfos(infos, o.print.sortBy); err != nil {
			return err
		}
	}
	counter := &countingWriter{to: f.Out}
	separated := &separatedWriter{to: counter}
	w := printers.GetNewTabWriter(separated)
	allNamespaced := !o.allNamespaces
	var printer printers.ResourcePrinter
	var last *meta.RESTMapping
	for _, info := range infos {
		allNamespaced = allNamespaced && info.Namespaced()
		if printer == nil || last == nil || info.Mapping == nil || info.Mapping.Resource != last.Resource {
			w.Flush()
			w.SetRememberedWidths(nil)
			if last != nil && !o.print.noHeaders && counter.written > 0 {
				separated.pending = true
			}
			if printer, err = o.printerFor(info.Mapping, withKind); err != nil {
				errs = appendNew(errs, err)
				continue
			}
			last = info.Mapping
		}
		_ = printer.PrintObj(info.Object, w)
	}
	w.Flush()
	if counter.written == 0 && !o.ignoreNotFound && len(errs) == 0 {
		o.sayNothingFound(f.ErrOut, allNamespaced)
	}
	return utilerrors.NewAggregate(errs)
}

func (o *options) sayNothingFound(errOut io.Writer, namespaced bool) {
	switch {
	case len(o.namespaces) > 0:
		fmt.Fprintf(errOut, "No resources found in %s namespaces.\n", strings.Join(o.namespaces, ", "))
	case namespaced:
		fmt.Fprintf(errOut, "No resources found in %s namespace.\n", o.namespace)
	default:
		fmt.Fprintln(errOut, "No resources found")
	}
}

// printerFor is the printer of tables of one resource. Once a table has had
// namespaces, all that follow have the column too, as kubectl's have.
func (o *options) printerFor(mapping *meta.RESTMapping, withKind bool) (printers.ResourcePrinter, error) {
	table := tableOptions{withKind: withKind}
	if mapping != nil {
		table.kind = mapping.GroupVersionKind.GroupKind()
	}
	if (o.allNamespaces || len(o.namespaces) > 0) && (mapping == nil || mapping.Scope.Name() != meta.RESTScopeNameRoot) {
		o.namespaceColumn = true
	}
	table.withNamespace = o.namespaceColumn
	printer, err := o.print.printer(table)
	if err != nil {
		return nil, err
	}
	return o.decorate(printer), nil
}

// decorate lays sorting and the decoding of server-made tables around printer.
func (o *options) decorate(printer printers.ResourcePrinter) printers.ResourcePrinter {
	if o.print.sortBy != "" {
		printer = &sortingPrinter{by: o.print.sortBy, next: printer}
	}
	if o.serverPrint {
		printer = tableDecoder{next: printer}
	}
	return printer
}

// tableDecoder turns a server-made table that came as an unstructured object
// into a table, and lets everything else pass.
type tableDecoder struct{ next printers.ResourcePrinter }

func (d tableDecoder) PrintObj(obj runtime.Object, w io.Writer) error {
	if table, err := decodeTable(obj); err == nil {
		obj = table
	}
	return d.next.PrintObj(obj, w)
}

// severalKinds says whether names need their kind in front.
func severalKinds(infos []*resource.Info) bool {
	for _, info := range infos {
		if info.Mapping.GroupVersionKind != infos[0].Mapping.GroupVersionKind {
			return true
		}
	}
	return false
}

func appendNew(errs []error, err error) []error {
	for _, known := range errs {
		if known.Error() == err.Error() {
			return errs
		}
	}
	return append(errs, err)
}

// countingWriter counts what passes.
type countingWriter struct {
	to      io.Writer
	written int
}

func (c *countingWriter) Write(p []byte) (int, error) {
	c.written += len(p)
	return c.to.Write(p)
}

// separatedWriter writes an empty line before the next output if one is
// pending.
type separatedWriter struct {
	to      io.Writer
	pending bool
}

func (s *separatedWriter) Write(p []byte) (int, error) {
	if len(p) != 0 && s.pending {
		fmt.Fprintln(s.to)
		s.pending = false
	}
	return s.to.Write(p)
}
