package podspec

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// comparingOperators are the operators of tolerations, those that compare
// numbers last. They are off by default; messages about them name them all the
// same.
var comparingOperators = []corev1.TolerationOperator{corev1.TolerationOpEqual, corev1.TolerationOpExists, corev1.TolerationOpLt, corev1.TolerationOpGt}

var taintEffects = []corev1.TaintEffect{corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute}

// ValidateTolerations validates the taints that a pod puts up with.
func ValidateTolerations(tolerations []corev1.Toleration, fldPath *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i := range tolerations {
		errs = append(errs, validateToleration(&tolerations[i], fldPath.Index(i))...)
	}
	return errs
}

func validateToleration(t *corev1.Toleration, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if t.Key != "" {
		errs = append(errs, metav1validation.ValidateLabelName(t.Key, path.Child("key"))...)
	} else if t.Operator != corev1.TolerationOpExists {
		errs = append(errs, field.Invalid(path.Child("operator"), t.Operator,
			"operator must be Exists when `key` is empty, which means \"match all values and all keys\""))
	}
	if t.TolerationSeconds != nil && t.Effect != corev1.TaintEffectNoExecute {
		errs = append(errs, field.Invalid(path.Child("effect"), t.Effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
	}
	errs = append(errs, validateTolerationValue(t, path)...)
	if t.Effect != "" {
		errs = append(errs, ValidateTaintEffect(t.Effect, path.Child("effect"))...)
	}
	return errs
}

func validateTolerationValue(t *corev1.Toleration, path *field.Path) field.ErrorList {
	operator := path.Child("operator")
	switch t.Operator {
	case corev1.TolerationOpEqual, "":
		if msgs := validation.IsValidLabelValue(t.Value); len(msgs) > 0 {
			return field.ErrorList{field.Invalid(operator, t.Value, strings.Join(msgs, ";"))}
		}
	case corev1.TolerationOpExists:
		if t.Value != "" {
			return field.ErrorList{field.Invalid(operator, t.Value, "value must be empty when `operator` is 'Exists'")}
		}
	case corev1.TolerationOpLt, corev1.TolerationOpGt: // TaintTolerationComparisonOperators
		return field.ErrorList{field.NotSupported(operator, t.Operator, comparingOperators)}
	default:
		return field.ErrorList{field.NotSupported(operator, t.Operator, comparingOperators[:2])}
	}
	return nil
}

// ValidateTaintEffect requires one of the effects that a taint can have.
func ValidateTaintEffect(effect corev1.TaintEffect, fldPath *field.Path) field.ErrorList {
	return supported(fldPath, effect, taintEffects)
}

// validateTolerationsAdded lets an update add tolerations and change how long
// existing ones hold, nothing else.
func validateTolerationsAdded(newer, older []corev1.Toleration, path *field.Path) field.ErrorList {
	for _, old := range older {
		kept := false
		for _, candidate := range newer {
			candidate.TolerationSeconds = old.TolerationSeconds
			kept = kept || candidate == old
		}
		if !kept {
			return field.ErrorList{field.Forbidden(path, "existing toleration can not be modified except its tolerationSeconds")}
		}
	}
	return ValidateTolerations(newer, path)
}
