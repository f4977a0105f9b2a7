package selectors

import (
	"strings"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
)

// Selector is a conjunction of requirements on labels and on fields.
// The zero Selector selects everything.
type Selector struct {
	labels labels.Selector // nil: no requirement
	fields fields.Selector // nil: no requirement
}

// Parse reads a label selector ("app=web,tier in (cache,frontend),!canary")
// and a field selector ("status.phase=Running,spec.nodeName!=node-1"). Either
// may be empty. Errors are apimachinery's, unchanged.
func Parse(labelSelector, fieldSelector string) (Selector, error) {
	byLabel, err := labels.Parse(labelSelector)
	if err != nil {
		return Selector{}, err
	}
	byField, err := fields.ParseSelector(fieldSelector)
	if err != nil {
		return Selector{}, err
	}
	return New(byLabel, byField), nil
}

// MustParse is Parse for selectors written in source code; it panics on a
// syntax error.
func MustParse(labelSelector, fieldSelector string) Selector {
	selector, err := Parse(labelSelector, fieldSelector)
	if err != nil {
		panic(err)
	}
	return selector
}

// New makes a Selector of apimachinery's. Nil stands for no requirement.
func New(byLabel labels.Selector, byField fields.Selector) Selector {
	return Selector{labels: byLabel, fields: byField}
}

// Empty reports whether s selects everything.
func (s Selector) Empty() bool {
	return (s.labels == nil || s.labels.Empty()) && (s.fields == nil || s.fields.Empty())
}

// Match reports whether s selects object. SubjectOf says what an object may be.
func (s Selector) Match(object any) bool {
	return s.matches(SubjectOf(object))
}

func (s Selector) matches(subject Subject) bool {
	return (s.labels == nil || s.labels.Matches(subject.Labels)) &&
		(s.fields == nil || s.fields.Matches(subject.Fields))
}

// String returns the label selector and the field selector in the form that
// Parse reads, separated by "; " if there are both.
func (s Selector) String() string {
	var parts []string
	if s.labels != nil && s.labels.String() != "" {
		parts = append(parts, s.labels.String())
	}
	if s.fields != nil && s.fields.String() != "" {
		parts = append(parts, s.fields.String())
	}
	return strings.Join(parts, "; ")
}

// labelRequirements returns the requirements on labels; none is true for a
// selector that selects nothing at all.
func (s Selector) labelRequirements() (requirements labels.Requirements, none bool) {
	if s.labels == nil {
		return nil, false
	}
	requirements, selectable := s.labels.Requirements()
	return requirements, !selectable
}

// fieldRequirements is labelRequirements for fields. apimachinery's
// fields.Nothing() is known by having no requirement without being empty.
func (s Selector) fieldRequirements() (requirements fields.Requirements, none bool) {
	if s.fields == nil {
		return nil, false
	}
	requirements = s.fields.Requirements()
	return requirements, len(requirements) == 0 && !s.fields.Empty()
}
