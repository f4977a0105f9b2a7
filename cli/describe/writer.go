package describe

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/printers"
)

// writer writes a description: labelled values, aligned, in sections that
// are indented by two spaces each.
type writer struct {
	out    flusher
	prefix string // indentation
	now    time.Time
}

// flusher is a writer that holds text back, to align it or to gather it.
type flusher interface {
	io.Writer
	Flush() error
}

// description returns what write writes. Ages are as of now.
func description(now time.Time, write func(*writer) error) (string, error) {
	var buffer bytes.Buffer
	aligned := tabwriter.NewWriter(&buffer, 0, 8, 2, ' ', 0)
	if err := write(&writer{out: aligned, now: now}); err != nil {
		return "", err
	}
	if err := aligned.Flush(); err != nil {
		return "", err
	}
	return buffer.String(), nil
}

// in is w one level deeper.
func (w *writer) in() *writer { return w.at(1) }

// at is w some levels deeper.
func (w *writer) at(levels int) *writer {
	deeper := *w
	deeper.prefix += strings.Repeat("  ", levels)
	return &deeper
}

// text writes a part of a line, without indentation. What could steer a
// terminal is made harmless. Errors show when the description is flushed.
func (w *writer) text(format string, args ...any) {
	_ = printers.WriteEscaped(w.out, fmt.Sprintf(format, args...))
}

// line writes a line.
func (w *writer) line(format string, args ...any) {
	w.text("%s"+format+"\n", append([]any{w.prefix}, args...)...)
}

// field writes "label: value".
func (w *writer) field(label string, value any) { w.line("%s:\t%v", label, value) }

// fieldf is field with a formatted value.
func (w *writer) fieldf(label, format string, args ...any) {
	w.field(label, fmt.Sprintf(format, args...))
}

// fields writes several fields, given as label, value, label, value...
func (w *writer) fields(pairs ...any) {
	for i := 0; i < len(pairs); i += 2 {
		w.field(pairs[i].(string), pairs[i+1])
	}
}

// optional writes a field unless its value is empty.
func (w *writer) optional(label, value string) {
	if value != "" {
		w.field(label, value)
	}
}

// section writes a title, and returns the writer for what stands below it.
func (w *writer) section(title string) *writer {
	w.line("%s:", title)
	return w.in()
}

// heading writes the names of a table's columns, underlined.
func (w *writer) heading(columns ...string) {
	underlines := make([]string, len(columns))
	for i, column := range columns {
		underlines[i] = strings.Repeat("-", len(column))
	}
	w.row(columns...)
	w.row(underlines...)
}

// row writes a row of a table.
func (w *writer) row(cells ...string) { w.line("%s", strings.Join(cells, "\t")) }

// list writes a field of several values, below each other.
func (w *writer) list(label string, values []string) {
	if len(values) == 0 {
		values = []string{"<none>"}
	}
	w.field(label, values[0])
	for _, value := range values[1:] {
		w.line("\t%s", value)
	}
}

// pairs writes a field with the entries of a map as key=value.
func (w *writer) pairs(label string, entries map[string]string) {
	w.list(label, pairLines(entries))
}

func pairLines(entries map[string]string) []string {
	lines := make([]string, 0, len(entries))
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		lines = append(lines, key+"="+entries[key])
	}
	return lines
}

// annotations writes a field with annotations. Values that are long or have
// several lines stand below their key.
func (w *writer) annotations(label string, annotations map[string]string) {
	w.list(label, annotationLines(annotations))
}

// maxAnnotation is how long an annotation may be to be shown in one line, and
// to which length its lines are cut otherwise.
const maxAnnotation = 140

func annotationLines(annotations map[string]string) []string {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		if key == corev1.LastAppliedConfigAnnotation {
			continue
		}
		value := strings.TrimSuffix(annotations[key], "\n")
		if len(value)+len(key)+2 <= maxAnnotation && !strings.Contains(value, "\n") {
			lines = append(lines, key+": "+value)
			continue
		}
		lines = append(lines, key+":")
		for line := range strings.SplitSeq(value, "\n") {
			lines = append(lines, "  "+cut(line, maxAnnotation-2))
		}
	}
	return lines
}

func cut(text string, length int) string {
	if len(text) > length {
		return text[:length] + "..."
	}
	return text
}

// metadata writes what most descriptions begin with. Namespace is left out
// for kinds that live in none.
func (w *writer) metadata(object metav1.Object, namespaced bool) {
	w.field("Name", object.GetName())
	if namespaced {
		w.field("Namespace", object.GetNamespace())
	}
	w.pairs("Labels", object.GetLabels())
	w.annotations("Annotations", object.GetAnnotations())
}

// since is how long ago a time was, roughly.
func (w *writer) since(t time.Time) string {
	if t.IsZero() {
		return "<unknown>"
	}
	return duration.HumanDuration(w.now.Sub(t))
}

// date is a time in full.
func date(t time.Time) string { return t.Format(time.RFC1123Z) }

// controlledBy writes which object controls this one, if any.
func (w *writer) controlledBy(object metav1.Object) {
	if owner := metav1.GetControllerOf(object); owner != nil {
		w.field("Controlled By", owner.Kind+"/"+owner.Name)
	}
}

// or is what a pointer points to as text, or a word for nil.
func or[T any](value *T, unset string) string {
	if value == nil {
		return unset
	}
	return fmt.Sprint(*value)
}

// orNone is text, or "<none>" for none.
func orNone(text string) string {
	if text == "" {
		return "<none>"
	}
	return text
}

// boolean is "True" or "False", as conditions spell it.
func boolean(value bool) string {
	if value {
		return "True"
	}
	return "False"
}

// deref is what a pointer points to, or the zero value.
func deref[T any](value *T) T {
	if value == nil {
		var zero T
		return zero
	}
	return *value
}

// texts turns a list of any kind of string into strings.
func texts[S ~string](values []S) []string {
	out := make([]string, len(values))
	for i, value := range values {
		out[i] = string(value)
	}
	return out
}
