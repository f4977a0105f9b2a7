package apiserver

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/store"
)

// asKind is the kind that an object is turned into.
func (f format) asKind() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: metav1.GroupName, Version: f.asVersion, Kind: f.as}
}

// partial is the metadata of an object.
func (c *call) partial(item *store.Item) (*metav1.PartialObjectMetadata, error) {
	out, err := c.external(c.kind, c.version, item)
	if err != nil {
		return nil, err
	}
	return &metav1.PartialObjectMetadata{
		TypeMeta: metav1.TypeMeta{
			APIVersion: metav1.SchemeGroupVersion.String(), Kind: "PartialObjectMetadata",
		},
		ObjectMeta: *metaOf(out),
	}, nil
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
	list := &metav1.PartialObjectMetadataList{ListMeta: meta, Items: make([]metav1.PartialObjectMetadata, 0, len(items))}
	for _, item := range items {
		partial, err := c.partial(item)
		if err != nil {
			return nil, err
		}
		list.Items = append(list.Items, *partial)
	}
	return encode(f, list, f.asKind())
}
