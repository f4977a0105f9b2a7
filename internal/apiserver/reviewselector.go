package apiserver

import (
	"slices"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateSelectors checks the selectors of a review. Operators that are unknown
// are not refused: newer clients may know them.
func validateSelectors(r *authorizationv1.ResourceAttributes) field.ErrorList {
	var errs field.ErrorList
	path := field.NewPath("spec.resourceAttributes")
	if s := r.FieldSelector; s != nil {
		at := path.Child("fieldSelector")
		errs = append(errs, validateOneForm(s.RawSelector, len(s.Requirements), at)...)
		options := metavalidation.FieldSelectorValidationOptions{AllowUnknownOperatorInRequirement: true}
		for i, requirement := range s.Requirements {
			errs = append(errs, metavalidation.ValidateFieldSelectorRequirement(requirement, options, at.Child("requirements").Index(i))...)
		}
	}
	if s := r.LabelSelector; s != nil {
		at := path.Child("labelSelector")
		errs = append(errs, validateOneForm(s.RawSelector, len(s.Requirements), at)...)
		options := metavalidation.LabelSelectorValidationOptions{AllowUnknownOperatorInRequirement: true}
		for i, requirement := range s.Requirements {
			errs = append(errs, metavalidation.ValidateLabelSelectorRequirement(requirement, options, at.Child("requirements").Index(i))...)
		}
	}
	return errs
}

// validateOneForm wants a selector as text or as requirements.
func validateOneForm(raw string, requirements int, path *field.Path) field.ErrorList {
	switch {
	case raw != "" && requirements > 0:
		return field.ErrorList{field.Invalid(path.Child("rawSelector"), raw, "may not specified at the same time as requirements")}
	case raw == "" && requirements == 0:
		return field.ErrorList{field.Required(path.Child("requirements"), "when "+path.String()+" is specified, requirements or rawSelector is required")}
	}
	return nil
}

// fieldSelectorIn is the field selector of a review as far as it is understood,
// and what there is to say about the rest.
func fieldSelectorIn(s *authorizationv1.FieldSelectorAttributes) (selector, problem string) {
	if s == nil {
		return "", ""
	}
	if s.RawSelector != "" {
		if _, err := fields.ParseSelector(s.RawSelector); err != nil {
			return "", ignored("fieldSelector", false)
		}
		return s.RawSelector, ""
	}
	var terms []fields.Selector
	for _, r := range s.Requirements {
		switch {
		case len(r.Values) != 1:
		case r.Operator == metav1.FieldSelectorOpIn:
			terms = append(terms, fields.OneTermEqualSelector(r.Key, r.Values[0]))
		case r.Operator == metav1.FieldSelectorOpNotIn:
			terms = append(terms, fields.OneTermNotEqualSelector(r.Key, r.Values[0]))
		}
	}
	if len(terms) < len(s.Requirements) {
		problem = ignored("fieldSelector", len(terms) > 0)
	}
	return fields.AndSelectors(terms...).String(), problem
}

// labelSelectorProblem is what there is to say about a review's label selector,
// by which nothing is decided.
func labelSelectorProblem(s *authorizationv1.LabelSelectorAttributes) string {
	if s == nil {
		return ""
	}
	if s.RawSelector != "" {
		if _, err := labels.Parse(s.RawSelector); err != nil {
			return ignored("labelSelector", false)
		}
		return ""
	}
	unknown := func(r metav1.LabelSelectorRequirement) bool {
		operator, known := labelOperators[r.Operator]
		if !known {
			return true
		}
		_, err := labels.NewRequirement(r.Key, operator, r.Values)
		return err != nil
	}
	understood := slices.DeleteFunc(slices.Clone(s.Requirements), unknown)
	if len(understood) == len(s.Requirements) {
		return ""
	}
	return ignored("labelSelector", len(understood) > 0)
}

var labelOperators = map[metav1.LabelSelectorOperator]selection.Operator{
	metav1.LabelSelectorOpIn: selection.In, metav1.LabelSelectorOpNotIn: selection.NotIn,
	metav1.LabelSelectorOpExists: selection.Exists, metav1.LabelSelectorOpDoesNotExist: selection.DoesNotExist,
}

func ignored(selector string, partially bool) string {
	how := "ignored"
	if partially {
		how = "partially ignored"
	}
	return "spec.resourceAttributes." + selector + " " + how + " due to parse error"
}

// joined are those problems that there are.
func joined(problems ...string) string {
	return strings.Join(slices.DeleteFunc(problems, func(p string) bool { return p == "" }), "; ")
}
