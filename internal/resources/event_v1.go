package resources

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/internalform"
	"github.com/kubejig/kubejig/internal/store"
)

// Limits of the fields of reported events.
const (
	maxEventField = 128
	maxEventNote  = 1024
)

// eventsV1 is the form of events in events.k8s.io, which has rules of its own.
func eventsV1() Version {
	v := BuiltinVersion(eventsv1.SchemeGroupVersion, "Event")
	v.ToStorage = func(o store.Object) (store.Object, error) { return eventFromV1(o.(*eventsv1.Event)), nil }
	v.FromStorage = func(o store.Object) (store.Object, error) { return eventToV1(o.(*corev1.Event)), nil }
	v.Selects = func(field string) bool { return !isOnlyInCoreEvents(field) }
	v.Validate = func(o, old store.Object) field.ErrorList {
		errs := append(validateEvent(o.(*corev1.Event), "reportingController"), ValidateFinalizers(o)...)
		if before, ok := old.(*corev1.Event); ok {
			return append(errs, validateEventV1Update(o.(*corev1.Event), before)...)
		}
		return append(errs, validateEventV1(o.(*corev1.Event))...)
	}
	return v
}

func eventFromV1(e *eventsv1.Event) *corev1.Event {
	out := &corev1.Event{
		ObjectMeta:          e.ObjectMeta,
		InvolvedObject:      e.Regarding,
		Related:             e.Related,
		Reason:              e.Reason,
		Message:             e.Note,
		Source:              e.DeprecatedSource,
		FirstTimestamp:      e.DeprecatedFirstTimestamp,
		LastTimestamp:       e.DeprecatedLastTimestamp,
		Count:               e.DeprecatedCount,
		Type:                e.Type,
		EventTime:           e.EventTime,
		Action:              e.Action,
		ReportingController: e.ReportingController,
		ReportingInstance:   e.ReportingInstance,
	}
	if e.Series != nil {
		out.Series = &corev1.EventSeries{Count: e.Series.Count, LastObservedTime: e.Series.LastObservedTime}
	}
	return out
}

func eventToV1(e *corev1.Event) *eventsv1.Event {
	out := &eventsv1.Event{
		ObjectMeta:               e.ObjectMeta,
		Regarding:                e.InvolvedObject,
		Related:                  e.Related,
		Reason:                   e.Reason,
		Note:                     e.Message,
		DeprecatedSource:         e.Source,
		DeprecatedFirstTimestamp: e.FirstTimestamp,
		DeprecatedLastTimestamp:  e.LastTimestamp,
		DeprecatedCount:          e.Count,
		Type:                     e.Type,
		EventTime:                e.EventTime,
		Action:                   e.Action,
		ReportingController:      e.ReportingController,
		ReportingInstance:        e.ReportingInstance,
	}
	if e.Series != nil {
		out.Series = &eventsv1.EventSeries{Count: e.Series.Count, LastObservedTime: e.Series.LastObservedTime}
	}
	return out
}

// validateReportedEvent checks an event of the new form, whichever version it
// was written in.
func validateReportedEvent(e *corev1.Event, controller *field.Path) field.ErrorList {
	errs := validatePresent(controller, e.ReportingController)
	errs = append(errs, invalidFor(controller, e.ReportingController, validation.IsQualifiedName(e.ReportingController))...)
	for _, f := range []struct {
		name, value string
		max         int
		optional    bool
	}{
		{"reportingInstance", e.ReportingInstance, maxEventField, false},
		{"action", e.Action, maxEventField, false},
		{"reason", e.Reason, maxEventField, false},
		{"message", e.Message, maxEventNote, true},
	} {
		path := field.NewPath(f.name)
		if !f.optional {
			errs = append(errs, validatePresent(path, f.value)...)
		}
		if len(f.value) > f.max {
			errs = append(errs, field.Invalid(path, "", fmt.Sprintf("can have at most %d characters", f.max)))
		}
	}
	return errs
}

func validateEventV1(e *corev1.Event) field.ErrorList {
	errs := apivalidation.ValidateObjectMeta(&e.ObjectMeta, true, apivalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	errs = append(errs, validateEventSeries(e)...)
	if e.EventTime.IsZero() {
		errs = append(errs, field.Required(field.NewPath("eventTime"), ""))
	}
	if e.Type != corev1.EventTypeNormal && e.Type != corev1.EventTypeWarning {
		errs = append(errs, field.Invalid(field.NewPath("type"), "", fmt.Sprintf("has invalid value: %v", e.Type)))
	}
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"firstTimestamp", !e.FirstTimestamp.IsZero()},
		{"lastTimestamp", !e.LastTimestamp.IsZero()},
		{"count", e.Count != 0},
		{"source", e.Source != corev1.EventSource{}},
	} {
		if f.set {
			errs = append(errs, field.Invalid(field.NewPath(f.name), "", "needs to be unset"))
		}
	}
	return errs
}

func validateEventSeries(e *corev1.Event) field.ErrorList {
	if e.Series == nil {
		return nil
	}
	var errs field.ErrorList
	if e.Series.Count < 2 {
		errs = append(errs, field.Invalid(field.NewPath("series.count"), "", "should be at least 2"))
	}
	if e.Series.LastObservedTime.IsZero() {
		errs = append(errs, field.Required(field.NewPath("series.lastObservedTime"), ""))
	}
	return errs
}

func validateEventV1Update(e, old *corev1.Event) field.ErrorList {
	var errs field.ErrorList
	if !equality.Semantic.DeepEqual(e.Series, old.Series) {
		errs = append(errs, validateEventSeries(e)...)
	}
	for _, f := range []struct {
		name        string
		now, before any
	}{
		{"involvedObject", e.InvolvedObject, old.InvolvedObject},
		{"reason", e.Reason, old.Reason},
		{"message", e.Message, old.Message},
		{"source", e.Source, old.Source},
		{"firstTimestamp", e.FirstTimestamp, old.FirstTimestamp},
		{"lastTimestamp", e.LastTimestamp, old.LastTimestamp},
		{"count", e.Count, old.Count},
		{"type", e.Type, old.Type},
		{"eventTime", e.EventTime, old.EventTime},
		{"action", e.Action, old.Action},
		{"related", e.Related, old.Related},
		{"reportingController", e.ReportingController, old.ReportingController},
		{"reportingInstance", e.ReportingInstance, old.ReportingInstance},
	} {
		if !equality.Semantic.DeepEqual(f.now, f.before) {
			errs = append(errs, field.Invalid(field.NewPath(f.name), internalform.Of(f.now), apivalidation.FieldImmutableErrorMsg))
		}
	}
	return errs
}
