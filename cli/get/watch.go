package get

import (
	"context"
	"fmt"
	"io"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
)

// runWatch prints what is there, then each change of it, until the server
// ends the watch or the user does.
func (o *options) runWatch(ctx context.Context, f *factory.Factory, args []string) error {
	result := o.query(f, args, o.namespace).
		RequestChunksOf(o.chunkSize).
		SingleResourceType().
		Do()
	if err := result.Err(); err != nil {
		return err
	}
	infos, err := result.Infos()
	if err != nil {
		if apierrors.IsNotFound(err) && o.ignoreNotFound {
			return nil
		}
		return err
	}
	mapping := infos[0].Mapping
	inner, err := o.print.printer(tableOptions{kind: mapping.GroupVersionKind.GroupKind(), withNamespace: o.allNamespaces})
	if err != nil {
		return err
	}
	gate := &rowGate{open: !o.watchOnly, next: o.sortOnly(inner)}
	var printer printers.ResourcePrinter = gate
	if o.serverPrint {
		printer = tableDecoder{next: gate}
	}
	obj, err := result.Object()
	if err != nil {
		return err
	}
	w := printers.GetNewTabWriter(f.Out) // one for all: it remembers widths
	version, err := o.printInitial(w, printer, gate, obj)
	if err != nil {
		return err
	}
	changes, err := result.Watch(version)
	if err != nil {
		return err
	}
	return f.UnlessTerminated(ctx, func(ctx context.Context) error {
		return o.printChanges(ctx, w, printer, gate, changes)
	})
}

// columnWriter lines up columns when it is flushed.
type columnWriter interface {
	io.Writer
	Flush() error
}

func (o *options) sortOnly(printer printers.ResourcePrinter) printers.ResourcePrinter {
	if o.print.sortBy == "" {
		return printer
	}
	return &sortingPrinter{by: o.print.sortBy, next: printer}
}

// printInitial prints what is there and returns the version to watch from.
func (o *options) printInitial(w columnWriter, printer printers.ResourcePrinter, gate *rowGate, obj runtime.Object) (string, error) {
	version := "0"
	objects := []runtime.Object{obj}
	isList := meta.IsListType(obj)
	if isList {
		var err error
		if version, err = meta.NewAccessor().ResourceVersion(obj); err != nil {
			return "", err
		}
		if objects, err = meta.ExtractList(obj); err != nil {
			return "", err
		}
	}
	defer w.Flush()
	for _, object := range objects {
		if o.outputWatchEvents {
			object = asEvent(watch.Added, object)
		}
		if err := printer.PrintObj(object, w); err != nil {
			return "", fmt.Errorf("unable to output the provided object: %v", err)
		}
	}
	// A watch of one object repeats it first; that is not a change.
	gate.open = isList
	return version, nil
}

func (o *options) printChanges(ctx context.Context, w columnWriter, printer printers.ResourcePrinter, gate *rowGate, changes watch.Interface) error {
	defer changes.Stop()
	for {
		select {
		case <-ctx.Done():
			return failure.Silent
		case event, ok := <-changes.ResultChan():
			if !ok {
				return nil
			}
			object := event.Object
			if o.outputWatchEvents {
				object = asEvent(event.Type, object)
			}
			if err := printer.PrintObj(object, w); err != nil {
				return nil
			}
			w.Flush()
			gate.open = true
		}
	}
}

func asEvent(kind watch.EventType, object runtime.Object) runtime.Object {
	return &metav1.WatchEvent{Type: string(kind), Object: runtime.RawExtension{Object: object}}
}

// rowGate, while closed, lets the headings of tables pass and nothing else.
type rowGate struct {
	open bool
	next printers.ResourcePrinter
}

func (g *rowGate) PrintObj(obj runtime.Object, w io.Writer) error {
	if g.open {
		return g.next.PrintObj(obj, w)
	}
	table, ok := obj.(*metav1.Table)
	if !ok {
		return nil
	}
	headings := *table
	headings.Rows = nil
	return g.next.PrintObj(&headings, w)
}
