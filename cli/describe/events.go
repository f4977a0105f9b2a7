package describe

import (
	"context"
	"fmt"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
)

// about says which events concern an object.
type about struct {
	kind            string // "" for any
	namespace, name string
	uid             types.UID
}

func aboutObject(kind string, object metav1.Object) about {
	return about{kind: kind, namespace: object.GetNamespace(), name: object.GetName(), uid: object.GetUID()}
}

// events writes the events of an object, unless none are wanted. Events that
// can not be read are as good as none.
func (w *writer) events(ctx context.Context, r *related, objects ...about) {
	if !r.showEvents {
		return
	}
	var all []*corev1.Event
	for _, object := range objects {
		found, _ := r.events(ctx, object)
		all = append(all, found...)
	}
	w.eventTable(all)
}

func (r *related) events(ctx context.Context, object about) ([]*corev1.Event, error) {
	selector := []fields.Selector{
		fields.OneTermEqualSelector("involvedObject.name", object.name),
		fields.OneTermEqualSelector("involvedObject.namespace", object.namespace),
	}
	if object.kind != "" {
		selector = append(selector, fields.OneTermEqualSelector("involvedObject.kind", object.kind))
	}
	if object.uid != "" {
		selector = append(selector, fields.OneTermEqualSelector("involvedObject.uid", string(object.uid)))
	}
	return find(ctx, r, eventCollection(), object.namespace, nil, fields.AndSelectors(selector...))
}

func (w *writer) eventTable(events []*corev1.Event) {
	if len(events) == 0 {
		w.field("Events", "<none>")
		return
	}
	_ = w.out.Flush() // Columns above have nothing to do with these.
	sort.Slice(events, func(i, j int) bool {
		return events[i].LastTimestamp.Time.Before(events[j].LastTimestamp.Time)
	})
	table := w.section("Events")
	table.row("Type", "Reason", "Age", "From", "Message")
	table.row("----", "------", "----", "----", "-------")
	for _, event := range events {
		table.row(event.Type, event.Reason, w.eventAge(event), eventSource(event), eventMessage(event))
	}
}

// eventAge is when an event happened, and since when if more than once.
func (w *writer) eventAge(event *corev1.Event) string {
	first := event.EventTime.Time
	if first.IsZero() {
		first = event.FirstTimestamp.Time
	}
	switch {
	case event.Series != nil:
		return fmt.Sprintf("%s (x%d over %s)", w.since(event.Series.LastObservedTime.Time), event.Series.Count, w.since(first))
	case event.Count > 1:
		return fmt.Sprintf("%s (x%d over %s)", w.since(event.LastTimestamp.Time), event.Count, w.since(first))
	default:
		return w.since(first)
	}
}

func eventSource(event *corev1.Event) string {
	if event.Source.Component != "" {
		return event.Source.Component
	}
	return event.ReportingController
}

func eventMessage(event *corev1.Event) string {
	message := strings.TrimSpace(event.Message)
	if path := event.InvolvedObject.FieldPath; path != "" {
		return path + ": " + message
	}
	return message
}
