// Package correlation decides what becomes of events before they are written,
// as the event correlator in Kubernetes' components does: what repeats is
// counted, many that differ in their messages only become one, and a source
// that does not stop to tell of an object is heard every five minutes only.
//
// It remembers what it has decided from, and writes nothing.
package correlation

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/btree"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// burst is how many events of a type a source may write about an object at
	// once, refill is how long it takes for one more.
	burst  = 25
	refill = 5 * time.Minute
	// maxSimilar is how many events that differ in their messages only are told
	// of one by one.
	maxSimilar = 9
	// similarFor is how long none may come for the count to start anew.
	similarFor = 10 * time.Minute
	// combined is what the message of the one event for many begins with.
	combined = "(combined from similar events): "
	// remembered is how long nothing must be told for it to be forgotten:
	// a source may tell as much as ever then. Kubernetes forgets by number.
	remembered = burst * refill
	// crowd is how many subjects are looked through for what can be forgotten.
	crowd = 1024
)

// Memory is what all recorders of a cluster remember. It is not safe for
// concurrent use. The zero Memory remembers nothing.
type Memory struct {
	subjects btree.Map[string, subject]
	// kept is how many subjects there were when some were forgotten last.
	kept int
	// named is how many events have got a name.
	named int64
}

// Fork returns a memory of the same that goes its own way.
func (m *Memory) Fork() *Memory {
	return &Memory{subjects: *m.subjects.Copy(), kept: m.kept, named: m.named}
}

// Name is a name for an event about an object that no other event has: the
// object's and the instant, as Kubernetes builds it. A number that only grows
// keeps apart what falls on one instant.
func (m *Memory) Name(about string, now time.Time) string {
	m.named++
	return about + "." + strconv.FormatInt(now.UnixNano()+m.named, 16)
}

// Observe takes in an event that happens now, its LastTimestamp, for the first
// time as far as its source knows, and makes of it what is to be written: it
// gets its name and count, and says so if it stands for many. It reports false
// if nothing is to be written.
func (m *Memory) Observe(e *corev1.Event) bool {
	m.forget(e.LastTimestamp.Time)
	key := subjectOf(e)
	s, _ := m.subjects.Get(key)
	s.forget(e.LastTimestamp.Time)
	s.combine(e)
	e.Name = m.Name(e.InvolvedObject.Name, e.LastTimestamp.Time)
	s.count(e)
	pass := s.pass(e.LastTimestamp.Time)
	m.subjects.Set(key, s)
	return pass
}

// forget lets go of subjects that nothing is told of, when there are many more
// than the last time.
func (m *Memory) forget(now time.Time) {
	if m.subjects.Len() < 2*m.kept+crowd {
		return
	}
	for _, key := range m.subjects.Keys() {
		if s, _ := m.subjects.Get(key); now.Sub(s.told) > remembered {
			m.subjects.Delete(key)
		}
	}
	m.kept = m.subjects.Len()
}

// subjectOf is who tells of what, and how bad it is.
func subjectOf(e *corev1.Event) string {
	about := &e.InvolvedObject
	return strings.Join([]string{
		e.Source.Component, e.Source.Host,
		about.Kind, about.Namespace, about.Name, string(about.UID), about.APIVersion, e.Type,
	}, "/")
}

// subject is what a source has told of an object. Its slices are shared between
// forks, and never changed.
type subject struct {
	sightings []sighting
	series    []series
	// told is when something was told last, written or not.
	told time.Time
	// full is when the source may write as many events as ever.
	full time.Time
}

// sighting is an event that may repeat. One that stands for many is of no part
// of the object and has no message of its own.
type sighting struct {
	reason, part, message string
	name                  string
	count                 int32
	first, last           metav1.Time
}

// series is events that differ in their messages only.
type series struct {
	reason, controller, instance string
	messages                     []string
	last                         time.Time
}

// forget lets go of what has not been told for long.
func (s *subject) forget(now time.Time) {
	old := func(last time.Time) bool { return now.Sub(last) > remembered }
	if slices.ContainsFunc(s.sightings, func(seen sighting) bool { return old(seen.last.Time) }) {
		s.sightings = slices.DeleteFunc(slices.Clone(s.sightings), func(seen sighting) bool { return old(seen.last.Time) })
	}
	if slices.ContainsFunc(s.series, func(r series) bool { return old(r.last) }) {
		s.series = slices.DeleteFunc(slices.Clone(s.series), func(r series) bool { return old(r.last) })
	}
	s.told = now
}

// combine makes an event stand for all that are like it, if there are many. Such
// an event names no reporting controller.
func (s *subject) combine(e *corev1.Event) {
	now := e.LastTimestamp.Time
	at := slices.IndexFunc(s.series, func(r series) bool {
		return r.reason == e.Reason && r.controller == e.ReportingController && r.instance == e.ReportingInstance
	})
	r := series{reason: e.Reason, controller: e.ReportingController, instance: e.ReportingInstance}
	if at >= 0 && now.Sub(s.series[at].last) <= similarFor {
		r.messages = s.series[at].messages
	}
	r.last = now
	switch {
	case slices.Contains(r.messages, e.Message):
	case len(r.messages) < maxSimilar:
		r.messages = append(slices.Clip(r.messages), e.Message)
	default:
		e.Message = combined + e.Message
		e.ReportingController, e.ReportingInstance = "", ""
	}
	s.series = with(s.series, at, r)
}

// count makes an event the next one of those that it repeats.
func (s *subject) count(e *corev1.Event) {
	now := sighting{reason: e.Reason, part: e.InvolvedObject.FieldPath, message: e.Message, name: e.Name, first: e.FirstTimestamp}
	if strings.HasPrefix(e.Message, combined) {
		now.part, now.message = "", combined
	}
	at := slices.IndexFunc(s.sightings, func(seen sighting) bool {
		return seen.reason == now.reason && seen.part == now.part && seen.message == now.message
	})
	if at >= 0 {
		seen := s.sightings[at]
		now.name, now.count, now.first = seen.name, seen.count, seen.first
	}
	now.count++
	now.last = e.LastTimestamp
	e.Name, e.Count, e.FirstTimestamp = now.name, now.count, now.first
	s.sightings = with(s.sightings, at, now)
}

// pass reports whether the source may write one more event.
func (s *subject) pass(now time.Time) bool {
	full := s.full
	if full.Before(now) {
		full = now
	}
	full = full.Add(refill)
	if full.Sub(now) > burst*refill {
		return false
	}
	s.full = full
	return true
}

// with is a copy of a list with an element at a place, or at its end for -1.
func with[T any](list []T, at int, element T) []T {
	if at < 0 {
		return append(slices.Clip(list), element)
	}
	list = slices.Clone(list)
	list[at] = element
	return list
}
