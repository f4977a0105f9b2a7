package explain

import (
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/mitchellh/go-wordwrap"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// object is a schema, or another object of an OpenAPI document.
type object = map[string]any

// explainer writes about one type of an OpenAPI document.
type explainer struct {
	w         io.Writer
	document  object
	recursive bool
	maxDepth  int
}

func (e *explainer) explain(resource schema.GroupVersionResource, path []string) error {
	kind := e.kindOf(resource)
	if len(kind) == 0 {
		return fmt.Errorf("error: GVR (%v) not found in OpenAPI schema", resource.String())
	}
	if group := kind["group"]; group != "" && group != nil {
		fmt.Fprintf(e.w, "GROUP:      %v\n", group)
	}
	fmt.Fprintf(e.w, "KIND:       %v\nVERSION:    %v\n\n", kind["kind"], kind["version"])
	all := child(child(e.document, "components"), "schemas")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		candidate, _ := all[name].(object)
		kinds, _ := candidate["x-kubernetes-group-version-kind"].([]any)
		if !slices.ContainsFunc(kinds, func(have any) bool { return reflect.DeepEqual(have, any(kind)) }) {
			continue
		}
		text := e.follow(candidate, path, nil)
		if text == "" {
			return fmt.Errorf("error: field \"%v\" does not exist", path[len(path)-1])
		}
		_, err := fmt.Fprintln(e.w, text)
		return err
	}
	return fmt.Errorf("error: GVK %v not found in OpenAPI schema", kind)
}

// kindOf finds the kind of a resource by the paths at which it is served.
func (e *explainer) kindOf(resource schema.GroupVersionResource) object {
	prefix := "/apis/" + resource.Group
	if resource.Group == "" {
		prefix = "/api"
	}
	prefix += "/" + resource.Version + "/"
	namespaced := prefix + "namespaces/{namespace}/" + resource.Resource
	paths := child(e.document, "paths")
	for _, path := range []string{prefix + resource.Resource, prefix + resource.Resource + "/{name}", namespaced, namespaced + "/{name}"} {
		methods := child(paths, path)
		for _, method := range []string{"get", "post", "put", "patch", "delete"} {
			if kind := child(child(methods, method), "x-kubernetes-group-version-kind"); len(kind) > 0 {
				return kind
			}
		}
	}
	return nil
}

func child(parent object, key string) object {
	found, _ := parent[key].(object)
	return found
}

func text(parent object, key string) string {
	found, _ := parent[key].(string)
	return found
}

func list(parent object, key string) []any {
	found, _ := parent[key].([]any)
	return found
}

// seen are the references on the way to a schema, to notice going in circles.
type seen []string

// resolve follows a schema's reference; circular is true if it has been seen.
func (e *explainer) resolve(s object, before seen) (resolved object, after seen, circular bool) {
	reference := text(s, "$ref")
	if reference == "" {
		return s, before, false
	}
	if slices.Contains(before, reference) {
		return s, before, true
	}
	after = append(slices.Clone(before), reference)
	if target := e.lookUp(reference); target != nil {
		return target, after, false
	}
	return s, after, false
}

// lookUp finds what a reference within the document, #/a/b, points to.
func (e *explainer) lookUp(reference string) object {
	fragment, local := strings.CutPrefix(reference, "#")
	if !local {
		return nil
	}
	at := e.document
	for _, key := range strings.Split(fragment, "/") {
		if key == "" {
			continue
		}
		if at = child(at, key); at == nil {
			return nil
		}
	}
	return at
}

// follow goes along the path and describes what is at its end; "" if there is
// no such field.
func (e *explainer) follow(s object, path []string, before seen) string {
	resolved, after, circular := e.resolve(s, before)
	if len(path) == 0 {
		return e.describe(resolved)
	}
	if circular {
		return ""
	}
	if field := child(child(resolved, "properties"), path[0]); field != nil {
		below := e.follow(field, path[1:], nil)
		if len(path) > 1 {
			return below
		}
		return fmt.Sprintf("FIELD: %s <%s>\n%s\n\n", path[0], e.typeName(field), longEnum(field)) + below
	}
	if items := child(resolved, "items"); len(items) > 0 {
		return e.follow(items, path, after)
	}
	if values := child(resolved, "additionalProperties"); len(values) > 0 {
		return e.follow(values, path, after)
	}
	for _, part := range list(resolved, "allOf") {
		if found := e.follow(part.(object), path, after); found != "" {
			return found
		}
	}
	return ""
}

// describe writes a description and the fields.
func (e *explainer) describe(s object) string {
	var b strings.Builder
	description := e.description(s)
	if description == "" {
		description = "<empty>"
	}
	b.WriteString("DESCRIPTION:\n" + indent(4, wrap(76, description)) + "\n")
	if documents := child(s, "externalDocs"); len(documents) > 0 {
		b.WriteString("\n" + externalDocuments(documents, 0))
	}
	if fields := e.fields(s, 1, nil); fields != "" {
		b.WriteString("FIELDS:\n" + fields)
	}
	return b.String()
}

