package resources

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/podspec"
)

func limitRange() *Kind {
	return define(Definition[*corev1.LimitRange]{
		Name: "LimitRange", Resource: "limitranges", ShortNames: []string{"limits"},
		RevalidatesName: true,
		NamesItself:     true,
		Version:         corev1.SchemeGroupVersion,
		Default:         defaultLimitRange,
		PrepareForCreate: func(l *corev1.LimitRange) {
			if l.Name == "" {
				l.Name = string(l.UID) // Kubernetes makes up a name that looks like one
			}
		},
		Validate:       validateLimitRange,
		ValidateUpdate: func(l, _ *corev1.LimitRange) field.ErrorList { return validateLimitRange(l) },
		CreateOnUpdate: true,
	})
}

// defaultLimitRange derives the defaults of containers from their bounds.
func defaultLimitRange(l *corev1.LimitRange) {
	for i := range l.Spec.Limits {
		item := &l.Spec.Limits[i]
		if item.Type != corev1.LimitTypeContainer {
			continue
		}
		item.Default = withMissing(item.Default, item.Max)
		item.DefaultRequest = withMissing(item.DefaultRequest, item.Default)
		item.DefaultRequest = withMissing(item.DefaultRequest, item.Min)
	}
}

// withMissing is list with what it lacks of another.
func withMissing(list, from corev1.ResourceList) corev1.ResourceList {
	merged := maps.Clone(from)
	if merged == nil {
		merged = corev1.ResourceList{}
	}
	maps.Copy(merged, list)
	return merged
}

func validateLimitRange(l *corev1.LimitRange) field.ErrorList {
	seen := map[corev1.LimitType]bool{}
	var errs field.ErrorList
	for i := range l.Spec.Limits {
		item, path := &l.Spec.Limits[i], field.NewPath("spec", "limits").Index(i)
		errs = append(errs, validateLimitType(item.Type, path.Child("type"))...)
		if seen[item.Type] {
			errs = append(errs, field.Duplicate(path.Child("type"), item.Type))
		}
		seen[item.Type] = true
		errs = append(errs, validateLimitRangeItem(item, path)...)
	}
	return errs
}

func validateLimitType(t corev1.LimitType, path *field.Path) field.ErrorList {
	if complaints := validation.IsQualifiedName(string(t)); len(complaints) > 0 {
		return invalidFor(path, t, complaints)
	}
	standard := []corev1.LimitType{corev1.LimitTypePod, corev1.LimitTypeContainer, corev1.LimitTypePersistentVolumeClaim}
	if !strings.Contains(string(t), "/") && !slices.Contains(standard, t) {
		return field.ErrorList{field.Invalid(path, t, "must be a standard limit type or fully qualified")}
	}
	return nil
}

func validateLimitRangeItem(item *corev1.LimitRangeItem, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	names := corev1.ResourceList{}
	check := func(field string, list corev1.ResourceList) {
		for _, name := range sortedKeys(list) {
			errs = append(errs, validateLimitResource(item.Type, name, path.Child(field).Key(string(name)))...)
		}
		maps.Copy(names, list)
	}
	check("max", item.Max)
	check("min", item.Min)
	if item.Type == corev1.LimitTypePod {
		const forbidden = "may not be specified when `type` is 'Pod'"
		if len(item.Default) > 0 {
			errs = append(errs, field.Forbidden(path.Child("default"), forbidden))
		}
		if len(item.DefaultRequest) > 0 {
			errs = append(errs, field.Forbidden(path.Child("defaultRequest"), forbidden))
		}
	} else {
		check("default", item.Default)
		check("defaultRequest", item.DefaultRequest)
	}
	if item.Type == corev1.LimitTypePersistentVolumeClaim && !hasKey(item.Min, corev1.ResourceStorage) && !hasKey(item.Max, corev1.ResourceStorage) {
		errs = append(errs, field.Required(path.Child("limits"), "either minimum or maximum storage value is required, but neither was provided"))
	}
	check("maxLimitRequestRatio", item.MaxLimitRequestRatio)
	for _, name := range sortedKeys(names) {
		errs = append(errs, validateLimitOrder(item, name, path)...)
		errs = append(errs, validateLimitRatio(item, name, path)...)
	}
	return errs
}

