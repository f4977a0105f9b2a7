// Package page reads lists as servers send them, without making objects of
// their items: these are printed as they are, or decoded one by one.
//
// It must not import commands.
package page

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/cli/document"
)

// Page is a list, or a part of one, as the server sent it.
type Page struct {
	metav1.TypeMeta
	metav1.ListMeta
	items []document.Value
}

// Items are the objects of the page, in the server's order.
func (p *Page) Items() []document.Value { return p.items }

// DeepCopyObject shares the items, which are never changed.
func (p *Page) DeepCopyObject() runtime.Object {
	copied := *p
	return &copied
}

// Of is the page of a list, whose items get the kind that built-in kinds leave
// out on the wire. It is nil if what was sent is no list.
func Of(sent *document.Value) (*Page, error) {
	version, kind := sent.Get("apiVersion").Text(), sent.Get("kind").Text()
	metadata := sent.Get("metadata")
	if !strings.HasSuffix(kind, "List") || !sent.Get("items").IsArray() || metadata.Get("name") != nil {
		return nil, nil
	}
	p := &Page{items: sent.Get("items").Elements()}
	p.APIVersion, p.Kind = version, kind
	if metadata != nil {
		if err := metadata.Decode(&p.ListMeta); err != nil {
			return p, err
		}
	}
	for i := range p.items {
		item := &p.items[i]
		if item.IsObject() && item.Get("kind").Text() == "" && item.Get("apiVersion").Text() == "" {
			item.Set("kind", document.String(strings.TrimSuffix(kind, "List")))
			item.Set("apiVersion", document.String(version))
		}
	}
	return p, nil
}

// Serializer decodes lists to pages, and leaves all else to another.
func Serializer(next runtime.Serializer) runtime.Serializer { return serializer{next} }

type serializer struct{ runtime.Serializer }

func (s serializer) Decode(data []byte, kind *schema.GroupVersionKind, into runtime.Object) (runtime.Object, *schema.GroupVersionKind, error) {
	if into != nil {
		return s.Serializer.Decode(data, kind, into)
	}
	sent, err := document.Parse(data)
	if err != nil {
		return s.Serializer.Decode(data, kind, into)
	}
	p, err := Of(sent)
	if p == nil {
		return s.Serializer.Decode(data, kind, into)
	}
	found := p.GroupVersionKind()
	return p, &found, err
}
