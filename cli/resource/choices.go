package resource

import (
	"fmt"
	"strings"

	"k8s.io/client-go/rest"
)

// LabelSelectorParam chooses objects by their labels. An empty selector says
// nothing.
func (b *Builder) LabelSelectorParam(selector string) *Builder {
	return b.choose("label", selector, &b.labels)
}

// FieldSelectorParam chooses objects by their fields. An empty selector says
// nothing.
func (b *Builder) FieldSelectorParam(selector string) *Builder {
	return b.choose("field", selector, &b.fields)
}

func (b *Builder) choose(by, selector string, into *string) *Builder {
	trimmed := strings.TrimSpace(selector)
	switch {
	case trimmed == "":
		return b
	case b.all:
		return b.AddError(fmt.Errorf("found non-empty %s selector %q with previously set 'all' parameter. ", by, selector))
	}
	b.selecting = true
	*into = trimmed
	return b
}

// SelectAllParam chooses all objects, if all.
func (b *Builder) SelectAllParam(all bool) *Builder {
	if all && b.selecting {
		return b.AddError(fmt.Errorf("setting 'all' parameter but found a non empty selector. "))
	}
	b.all = all
	return b
}

// RequestChunksOf lists in pages of a size; 0 is all at once.
func (b *Builder) RequestChunksOf(size int64) *Builder {
	b.pageSize = size
	return b
}

// TransformRequests changes each request before it is sent.
func (b *Builder) TransformRequests(transforms ...func(*rest.Request)) *Builder {
	b.transforms = transforms
	return b
}

// NamespaceParam is where objects are looked for.
func (b *Builder) NamespaceParam(namespace string) *Builder {
	b.namespace = namespace
	return b
}

// DefaultNamespace puts objects into the namespace, if they name none.
func (b *Builder) DefaultNamespace() *Builder {
	b.defaultNamespace = true
	return b
}

// AllNamespaces looks in all namespaces, if all.
func (b *Builder) AllNamespaces(all bool) *Builder {
	if all {
		b.namespace = ""
	}
	b.allNamespaces = all
	return b
}

// Flatten finds the items of lists instead of the lists.
func (b *Builder) Flatten() *Builder {
	b.flatten = true
	return b
}

// Latest reads what files name from the server.
func (b *Builder) Latest() *Builder {
	b.latest = true
	return b
}

// RequireObject says whether objects have to be read. Without, those that are
// named are known by their names only.
func (b *Builder) RequireObject(required bool) *Builder {
	b.unread = !required
	return b
}

// ContinueOnError goes on after errors, and returns them all in the end.
func (b *Builder) ContinueOnError() *Builder {
	b.continueOnError = true
	return b
}