func hasKey(list corev1.ResourceList, name corev1.ResourceName) bool {
	_, ok := list[name]
	return ok
}

func validateLimitResource(t corev1.LimitType, name corev1.ResourceName, path *field.Path) field.ErrorList {
	if t == corev1.LimitTypePod || t == corev1.LimitTypeContainer {
		return podspec.ValidateContainerResourceName(name, path)
	}
	return podspec.ValidateResourceName(name, path)
}

// bound is one of the lists of a limit range item; the lower ones must not be
// greater than the higher ones.
type bound struct {
	field, words string
	list         corev1.ResourceList
}

func validateLimitOrder(item *corev1.LimitRangeItem, name corev1.ResourceName, path *field.Path) field.ErrorList {
	lowest, highest := bound{"min", "min value", item.Min}, bound{"max", "max value", item.Max}
	request, limit := bound{"defaultRequest", "default request value", item.DefaultRequest}, bound{"default", "default value", item.Default}
	if item.Type == corev1.LimitTypePod {
		request.list, limit.list = nil, nil
	}
	var errs field.ErrorList
	for _, pair := range []struct {
		low, high bound
		at, shown bound
	}{
		{lowest, highest, lowest, lowest},
		{lowest, request, request, request},
		{request, highest, request, request},
		{request, bound{"default", "default limit value", limit.list}, request, request},
		{lowest, limit, limit, lowest},
		{limit, highest, limit, highest},
	} {
		low, ok := pair.low.list[name]
		high, okHigh := pair.high.list[name]
		if !ok || !okHigh || low.Cmp(high) <= 0 {
			continue
		}
		shown := pair.shown.list[name]
		errs = append(errs, field.Invalid(path.Child(pair.at.field).Key(string(name)), shown,
			fmt.Sprintf("%s %s is greater than %s %s", pair.low.words, low.String(), pair.high.words, high.String())))
	}
	value, hasLimit := limit.list[name]
	requested, hasRequest := request.list[name]
	if hasLimit && hasRequest && value.Cmp(requested) != 0 && !isOvercommitAllowed(name) {
		errs = append(errs, field.Invalid(path.Child("defaultRequest").Key(string(name)), requested,
			fmt.Sprintf("default value %s must equal to defaultRequest value %s in %s", value.String(), requested.String(), name)))
	}
	return errs
}

// isOvercommitAllowed reports whether limits may exceed requests: not of huge
// pages, nor of resources that are not Kubernetes' own.
func isOvercommitAllowed(name corev1.ResourceName) bool {
	native := !strings.Contains(string(name), "/") || strings.Contains(string(name), corev1.ResourceDefaultNamespacePrefix)
	return native && !strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}

func validateLimitRatio(item *corev1.LimitRangeItem, name corev1.ResourceName, path *field.Path) field.ErrorList {
	ratio, ok := item.MaxLimitRequestRatio[name]
	if !ok {
		return nil
	}
	path = path.Child("maxLimitRequestRatio").Key(string(name))
	var errs field.ErrorList
	if ratio.Cmp(*resource.NewQuantity(1, resource.DecimalSI)) < 0 {
		errs = append(errs, field.Invalid(path, ratio, fmt.Sprintf("ratio %s is less than 1", ratio.String())))
	}
	low, hasMin := item.Min[name]
	high, hasMax := item.Max[name]
	if !hasMin || !hasMax {
		return errs
	}
	if limit := high.AsApproximateFloat64() / low.AsApproximateFloat64(); ratio.AsApproximateFloat64() > limit {
		errs = append(errs, field.Invalid(path, ratio, fmt.Sprintf("ratio %s is greater than max/min = %f", ratio.String(), limit)))
	}
	return errs
}
