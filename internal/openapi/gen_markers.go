//go:build ignore

// Command gen_markers writes markers_table.go: what the comments of the API
// modules say about the types that are served, which reflection cannot see.
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"log"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/version"

	"github.com/kubejig/kubejig/internal/scheme"
)

// kept are the markers of types and fields that documents tell of.
var kept = []string{"listType", "listMapKey", "mapType", "structType", "default", "union", "unionDiscriminator"}

// found are the tables of markers_table.go, by the full name of the Go type.
type found struct {
	// served are the types that documents can speak of, with the descriptions
	// that they carry with them.
	served map[string]map[string]string
	// constants are expressions, by the constants' full names.
	constants map[string]constant

	enums  map[string]map[string]string   // descriptions by value
	types  map[string][]string            // markers
	fields map[string]map[string][]string // markers by JSON name
	docs   map[string]map[string]string   // descriptions that they do not carry, by JSON name
}

// source is a file of a package.
type source struct {
	pkg string
	*ast.File
}

type constant struct {
	in    source
	value ast.Expr
}

func main() {
	f := found{
		served: served(), constants: map[string]constant{}, enums: map[string]map[string]string{}, types: map[string][]string{},
		fields: map[string]map[string][]string{}, docs: map[string]map[string]string{},
	}
	var files []source
	for _, module := range []string{"k8s.io/api", "k8s.io/apimachinery", "k8s.io/apiextensions-apiserver"} {
		directory, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
		if err != nil {
			log.Fatal(err)
		}
		files = append(files, sources(module, strings.TrimSpace(string(directory)))...)
	}
	each(files, f.noteConstant)
	each(files, f.noteType)
	each(files, f.noteValue)
	text, err := format.Source(f.write())
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("markers_table.go", text, 0o644); err != nil {
		log.Fatal(err)
	}
}

// served walks the types of the scheme and what answers discovery.
func served() map[string]map[string]string {
	types := map[string]map[string]string{}
	var walk func(reflect.Type)
	walk = func(t reflect.Type) {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			walk(t.Elem())
			return
		}
		name := t.PkgPath() + "." + t.Name()
		if _, done := types[name]; done || t.Name() == "" {
			return
		}
		types[name] = nil
		if self, ok := reflect.Zero(t).Interface().(interface{ SwaggerDoc() map[string]string }); ok {
			types[name] = self.SwaggerDoc()
		}
		if t.Kind() == reflect.Struct {
			for i := range t.NumField() {
				walk(t.Field(i).Type)
			}
		}
	}
	for _, t := range scheme.Scheme().AllKnownTypes() {
		walk(t)
	}
	for _, t := range []any{metav1.APIResourceList{}, metav1.APIGroupList{}, metav1.APIVersions{}, version.Info{}} {
		walk(reflect.TypeOf(t))
	}
	return types
}

// sources reads every package of a module.
func sources(module, directory string) []source {
	var files []source
	err := filepath.WalkDir(directory, func(at string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "zz_generated") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), at, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(directory, filepath.Dir(at))
		files = append(files, source{path.Join(module, filepath.ToSlash(relative)), file})
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	return files
}

// each visits what files declare; what has no comment of its own has that of
// the declaration.
func each(files []source, visit func(source, ast.Spec, *ast.CommentGroup)) {
	for _, file := range files {
		for _, declaration := range file.Decls {
			general, ok := declaration.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range general.Specs {
				var doc *ast.CommentGroup
				switch s := spec.(type) {
				case *ast.TypeSpec:
					doc = s.Doc
				case *ast.ValueSpec:
					doc = s.Doc
				}
				if doc == nil && !general.Lparen.IsValid() {
					doc = general.Doc
				}
				visit(file, spec, doc)
			}
		}
	}
}

func (f found) noteConstant(in source, spec ast.Spec, _ *ast.CommentGroup) {
	declared, ok := spec.(*ast.ValueSpec)
	if !ok {
		return
	}
	for i, value := range declared.Values {
		f.constants[in.pkg+"."+declared.Names[i].Name] = constant{in, value}
	}
}

// text is the value of a constant string; "" for what is none.
func (f found) text(in source, value ast.Expr) string {
	switch v := value.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(v.Value)
		return text
	case *ast.CallExpr: // a conversion
		return f.text(in, v.Args[0])
	case *ast.Ident:
		return f.named(in.pkg + "." + v.Name)
	case *ast.SelectorExpr:
		of := fmt.Sprint(v.X)
		for _, imported := range in.Imports {
			from, _ := strconv.Unquote(imported.Path.Value)
			if imported.Name != nil && imported.Name.Name == of || imported.Name == nil && path.Base(from) == of {
				return f.named(from + "." + v.Sel.Name)
			}
		}
	}
	return ""
}

func (f found) named(name string) string {
	if c, ok := f.constants[name]; ok {
		return f.text(c.in, c.value)
	}
	return ""
}

