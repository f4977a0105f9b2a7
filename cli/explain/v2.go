package explain

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/cli/factory"
)

// Columns at which the older format's texts begin.
const (
	marginFields      = 3
	marginDescription = 5
	widthV2           = 80
)

// runV2 explains from the server's older document, in the older format.
func (o *options) runV2(ctx context.Context, f *factory.Factory, mapper meta.RESTMapper, resource schema.GroupVersionResource, path []string) error {
	kind, _ := mapper.KindFor(resource) // The older version of a resource may be unknown.
	if kind.Empty() {
		var err error
		if kind, err = mapper.KindFor(resource.GroupResource().WithVersion("")); err != nil {
			return err
		}
	}
	if o.apiVersion != "" {
		version, err := schema.ParseGroupVersion(o.apiVersion)
		if err != nil {
			return err
		}
		kind = version.WithKind(kind.Kind)
	}
	client, err := f.RESTClient()
	if err != nil {
		return err
	}
	text, err := client.Get().AbsPath("/openapi/v2").SetHeader("Accept", "application/json").DoRaw(ctx)
	if err != nil {
		return err
	}
	document := object{}
	if err := json.Unmarshal(text, &document); err != nil {
		return fmt.Errorf("failed to parse the openapi schema: %w", err)
	}
	e := &explainerV2{
		explainer: explainer{w: f.Out, document: document, recursive: o.recursive, maxDepth: o.maxDepth},
		kind:      kind,
	}
	return e.explain(path)
}

// explainerV2 writes about one kind of an OpenAPI v2 document.
type explainerV2 struct {
	explainer
	kind schema.GroupVersionKind
}

func (e *explainerV2) explain(path []string) error {
	found := e.definition()
	if found == nil {
		return fmt.Errorf("couldn't find resource for %q", e.kind)
	}
	found, err := e.lookUpField(found, path)
	if err != nil {
		return err
	}
	name := ""
	if len(path) > 0 {
		name = path[len(path)-1]
	}
	e.write(name, found)
	return nil
}

// definition is the schema of the kind.
func (e *explainerV2) definition() object {
	definitions := child(e.document, "definitions")
	var found object
	for _, name := range slices.Sorted(maps.Keys(definitions)) {
		definition := child(definitions, name)
		for _, kind := range list(definition, "x-kubernetes-group-version-kind") {
			k, _ := kind.(object)
			if text(k, "group") == e.kind.Group && text(k, "version") == e.kind.Version && text(k, "kind") == e.kind.Kind {
				found = definition
			}
		}
	}
	return found
}

// lookUpField goes along a path, through references, lists and maps. What has
// no fields ends it.
func (e *explainerV2) lookUpField(s object, path []string) (object, error) {
	for len(path) > 0 {
		switch target := e.inner(s); {
		case target != nil:
			s = target
		case len(child(s, "properties")) > 0:
			field := child(child(s, "properties"), path[0])
			if field == nil {
				return nil, fmt.Errorf("field %q does not exist", path[0])
			}
			s, path = field, path[1:]
		default:
			return s, nil
		}
	}
	return s, nil
}

// inner is what a reference points to, or what a list or map is of; nil for
// other schemas.
func (e *explainerV2) inner(s object) object {
	switch {
	case text(s, "$ref") != "":
		return e.lookUp(text(s, "$ref"))
	case text(s, "type") == "array":
		return child(s, "items")
	case text(s, "type") == "object" && s["properties"] == nil:
		if values := child(s, "additionalProperties"); values != nil {
			return values
		}
		return object{}
	}
	return nil
}

// write describes a schema; name is that of the field it is of, if any.
func (e *explainerV2) write(name string, s object) {
	fmt.Fprintf(e.w, "KIND:     %s\nVERSION:  %s\n\n", e.kind.Kind, e.kind.GroupVersion())
	typeName := e.typeName(s)
	var descriptions []string
	for {
		descriptions = append(descriptions, text(s, "description"))
		inner := e.inner(s)
		if inner == nil {
			break
		}
		s = inner
	}
	fields := s["properties"] != nil
	switch {
	case fields && name != "":
		fmt.Fprintf(e.w, "RESOURCE: %s <%s>\n\n", name, typeName)
	case !fields && text(s, "type") != "":
		fmt.Fprintf(e.w, "FIELD:    %s <%s>\n\n", name, typeName)
	}
	writeDescriptions(e.w, descriptions)
	if fields {
		fmt.Fprintf(e.w, "\nFIELDS:\n")
		e.writeFields(s, marginFields, 1, nil)
	}
}

func writeDescriptions(w io.Writer, descriptions []string) {
	fmt.Fprintln(w, "DESCRIPTION:")
	empty := true
	for i, description := range descriptions {
		if description == "" {
			continue
		}
		empty = false
		if i != 0 {
			fmt.Fprintln(w)
		}
		writeReflowed(w, marginDescription, description)
	}
	if empty {
		writeReflowed(w, marginDescription, "<empty>")
	}
}

// writeFields lists the fields of a schema, by name.
func (e *explainerV2) writeFields(s object, margin, level int, before seen) {
	properties := child(s, "properties")
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		field := child(properties, name)
		required := ""
		if !e.recursive && slices.Contains(list(s, "required"), any(name)) {
			required = " -required-"
		}
		fmt.Fprintf(e.w, "%*s%s\t<%s>%s\n", margin, "", name, e.typeName(field), required)
		switch {
		case !e.recursive:
			writeReflowed(e.w, margin+2, text(field, "description"))
			fmt.Fprintln(e.w)
		case e.maxDepth == 0 || level < e.maxDepth:
			e.writeFieldsBelow(field, margin+marginFields, level+1, before)
		}
	}
}

// writeFieldsBelow lists the fields of what a field is made of, unless it is
// among what it is itself a part of.
func (e *explainerV2) writeFieldsBelow(s object, margin, level int, before seen) {
	for inner := e.inner(s); inner != nil; inner = e.inner(s) {
		if reference := text(s, "$ref"); reference != "" {
			if slices.Contains(before, reference) {
				return
			}
			before = append(slices.Clone(before), reference)
		}
		s = inner
	}
	e.writeFields(s, margin, level, before)
}

// typeName is "string", "[]Object", "map[string]string" ...
func (e *explainerV2) typeName(s object) string {
	switch {
	case text(s, "$ref") != "":
		return e.typeName(e.lookUp(text(s, "$ref")))
	case s["properties"] != nil:
		return "Object"
	case text(s, "type") == "array":
		return "[]" + e.typeName(e.inner(s))
	case text(s, "type") == "object":
		return "map[string]" + e.typeName(e.inner(s))
	}
	return text(s, "type")
}

// writeReflowed writes a text in lines of their full width.
func writeReflowed(w io.Writer, margin int, description string) {
	for _, line := range reflow(description, widthV2-margin) {
		if line != "" {
			line = strings.Repeat(" ", margin) + line
		}
		fmt.Fprintln(w, line)
	}
}
