package selectors

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// Explain says why s does not select object: one sentence for each requirement
// that fails, labels first, each group in the order of the selector. It is
// empty if s selects object. A sentence reads like
//
//	label "tier" is "backend", want one of (cache, frontend)
func (s Selector) Explain(object any) []string {
	subject := SubjectOf(object)
	byLabel, noLabels := s.labelRequirements()
	byField, noFields := s.fieldRequirements()
	if noLabels || noFields {
		return []string{"the selector selects nothing"}
	}
	var reasons []string
	for _, requirement := range byLabel {
		if !requirement.Matches(subject.Labels) {
			reasons = append(reasons, explainLabel(requirement, subject.Labels))
		}
	}
	for _, requirement := range byField {
		got := subject.Fields.Get(requirement.Field)
		if (got == requirement.Value) != (requirement.Operator != selection.NotEquals) {
			reasons = append(reasons, explainField(requirement, subject.Fields))
		}
	}
	return reasons
}

func explainLabel(requirement labels.Requirement, set labels.Labels) string {
	value, exists := set.Lookup(requirement.Key())
	return sentence("label", requirement.Key(), value, exists,
		want(requirement.Operator(), requirement.ValuesUnsorted(), value))
}

func explainField(requirement fields.Requirement, set fields.Fields) string {
	value := set.Get(requirement.Field)
	return sentence("field", requirement.Field, value, set.Has(requirement.Field),
		want(requirement.Operator, []string{requirement.Value}, value))
}

func sentence(kind, key, value string, exists bool, want string) string {
	is := "not set"
	if exists {
		is = strconv.Quote(value)
	}
	return fmt.Sprintf("%s %q is %s, want %s", kind, key, is, want)
}

// want is what a requirement asks for, given that value fails it.
func want(operator selection.Operator, values []string, value string) string {
	slices.Sort(values)
	switch operator {
	case selection.Exists:
		return "any value"
	case selection.DoesNotExist:
		return "it not set"
	case selection.GreaterThan:
		return integer(value) + "more than " + values[0]
	case selection.LessThan:
		return integer(value) + "less than " + values[0]
	case selection.NotEquals, selection.NotIn:
		return "anything but " + oneOf("any", values)
	default:
		return oneOf("one", values)
	}
}

// integer tells a value that is no number from one that is out of range.
func integer(value string) string {
	if _, err := strconv.ParseInt(value, 10, 64); err != nil {
		return "an integer "
	}
	return ""
}

func oneOf(quantifier string, values []string) string {
	if len(values) == 1 {
		return strconv.Quote(values[0])
	}
	return fmt.Sprintf("%s of (%s)", quantifier, strings.Join(values, ", "))
}