// noteType notes what the comments of a type and of its fields say. Types with
// a list of values have an empty one to begin with.
func (f found) noteType(in source, spec ast.Spec, doc *ast.CommentGroup) {
	t, ok := spec.(*ast.TypeSpec)
	if !ok {
		return
	}
	name := in.pkg + "." + t.Name.Name
	carried, ok := f.served[name]
	if !ok {
		return
	}
	if slices.Contains(markers(doc), "enum") {
		f.enums[name] = map[string]string{}
	}
	if marks := f.markers(in, doc); len(marks) > 0 {
		f.types[name] = marks
	}
	structure, ok := t.Type.(*ast.StructType)
	if !ok {
		return
	}
	docs := map[string]string{"": describe(doc)}
	f.noteFields(in, name, structure, docs)
	if maps.DeleteFunc(docs, func(of, text string) bool { return text == "" || text == carried[of] }); len(docs) > 0 {
		f.docs[name] = docs
	}
}

func (f found) noteFields(in source, owner string, structure *ast.StructType, docs map[string]string) {
	fields := map[string][]string{}
	for _, field := range structure.Fields.List {
		if field.Tag == nil {
			continue
		}
		tag, _ := strconv.Unquote(field.Tag.Value)
		name, options, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		docs[name] = describe(field.Doc)
		marks, omitted := f.markers(in, field.Doc), strings.Contains(options, "omit")
		for mark, surprises := range map[string]bool{"optional": !omitted, "required": omitted} {
			if surprises && slices.Contains(markers(field.Doc), mark) {
				marks = append(marks, mark)
			}
		}
		if len(marks) > 0 {
			fields[name] = marks
		}
	}
	if len(fields) > 0 {
		f.fields[owner] = fields
	}
}

// noteValue notes the values of types that have a list of them.
func (f found) noteValue(in source, spec ast.Spec, doc *ast.CommentGroup) {
	declared, ok := spec.(*ast.ValueSpec)
	if !ok {
		return
	}
	for i, value := range declared.Values {
		t := declared.Type
		if conversion, ok := value.(*ast.CallExpr); ok && t == nil {
			t = conversion.Fun
		}
		of, ok := t.(*ast.Ident)
		if !ok {
			continue
		}
		enum := in.pkg + "." + of.Name
		if _, ok := f.enums[enum]; !ok {
			continue
		}
		words := strings.Fields(doc.Text())
		if len(words) > 0 && words[0] == declared.Names[i].Name {
			words = words[1:]
		}
		f.enums[enum][f.text(in, value)] = strings.Join(words, " ")
	}
}

// markers are the lines of a comment that begin with a plus sign, without it.
func markers(doc *ast.CommentGroup) []string {
	if doc == nil {
		return nil
	}
	var found []string
	for _, comment := range doc.List {
		if marker, ok := strings.CutPrefix(strings.TrimSpace(strings.TrimPrefix(comment.Text, "//")), "+"); ok {
			found = append(found, marker)
		}
	}
	return found
}

// markers are those of a comment that are kept, with values in the place of the
// constants that they refer to.
func (f found) markers(in source, doc *ast.CommentGroup) []string {
	var found []string
	for _, marker := range markers(doc) {
		name, value, _ := strings.Cut(marker, "=")
		if !slices.Contains(kept, name) {
			continue
		}
		if reference, ok := strings.CutPrefix(value, "ref("); ok {
			marker = name + "=" + strconv.Quote(f.named(in.pkg+"."+strings.TrimSuffix(reference, ")")))
		}
		found = append(found, marker)
	}
	return found
}

// describe makes a description of a comment: paragraphs are lines, and what is
// indented stays as it is.
func describe(doc *ast.CommentGroup) string {
	text := ""
	for line := range strings.Lines(doc.Text()) {
		line = strings.TrimRight(line, " \n")
		switch bare := strings.TrimLeft(line, " "); {
		case line == "---":
			return strings.TrimSpace(text)
		case line == "":
			text = text[:max(0, len(text)-1)] + "\n\n"
		case strings.HasPrefix(bare, "TODO"), strings.HasPrefix(bare, "+"):
		case line != strings.TrimLeft(line, " \t"):
			text = text[:max(0, len(text)-1)] + "\n" + line + "\n"
		default:
			text += line + " "
		}
	}
	return strings.TrimSpace(text)
}

func (f found) write() []byte {
	var out bytes.Buffer
	fmt.Fprintln(&out, "// Code generated by gen_markers.go. DO NOT EDIT.\n\npackage openapi\n\nimport \"sync\"\n")
	fmt.Fprintln(&out, "var markers = sync.OnceValue(func() markerTables {\nreturn markerTables{")
	table(&out, "enums", "map[string]string", f.enums)
	table(&out, "types", "[]string", f.types)
	table(&out, "fields", "map[string][]string", f.fields)
	table(&out, "docs", "map[string]string", f.docs)
	fmt.Fprintln(&out, "}\n})")
	return out.Bytes()
}

func table[V any](out *bytes.Buffer, name, of string, entries map[string]V) {
	fmt.Fprintf(out, "%s: map[string]%s{\n", name, of)
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		value := strings.TrimPrefix(fmt.Sprintf("%#v", entries[key]), of)
		fmt.Fprintf(out, "%q: %s,\n", key, strings.ReplaceAll(value, "[]string{", "{"))
	}
	fmt.Fprintln(out, "},")
}
