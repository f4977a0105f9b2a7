package events

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/client"
)

// Events that differ in nothing but their messages become one when there are
// many of them: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
const (
	// maxSimilar is how many are told of one by one.
	maxSimilar = 9
	// similarFor is how long none may come for the count to start anew.
	similarFor = 10 * time.Minute
	// combined is what the message of the one event begins with.
	combined = "(combined from similar events): "
)

// similar counts the events before e that say the same in other words, as far
// back as they followed each other closely.
func similar(topical []*corev1.Event, e *corev1.Event) int {
	var times []time.Time
	for _, seen := range topical {
		if alike(seen, e) && !strings.HasPrefix(seen.Message, combined) {
			times = append(times, seen.LastTimestamp.Time)
		}
	}
	slices.SortFunc(times, func(a, b time.Time) int { return b.Compare(a) })
	count, after := 0, e.LastTimestamp.Time
	for _, at := range times {
		if after.Sub(at) > similarFor {
			break
		}
		after = at
		count++
	}
	return count
}

// alike reports whether events differ in their messages only. A combined event
// names no reporting controller.
func alike(seen, e *corev1.Event) bool {
	one, other := identityOf(seen), identityOf(e)
	one.message, other.message = "", ""
	one.controller, other.controller = "", ""
	return one == other
}

// combine counts an event in the one that stands for all that are like it.
func (r *Recorder) combine(topical []*corev1.Event, e *corev1.Event) {
	e.Message = combined + e.Message
	e.ReportingController, e.ReportingInstance = "", ""
	for _, seen := range topical {
		if alike(seen, e) && strings.HasPrefix(seen.Message, combined) && e.LastTimestamp.Sub(seen.LastTimestamp.Time) <= similarFor {
			r.repeat(seen, e)
			return
		}
	}
	e.Name = r.name(e)
	_, _ = client.Create(r.client, e) // see Event
}
