// Package events records Events about objects, as Kubernetes' components do:
// what repeats is counted in one Event rather than written again.
//
// A Recorder keeps nothing itself; what has been recorded is found in the
// store, so a fork of a cluster goes on counting where the original stood.
package events

import (
	"fmt"
	"strconv"

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
	e.Name = r.name(e)
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

func topicOf(obj store.Object, into []string) []string {
	return append(into, topic(obj.(*corev1.Event)))
}

// topic is what an event is found by.
func topic(e *corev1.Event) string { return string(e.InvolvedObject.UID) + e.Reason }

// identity is what two events share when the second one counts as a repetition
// of the first.
type identity struct {
	source                corev1.EventSource
	controller, namespace string
	about                 corev1.ObjectReference
	kind, reason, message string
}

func identityOf(e *corev1.Event) identity {
	about := e.InvolvedObject
	about.ResourceVersion = ""
	return identity{e.Source, e.ReportingController, e.Namespace, about, e.Type, e.Reason, e.Message}
}

func (r *Recorder) record(e *corev1.Event) {
	topical := client.Indexed[*corev1.Event](r.client, byTopic, topic(e), topicOf)
	for _, seen := range topical {
		if identityOf(seen) == identityOf(e) {
			r.repeat(seen, e)
			return
		}
	}
	if similar(topical, e) >= maxSimilar {
		r.combine(topical, e)
		return
	}
	e.Name = r.name(e)
	_, _ = client.Create(r.client, e) // see Event
}

// repeat counts an event that has been seen.
func (r *Recorder) repeat(seen, e *corev1.Event) {
	seen = seen.DeepCopy()
	seen.Count++
	seen.LastTimestamp = e.LastTimestamp
	seen.InvolvedObject.ResourceVersion = e.InvolvedObject.ResourceVersion
	seen.Message = e.Message
	_, _ = client.Update(r.client, seen) // see Event
}

// name is the object's name and the instant, as Kubernetes builds it. The
// store's revision, which only grows, keeps apart what falls on one instant.
func (r *Recorder) name(e *corev1.Event) string {
	at := r.client.Registry.Loop.Now().UnixNano() + r.client.Registry.Store.Revision()
	return e.InvolvedObject.Name + "." + strconv.FormatInt(at, 16)
}
