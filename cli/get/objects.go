package get

import (
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/resource"
)

// printObjects prints the objects themselves: one alone if one was asked for,
// else a list of all.
func (o *options) printObjects(f *factory.Factory, all *found) error {
	var errs []error
	infos := all.infos
	if all.err != nil {
		if all.single {
			return all.err
		}
		errs = append(errs, all.err)
	}
	if len(infos) == 0 && o.ignoreNotFound {
		return reduce(errs)
	}
	printer, err := o.print.printer(tableOptions{})
	if err != nil {
		return err
	}
	var obj runtime.Object
	if all.single && len(infos) == 1 {
		obj = infos[0].Object
		if meta.IsListType(obj) {
			obj = plainList(obj)
		}
	} else {
		obj = listOf(infos)
	}
	if err := o.decorate(printer).PrintObj(obj, f.Out); err != nil {
		errs = append(errs, err)
	}
	return reduce(errs)
}

func reduce(errs []error) error {
	return utilerrors.Reduce(utilerrors.Flatten(utilerrors.NewAggregate(errs)))
}

// listOf is a v1 List of what was found.
func listOf(infos []*resource.Info) runtime.Object {
	list := newList("")
	for _, info := range infos {
		list.Items = append(list.Items, *info.Object.(*unstructured.Unstructured))
	}
	return list
}

// plainList makes a v1 List of any list.
func plainList(obj runtime.Object) runtime.Object {
	version := ""
	if accessor, err := meta.ListAccessor(obj); err == nil {
		version = accessor.GetResourceVersion()
	}
	list := newList(version)
	items, err := meta.ExtractList(obj)
	if err != nil {
		return obj
	}
	for _, item := range items {
		list.Items = append(list.Items, *item.(*unstructured.Unstructured))
	}
	return list
}

func newList(resourceVersion string) *unstructured.UnstructuredList {
	return &unstructured.UnstructuredList{Object: map[string]any{
		"kind":       "List",
		"apiVersion": "v1",
		"metadata":   map[string]any{"resourceVersion": resourceVersion},
	}}
}
