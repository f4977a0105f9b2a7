package get

import (
	"bufio"
	"encoding/json"
	"io"

	"github.com/kubejig/kubejig/cli/document"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/page"
	"github.com/kubejig/kubejig/cli/resource"
)

// streams says whether objects are printed in a form that can be written while
// the server is still being asked for more.
func (o *options) streams() bool {
	return (o.print.output == "json" || o.print.output == "yaml") && o.print.sortBy == "" &&
		len(o.namespaces) == 0 && !o.filtered() && !o.decode
}

// stream prints what the arguments mean: one object by its name, or a list.
func (o *options) stream(f *factory.Factory, args []string, chunkSize int64) error {
	result, err := o.ask(f, args, chunkSize, o.namespace)
	if err != nil {
		return err
	}
	single := false
	if result.IntoSingleItemImplied(&single); single {
		return o.printObjects(f, collect(result))
	}
	return o.printStream(f, result)
}

// printStream prints a list of all that is found, page by page: memory does not
// grow with the list.
func (o *options) printStream(f *factory.Factory, result *resource.Result) error {
	out := bufio.NewWriterSize(f.Out, 1<<16)
	list := &listWriter{to: out, form: yamlForm}
	if o.print.output == "json" {
		list.form = jsonForm
	}
	var errs []error
	err := result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		return o.printFound(list, info)
	})
	if err != nil {
		errs = append(errs, err)
	}
	if list.count == 0 && o.ignoreNotFound {
		return reduce(errs)
	}
	if err := list.end(); err != nil {
		errs = append(errs, err)
	}
	if err := out.Flush(); err != nil {
		errs = append(errs, err)
	}
	return reduce(errs)
}

// printFound prints a page, or an object that was asked for by name.
func (o *options) printFound(list *listWriter, info *resource.Info) error {
	if p, ok := info.Object.(*page.Page); ok {
		items := p.Items()
		for i := range items {
			if err := o.printItem(list, &items[i]); err != nil {
				return err
			}
		}
		info.Object = nil // It is not needed any more.
		return nil
	}
	text, err := json.Marshal(info.Object)
	if err != nil {
		return err
	}
	item, err := document.Parse(text)
	if err != nil {
		return err
	}
	return o.printItem(list, item)
}

func (o *options) printItem(list *listWriter, item *document.Value) error {
	if !o.print.documents.ShowManagedFields {
		item.Get("metadata").Remove("managedFields")
	}
	return list.item(item)
}

// listForm is how a v1 List is written: what stands before and behind its items
// and how each item is.
type listForm struct {
	start, first, next, end string
	empty                   string
	append                  func(*document.Value, []byte) ([]byte, error)
}

var jsonForm = listForm{
	start:  "{\n    \"apiVersion\": \"v1\",\n    \"items\": [",
	first:  "\n        ",
	next:   ",\n        ",
	end:    "\n    ],\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n",
	empty:  "],\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n",
	append: func(v *document.Value, to []byte) ([]byte, error) { return v.AppendJSON(to, 2) },
}

var yamlForm = listForm{
	start:  "apiVersion: v1\nitems:",
	first:  "\n- ",
	next:   "- ",
	end:    "kind: List\nmetadata:\n  resourceVersion: \"\"\n",
	empty:  " []\nkind: List\nmetadata:\n  resourceVersion: \"\"\n",
	append: func(v *document.Value, to []byte) ([]byte, error) { return v.AppendYAML(to, 2) },
}

// listWriter writes a v1 List item by item.
type listWriter struct {
	to     io.Writer
	form   listForm
	count  int
	buffer []byte
}

func (l *listWriter) item(v *document.Value) error {
	l.buffer = append(l.buffer[:0], l.form.next...)
	if l.count == 0 {
		l.buffer = append(append(l.buffer[:0], l.form.start...), l.form.first...)
	}
	var err error
	if l.buffer, err = l.form.append(v, l.buffer); err != nil {
		return err
	}
	l.count++
	_, err = l.to.Write(l.buffer)
	return err
}

// end writes what follows the items.
func (l *listWriter) end() error {
	text := l.form.end
	if l.count == 0 {
		text = l.form.start + l.form.empty
	}
	_, err := io.WriteString(l.to, text)
	return err
}
