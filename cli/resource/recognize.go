package resource

import (
	"errors"
	"fmt"
	"reflect"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
)

// recognize decodes a document of a source and finds out what it is.
func (b *Builder) recognize(document []byte, source string) (*Info, error) {
	object, kind, err := b.form.decoder.Decode(document, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("unable to decode %q: %v", source, err)
	}
	info := describe(object)
	info.Source = source
	err = b.locate(info, *kind, func(err error) error {
		if unknown := (*meta.NoKindMatchError)(nil); errors.As(err, &unknown) {
			return fmt.Errorf("resource mapping not found for name: %q namespace: %q from %q: %w\nensure CRDs are installed first",
				info.Name, info.Namespace, source, err)
		}
		return fmt.Errorf("unable to recognize %q: %v", source, err)
	})
	if err != nil {
		return nil, err
	}
	return info, nil
}

// describe is what an object says about itself.
func describe(object runtime.Object) *Info {
	info := &Info{Object: object}
	accessor := meta.NewAccessor()
	info.Name, _ = accessor.Name(object)
	info.Namespace, _ = accessor.Namespace(object)
	info.ResourceVersion, _ = accessor.ResourceVersion(object)
	return info
}

// locate finds out where on the server objects of a kind are, if the server may
// be asked; unknown is the error if there is no such place.
func (b *Builder) locate(info *Info, kind schema.GroupVersionKind, unknown func(error) error) error {
	if b.local {
		return nil
	}
	mapper, err := b.needs.Mapper()
	if err != nil {
		return err
	}
	if info.Mapping, err = mapper.RESTMapping(kind.GroupKind(), kind.Version); err != nil {
		return unknown(err)
	}
	if info.Client, err = b.client(kind.GroupVersion()); err != nil {
		return fmt.Errorf("unable to connect to a server to handle %q: %v", info.Mapping.Resource, err)
	}
	return nil
}

// flattened passes on the items of lists in the place of the lists.
func (b *Builder) flattened(from visit) visit {
	return func(visitor VisitorFunc) error {
		return from(func(info *Info, err error) error {
			switch {
			case err != nil:
				return err
			case info.Object == nil || !meta.IsListType(info.Object):
				return visitor(info, nil)
			}
			items, err := b.items(info.Object)
			if err != nil {
				return err
			}
			errs := &collector{}
			for _, item := range items {
				errs.add(b.visitItem(info, item, visitor))
			}
			return utilerrors.NewAggregate(errs.all)
		})
	}
}

// items are the items of a list. Those of lists in it come behind its own.
func (b *Builder) items(list runtime.Object) ([]runtime.Object, error) {
	var items []runtime.Object
	for lists := []runtime.Object{list}; len(lists) > 0; lists = lists[1:] {
		objects, err := meta.ExtractList(lists[0])
		if err != nil {
			return nil, err
		}
		if errs := runtime.DecodeList(objects, b.form.decoder); len(errs) > 0 {
			return nil, utilerrors.NewAggregate(errs)
		}
		for _, object := range objects {
			if meta.IsListType(object) {
				lists = append(lists, object)
			} else {
				items = append(items, object)
			}
		}
	}
	return items, nil
}

func (b *Builder) visitItem(list *Info, item runtime.Object, visitor VisitorFunc) error {
	kinds, _, err := b.form.typer.ObjectKinds(item)
	if err != nil {
		return fmt.Errorf("unable to get type info from the object %q: %v", reflect.TypeOf(item), err)
	}
	info := describe(item)
	err = b.locate(info, kindIn(list, kinds), func(err error) error { return fmt.Errorf("unable to recognize %v", err) })
	if err != nil {
		return err
	}
	if list.ResourceVersion != "" {
		info.ResourceVersion = list.ResourceVersion
	}
	info.Source = list.Source
	return visitor(info, nil)
}

// kindIn chooses among the kinds that a Go type stands for the one nearest to
// that of the list.
func kindIn(list *Info, kinds []schema.GroupVersionKind) schema.GroupVersionKind {
	if list.Mapping == nil {
		return kinds[0]
	}
	wanted := list.Mapping.GroupVersionKind
	for _, near := range []func(schema.GroupVersionKind) bool{
		func(kind schema.GroupVersionKind) bool { return kind == wanted },
		func(kind schema.GroupVersionKind) bool { return kind.GroupKind() == wanted.GroupKind() },
		func(kind schema.GroupVersionKind) bool { return kind.Group == wanted.Group },
	} {
		for _, kind := range kinds {
			if near(kind) {
				return kind
			}
		}
	}
	return kinds[0]
}
