package events

import (
	"fmt"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/printers"
)

// table prints events as lines, the column names before the first.
type table struct {
	now                      func() time.Time
	noHeaders, withNamespace bool
}

func (t *table) PrintObj(object runtime.Object, w io.Writer) error {
	if !t.noHeaders {
		if t.withNamespace {
			fmt.Fprint(w, "NAMESPACE\t")
		}
		fmt.Fprint(w, "LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n")
		t.noHeaders = true
	}
	switch object := object.(type) {
	case *corev1.EventList:
		for i := range object.Items {
			t.line(w, &object.Items[i])
		}
	case *corev1.Event:
		t.line(w, object)
	default:
		return fmt.Errorf("unknown event type %T", object)
	}
	return nil
}

func (t *table) line(w io.Writer, event *corev1.Event) {
	if t.withNamespace {
		fmt.Fprintf(w, "%s\t", event.Namespace)
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%s/%s\t%s\n",
		t.seen(event),
		printers.EscapeTerminal(event.Type),
		printers.EscapeTerminal(event.Reason),
		printers.EscapeTerminal(event.InvolvedObject.Kind),
		printers.EscapeTerminal(event.InvolvedObject.Name),
		printers.EscapeTerminal(strings.TrimSpace(event.Message)))
}

// seen says how long ago the event happened, and how often: "2m (x3 over 5m)".
func (t *table) seen(event *corev1.Event) string {
	first := t.since(event.EventTime.Time)
	if event.EventTime.IsZero() {
		first = t.since(event.FirstTimestamp.Time)
	}
	switch {
	case event.Series != nil:
		return fmt.Sprintf("%s (x%d over %s)", t.since(event.Series.LastObservedTime.Time), event.Series.Count, first)
	case event.Count > 1:
		return fmt.Sprintf("%s (x%d over %s)", t.since(event.LastTimestamp.Time), event.Count, first)
	}
	return first
}

func (t *table) since(when time.Time) string {
	if when.IsZero() {
		return "<unknown>"
	}
	return duration.HumanDuration(t.now().Sub(when))
}