// description is that of a schema, with those of the schemas it is made of.
func (e *explainer) description(s object) string {
	if target := e.lookUp(text(s, "$ref")); target != nil {
		s = target
	}
	var b strings.Builder
	if own := text(s, "description"); own != "" {
		b.WriteString(own + "\n")
	}
	for _, part := range list(s, "allOf") {
		b.WriteString(e.description(part.(object)))
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if part := child(s, key); len(part) > 0 {
			b.WriteString(e.description(part))
		}
	}
	return b.String()
}

// fields lists the fields of a schema, and of those it is made of.
func (e *explainer) fields(s object, level int, before seen) string {
	resolved, after, circular := e.resolve(s, before)
	if circular {
		return ""
	}
	var b strings.Builder
	properties := child(resolved, "properties")
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		field, _ := properties[name].(object)
		b.WriteString(e.field(resolved, name, field, level))
		if e.recursive && (e.maxDepth == 0 || level < e.maxDepth) {
			b.WriteString(e.fields(field, level+1, after))
		}
	}
	for _, part := range list(resolved, "allOf") {
		b.WriteString(e.fields(part.(object), level, after))
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if part := child(resolved, key); len(part) > 0 {
			b.WriteString(e.fields(part, level, after))
		}
	}
	return b.String()
}

func (e *explainer) field(parent object, name string, field object, level int) string {
	margin := 2 * level
	var b strings.Builder
	fmt.Fprintf(&b, "%s\t<%s>", indent(margin, name), e.typeName(field))
	if slices.Contains(list(parent, "required"), any(name)) {
		b.WriteString(" -required-")
	}
	b.WriteString(shortEnum(field, margin) + "\n")
	if e.recursive {
		return b.String()
	}
	description := text(field, "description")
	if description == "" {
		description = "<no description>"
	}
	b.WriteString(indent(margin+2, wrap(78-margin, description)) + "\n")
	if documents := child(field, "externalDocs"); len(documents) > 0 {
		b.WriteString("\n" + externalDocuments(documents, margin+2))
	}
	return b.String() + "\n"
}

func externalDocuments(documents object, margin int) string {
	out := indent(margin, "EXTERNAL DOCS:") + "\n"
	if description := text(documents, "description"); description != "" {
		width := 76
		if margin > 0 {
			width = 78 - margin
		}
		out += indent(margin+wordMargin(margin), wrap(width, description)) + "\n"
	}
	if url := text(documents, "url"); url != "" {
		out += indent(margin+wordMargin(margin), "URL: "+url) + "\n"
	}
	return out
}

// wordMargin is how much further in the words below a title are: less for a
// field's than for a type's.
func wordMargin(margin int) int {
	if margin > 0 {
		return 2
	}
	return 4
}

// typeName is "string", "[]Container", "map[string]Quantity" ...
func (e *explainer) typeName(s object) string {
	parts := list(s, "allOf")
	switch {
	case len(child(s, "items")) > 0:
		return "[]" + e.typeName(child(s, "items"))
	case len(child(s, "additionalProperties")) > 0:
		return "map[string]" + e.typeName(child(s, "additionalProperties"))
	case len(parts) == 1 && len(child(s, "properties")) == 0:
		return e.typeName(parts[0].(object))
	case text(s, "$ref") != "":
		reference := text(s, "$ref")
		if kind := text(e.lookUp(reference), "type"); kind != "" && kind != "object" {
			return kind
		}
		reference = reference[strings.LastIndex(reference, "/")+1:]
		return orObject(reference[strings.LastIndex(reference, ".")+1:])
	case text(s, "type") == "object":
		return "Object"
	}
	return orObject(text(s, "type"))
}

func orObject(name string) string {
	if name == "" {
		return "Object"
	}
	return name
}

// maxShort is how many values of an enumeration a list of fields shows.
const maxShort = 4

func shortEnum(s object, margin int) string {
	values := list(s, "enum")
	if len(values) == 0 {
		return ""
	}
	var shown []string
	for i, value := range values {
		if i == maxShort {
			shown = append(shown, "....")
			break
		}
		shown = append(shown, enumValue(value))
	}
	return "\n" + strings.Repeat(" ", margin) + "enum: " + strings.Join(shown, ", ")
}

func longEnum(s object) string {
	values := list(s, "enum")
	if len(values) == 0 {
		return ""
	}
	out := "ENUM:"
	for _, value := range values {
		out += "\n    " + enumValue(value)
	}
	return out
}

func enumValue(value any) string {
	if value == "" {
		return `""`
	}
	return fmt.Sprint(value)
}

func wrap(width int, s string) string { return wordwrap.WrapString(s, uint(width)) }

func indent(margin int, s string) string {
	pad := strings.Repeat(" ", margin)
	return pad + strings.ReplaceAll(s, "\n", "\n"+pad)
}
