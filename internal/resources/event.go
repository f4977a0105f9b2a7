package resources

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validation/path"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// event is one kind in two groups: the core group's old form, which is stored,
// and that of events.k8s.io.
func event() *Kind {
	doc := corev1.Event{}.SwaggerDoc()
	name := Wide(NameColumn())
	k := define(Definition[*corev1.Event]{
		Name: "Event", Resource: "events", ShortNames: []string{"ev"},
		Version:           corev1.SchemeGroupVersion,
		Others:            []Version{eventsV1()},
		ValidateVersion:   func(e, _ *corev1.Event) field.ErrorList { return validateEvent(e, "reportingComponent") },
		ValidateName:      path.ValidatePathSegmentName,
		CreateOnUpdate:    true,
		ForeignFinalizers: true,
		Fields:            eventFields,
		Columns: []metav1.TableColumnDefinition{
			Column("Last Seen", doc["lastTimestamp"]),
			Column("Type", doc["type"]),
			Column("Reason", doc["reason"]),
			Column("Object", doc["involvedObject"]),
			Wide(Column("Subobject", corev1.ObjectReference{}.SwaggerDoc()["fieldPath"])),
			Wide(Column("Source", doc["source"])),
			Column("Message", doc["message"]),
			Wide(Column("First Seen", doc["firstTimestamp"])),
			Wide(Column("Count", doc["count"])),
			name,
		},
		Row: eventRow,
	})
	k.Storage().Selects = func(field string) bool {
		return !strings.HasPrefix(field, "regarding.") && field != "reportingController"
	}
	return k
}

// isOnlyInCoreEvents tells of fields that events.k8s.io calls otherwise, or does
// not have.
func isOnlyInCoreEvents(field string) bool {
	return strings.HasPrefix(field, "involvedObject.") || field == "source" || field == "reportingComponent"
}

// eventFields has the names of both groups.
func eventFields(e *corev1.Event) fields.Set {
	set := fields.Set{
		"reason":              e.Reason,
		"type":                e.Type,
		"source":              orElse(e.Source.Component, e.ReportingController),
		"reportingComponent":  e.ReportingController,
		"reportingController": e.ReportingController,
	}
	object := fields.Set{
		"kind":            e.InvolvedObject.Kind,
		"namespace":       e.InvolvedObject.Namespace,
		"name":            e.InvolvedObject.Name,
		"uid":             string(e.InvolvedObject.UID),
		"apiVersion":      e.InvolvedObject.APIVersion,
		"resourceVersion": e.InvolvedObject.ResourceVersion,
		"fieldPath":       e.InvolvedObject.FieldPath,
	}
	for name, value := range object {
		set["involvedObject."+name] = value
		set["regarding."+name] = value
	}
	return set
}

// validateEvent checks what all events must fulfil; controller is what the
// request's version calls the reporting controller.
func validateEvent(e *corev1.Event, controller string) field.ErrorList {
	var errs field.ErrorList
	if isEventInWrongNamespace(e) {
		errs = append(errs, field.Invalid(field.NewPath("involvedObject", "namespace"), e.InvolvedObject.Namespace, "does not match event.namespace"))
	}
	if !e.EventTime.IsZero() {
		errs = append(errs, validateReportedEvent(e, field.NewPath(controller))...)
	}
	return append(errs, invalidFor(field.NewPath("namespace"), e.Namespace, validation.IsDNS1123Subdomain(e.Namespace))...)
}

// isEventInWrongNamespace tells whether an event lies elsewhere than its
// object. Events about objects without a namespace are in the default one, or
// in the system's if they are of the new form, which has an event time.
func isEventInWrongNamespace(e *corev1.Event) bool {
	object := e.InvolvedObject.Namespace
	switch {
	case !e.EventTime.IsZero():
		return object == "" && e.Namespace != metav1.NamespaceDefault && e.Namespace != metav1.NamespaceSystem
	case object == "":
		return e.Namespace != "" && e.Namespace != metav1.NamespaceDefault
	}
	return e.Namespace != object
}

func eventRow(e *corev1.Event, now time.Time) []any {
	first := Age(e.FirstTimestamp, now)
	if e.FirstTimestamp.IsZero() {
		first = Age(metav1.Time(e.EventTime), now)
	}
	last, count := Age(e.LastTimestamp, now), e.Count
	if e.LastTimestamp.IsZero() {
		last = first
	}
	if e.Series != nil {
		last, count = Age(metav1.Time(e.Series.LastObservedTime), now), e.Series.Count
	} else if count == 0 {
		count = 1 // an event of the new form that happened once
	}
	object := strings.ToLower(e.InvolvedObject.Kind)
	if e.InvolvedObject.Name != "" {
		object += "/" + e.InvolvedObject.Name
	}
	source := orElse(e.Source.Component, e.ReportingController)
	if instance := orElse(e.Source.Host, e.ReportingInstance); instance != "" {
		source += ", " + instance
	}
	return []any{last, e.Type, e.Reason, object, e.InvolvedObject.FieldPath, source,
		strings.TrimSpace(e.Message), first, int64(count), e.Name}
}
