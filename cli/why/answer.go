package why

import (
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/health"
	"github.com/kubejig/kubejig/internal/pattern"
)

// Lines of events, and of commands to go on with, that fit on a screen.
const (
	maxEvents = 6
	maxNext   = 4
)

// cause is one thing that keeps an object from being as it should be, and what
// is behind it.
type cause struct {
	text    string
	because []cause
}

func causef(format string, args ...any) cause { return cause{text: fmt.Sprintf(format, args...)} }

// with is c with more behind it.
func (c cause) with(because ...cause) cause {
	c.because = append(slices.Clone(c.because), because...)
	return c
}

// details makes causes of plain sentences.
func details(sentences ...string) []cause {
	var causes []cause
	for _, sentence := range sentences {
		causes = append(causes, cause{text: sentence})
	}
	return causes
}

// answer is what is to be said of one object.
type answer struct {
	kind, namespace, name string
	health                health.Health
	causes                []cause
	events                []*corev1.Event
	next                  []string // Command lines, without the program's name.
}

func (a *answer) add(causes ...cause) { a.causes = append(a.causes, causes...) }

func (a *answer) addEvents(events []*corev1.Event) { a.events = append(a.events, events...) }

// suggest adds a command line to go on with.
func (a *answer) suggest(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if !slices.Contains(a.next, line) {
		a.next = append(a.next, line)
	}
}

// write prints the answer: a headline, the causes, the events that bear
// witness, and what to do next. Commands begin with program and end with
// suffix.
func (a *answer) write(w io.Writer, now time.Time, program, suffix string) {
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n", a.headline())
	if len(a.causes) > 0 {
		text.WriteString("\nWhy:\n")
		writeCauses(&text, a.causes, 1)
	}
	writeEvents(&text, a.events, now)
	if len(a.next) > 0 {
		text.WriteString("\nNext:\n")
		for _, line := range a.next[:min(len(a.next), maxNext)] {
			fmt.Fprintf(&text, "  %s %s%s\n", program, line, suffix)
		}
	}
	_ = printers.WriteEscaped(w, text.String())
}

func (a *answer) headline() string {
	subject := a.kind + " " + a.name
	if a.namespace != "" {
		subject = a.kind + " " + a.namespace + "/" + a.name
	}
	return subject + " " + verdict(a.health)
}

// verdict is a health as the rest of a sentence.
func verdict(h health.Health) string {
	text := map[health.State]string{
		health.Ready:       "is ready",
		health.Progressing: "is not ready",
		health.Failed:      "has failed",
		health.Terminating: "is terminating",
	}[h.State]
	if h.Reason != "" {
		text += ": " + h.Reason
	}
	return text
}

func writeCauses(w io.Writer, causes []cause, depth int) {
	for _, c := range causes {
		indent := strings.Repeat("  ", depth)
		fmt.Fprintf(w, "%s%s\n", indent, strings.ReplaceAll(strings.TrimSpace(c.text), "\n", "\n"+indent+"  "))
		writeCauses(w, c.because, depth+1)
	}
}

// writeEvents prints the newest warnings or, if nothing warned, the newest
// events.
func writeEvents(w io.Writer, events []*corev1.Event, now time.Time) {
	shown := slices.DeleteFunc(slices.Clone(events), func(e *corev1.Event) bool { return e.Type != corev1.EventTypeWarning })
	if len(shown) == 0 {
		shown = slices.Clone(events)
	}
	sort.SliceStable(shown, func(i, j int) bool { return lastSeen(shown[i]).Before(lastSeen(shown[j])) })
	shown = alike(shown)
	shown = shown[max(0, len(shown)-maxEvents):]
	if len(shown) == 0 {
		return
	}
	fmt.Fprint(w, "\nEvents:\n")
	table := printers.GetNewTabWriter(w)
	for _, e := range shown {
		reason := e.Reason
		if n := count(e); n > 1 {
			reason += fmt.Sprintf(" (x%d)", n)
		}
		fmt.Fprintf(table, "  %s ago\t%s\t%s/%s\t%s\n", duration.HumanDuration(now.Sub(lastSeen(e))),
			reason, strings.ToLower(e.InvolvedObject.Kind), e.InvolvedObject.Name, oneLine(e.Message))
	}
	_ = table.Flush()
}

// quoted are the quoted parts of a message.
var quoted = pattern.Lazy(`"[^"]*"`)

// alike makes one event of those about the same object that differ in names
// only, such as those of the pods that a quota kept from being made. Events
// come in the order of their times, and stay so.
func alike(events []*corev1.Event) []*corev1.Event {
	type key struct{ object, reason, message string }
	newest := map[key]*corev1.Event{}
	var merged []*corev1.Event
	for _, e := range slices.Backward(events) {
		k := key{e.InvolvedObject.Kind + "/" + e.InvolvedObject.Name, e.Reason, quoted().ReplaceAllString(e.Message, "")}
		if newest[k] == nil {
			newest[k] = e.DeepCopy()
			newest[k].Count = 0
			newest[k].LastTimestamp.Time, newest[k].Series = lastSeen(e), nil
			merged = append(merged, newest[k])
		}
		newest[k].Count += max(count(e), 1)
	}
	slices.Reverse(merged)
	return merged
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func count(e *corev1.Event) int32 {
	if e.Series != nil {
		return e.Series.Count
	}
	return e.Count
}

func lastSeen(e *corev1.Event) time.Time {
	switch {
	case e.Series != nil:
		return e.Series.LastObservedTime.Time
	case !e.LastTimestamp.IsZero():
		return e.LastTimestamp.Time
	case !e.EventTime.IsZero():
		return e.EventTime.Time
	}
	return e.CreationTimestamp.Time
}
