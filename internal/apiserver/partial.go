package apiserver

import (
	"errors"
	"net/http"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// asKind is the kind that an object is turned into.
func (f format) asKind() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: metav1.GroupName, Version: f.asVersion, Kind: f.as}
}

// metadataVersion is the version whose metadata is shown alone: of built-in
// kinds that in which they are stored, since the annotations of others may stand
// for fields.
func (c *call) metadataVersion() *resources.Version {
	if c.kind.Custom != nil {
		return c.version
	}
	return c.kind.Storage()
}

// partial is the metadata of an object, of the version that the format has.
func (c *call) partial(item *store.Item, f format) (*metav1.PartialObjectMetadata, error) {
	out, err := c.external(c.kind, c.metadataVersion(), item)
	if err != nil {
		return nil, err
	}
	return partialOf(out, f), nil
}

// partialOf is the metadata of an object as its client sees it.
func partialOf(obj store.Object, f format) *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{
		TypeMeta: metav1.TypeMeta{
			APIVersion: f.asKind().GroupVersion().String(), Kind: "PartialObjectMetadata",
		},
		ObjectMeta: *metaOf(obj),
	}
}

// errOtherForm answers who wants a list as the metadata of one object, or one
// object as that of a list. What it is is told as a Go type.
func errOtherForm(goType string, list bool) error {
	message := "you requested PartialObjectMetadataList, but the requested object is not a list (" + goType + ")"
	if list {
		message = "you requested PartialObjectMetadata, but the requested object is a list (" + goType + ")"
	}
	return failure(http.StatusNotAcceptable, metav1.StatusReasonNotAcceptable, message)
}

// goType is the type that Kubernetes has for objects of a kind.
func goType(kind schema.GroupVersionKind) string {
	return "*" + groupWord(kind.Group) + "." + kind.Kind
}

// errOtherForm is the answer for stored objects.
func (c *call) errOtherForm(list bool) error {
	switch {
	case c.kind.Custom != nil && list:
		return errOtherForm("*unstructured.UnstructuredList", true)
	case c.kind.Custom != nil:
		return errors.New("content is not a list")
	case list:
		return errOtherForm(goType(c.kind.GroupKind().WithVersion(""))+"List", true)
	}
	return errOtherForm(goType(c.kind.GroupKind().WithVersion("")), false)
}

// metaOf is an object's metadata as a struct.
func metaOf(obj store.Object) *metav1.ObjectMeta {
	if with, ok := obj.(metav1.ObjectMetaAccessor); ok {
		if own, ok := with.GetObjectMeta().(*metav1.ObjectMeta); ok {
			return own
		}
	}
	return &meta.AsPartialObjectMetadata(obj).ObjectMeta
}

// encodePartialList writes the metadata of objects.
func (c *call) encodePartialList(f format, items []*store.Item, meta metav1.ListMeta) ([]byte, error) {
	list := &metav1.PartialObjectMetadataList{ListMeta: meta}
	for _, item := range items {
		partial, err := c.partial(item, f)
		if err != nil {
			return nil, err
		}
		list.Items = append(list.Items, *partial)
	}
	return encode(f, list, f.asKind())
}
