// Package events records Events about objects, as Kubernetes' components do:
// what repeats is counted in one Event rather than written again.
//
// A Recorder keeps nothing itself: the registry has the memory of all of them,
// so a fork of a cluster goes on counting where the original stood.
package events

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/scheme"
	"github.com/kubejig/kubejig/internal/store"
)

// Recorder records the events of one component.
type Recorder struct {
	client *client.Client
	source corev1.EventSource
}

// NewRecorder returns a recorder of a component ("deployment-controller"), on
// a host ("" but for kubelets), that writes as the client's user.
func NewRecorder(c *client.Client, component, host string) *Recorder {
	return &Recorder{client: c, source: corev1.EventSource{Component: component, Host: host}}
}

// Event records that something happened to an object. kind is Normal or
// Warning. Recording never fails the work that it is about: an event that
// can't be written (its namespace is going away) is dropped.
func (r *Recorder) Event(about store.Object, kind, reason, message string) {
	r.record(r.event(Reference(about), kind, reason, message))
}

// Eventf is Event with a formatted message.
func (r *Recorder) Eventf(about store.Object, kind, reason, format string, args ...any) {
	r.Event(about, kind, reason, fmt.Sprintf(format, args...))
}

// EventFor is Event about a part of an object, such as a container.
func (r *Recorder) EventFor(about corev1.ObjectReference, kind, reason, message string) {
	r.record(r.event(about, kind, reason, message))
}

// Action records an event in the form of events.k8s.io, as the scheduler does:
// what was done, in place of a source.
func (r *Recorder) Action(about store.Object, kind, reason, action, message string) {
	now := metav1.NewMicroTime(r.client.Registry.Loop.Now())
	e := r.event(Reference(about), kind, reason, message)
	e.Source = corev1.EventSource{}
	e.FirstTimestamp, e.LastTimestamp, e.Count = metav1.Time{}, metav1.Time{}, 0
	e.EventTime = now
	e.Action = action
	e.ReportingController = r.source.Component
	e.ReportingInstance = r.source.Component
	modern := *r.client
	modern.APIVersion = eventsv1.SchemeGroupVersion.String()
	(&Recorder{client: &modern, source: r.source}).recordAction(e)
}

// recordAction records an event in the form of events.k8s.io. It repeats one
// about the same version of the same object, whatever either says; that there
// is a series is written once.
func (r *Recorder) recordAction(e *corev1.Event) {
	for _, seen := range client.Indexed[*corev1.Event](r.client, byTopic, topic(e), topicOf) {
		if seen.Type != e.Type || seen.Action != e.Action || seen.ReportingController != e.ReportingController || seen.InvolvedObject != e.InvolvedObject {
			continue
		}
		if seen.Series == nil {
			seen = seen.DeepCopy()
			seen.Series = &corev1.EventSeries{Count: 2, LastObservedTime: e.EventTime}
			_, _ = client.Update(r.client, seen) // see Event
		}
		return
	}
	e.Name = r.client.Registry.Told.Name(e.InvolvedObject.Name, e.EventTime.Time)
	_, _ = client.Create(r.client, e) // see Event
}

// Reference is an object as an event refers to it.
func Reference(obj store.Object) corev1.ObjectReference {
	gvks, _, err := scheme.Scheme().ObjectKinds(obj)
	gvk := obj.GetObjectKind().GroupVersionKind()
	if err == nil {
		gvk = gvks[0]
	}
	return corev1.ObjectReference{
		Kind: gvk.Kind, APIVersion: gvk.GroupVersion().String(),
		Namespace: obj.GetNamespace(), Name: obj.GetName(),
		UID: obj.GetUID(), ResourceVersion: obj.GetResourceVersion(),
	}
}

func (r *Recorder) event(about corev1.ObjectReference, kind, reason, message string) *corev1.Event {
	now := metav1.NewTime(r.client.Registry.Loop.Now())
	namespace := about.Namespace
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	return &corev1.Event{
		ObjectMeta:          metav1.ObjectMeta{Namespace: namespace},
		InvolvedObject:      about,
		Type:                kind,
		Reason:              reason,
		Message:             message,
		Source:              r.source,
		FirstTimestamp:      now,
		LastTimestamp:       now,
		Count:               1,
		ReportingController: r.source.Component,
		ReportingInstance:   r.source.Host,
	}
}

const byTopic = "topic"

// topicOf leads to events that may repeat in the form of events.k8s.io.
func topicOf(obj store.Object, into []string) []string {
	if e := obj.(*corev1.Event); e.Action != "" {
		return append(into, topic(e))
	}
	return into
}

// topic is what an event is found by.
func topic(e *corev1.Event) string { return string(e.InvolvedObject.UID) + e.Reason }

// record writes an event, or what is to be written in its place. An event that
// has been written before and is gone comes back with its count.
func (r *Recorder) record(e *corev1.Event) {
	if !r.client.Registry.Told.Observe(e) {
		return
	}
	if seen, ok := client.Get[*corev1.Event](r.client, e.Namespace, e.Name); ok && e.Count > 1 {
		seen = seen.DeepCopy()
		seen.Count, seen.LastTimestamp, seen.Message = e.Count, e.LastTimestamp, e.Message
		_, _ = client.Update(r.client, seen) // see Event
		return
	}
	_, _ = client.Create(r.client, e) // see Event
}
