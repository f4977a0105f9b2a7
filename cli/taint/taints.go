package taint

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation"
)

// parseTaints reads KEY=VALUE:EFFECT, which adds, and KEY:EFFECT- or KEY-,
// which remove.
func parseTaints(specs []string) (add, remove []corev1.Taint, err error) {
	for _, spec := range specs {
		if bare, ok := strings.CutSuffix(spec, "-"); ok {
			taint, err := parseTaint(bare)
			if err != nil {
				return nil, nil, err
			}
			remove = append(remove, corev1.Taint{Key: taint.Key, Effect: taint.Effect})
			continue
		}
		taint, err := parseTaint(spec)
		if err != nil {
			return nil, nil, err
		}
		if taint.Effect == "" {
			return nil, nil, fmt.Errorf("invalid taint spec: %v", spec)
		}
		if slices.ContainsFunc(add, func(t corev1.Taint) bool { return t.MatchTaint(&taint) }) {
			return nil, nil, fmt.Errorf("duplicated taints with the same key and effect: %v", taint)
		}
		add = append(add, taint)
	}
	return add, remove, nil
}

func parseTaint(spec string) (corev1.Taint, error) {
	invalid := func(problems ...string) error {
		text := fmt.Sprintf("invalid taint spec: %v", spec)
		if len(problems) > 0 {
			text += ", " + strings.Join(problems, "; ")
		}
		return fmt.Errorf("%s", text)
	}
	taint := corev1.Taint{}
	switch parts := strings.Split(spec, ":"); len(parts) {
	case 1:
		taint.Key = parts[0]
	case 2:
		taint.Effect = corev1.TaintEffect(parts[1])
		switch taint.Effect {
		case corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute:
		default:
			return taint, fmt.Errorf("invalid taint effect: %v, unsupported taint effect", taint.Effect)
		}
		pair := strings.Split(parts[0], "=")
		if len(pair) > 2 {
			return taint, invalid()
		}
		taint.Key = pair[0]
		if len(pair) == 2 {
			taint.Value = pair[1]
			if problems := validation.IsValidLabelValue(taint.Value); len(problems) > 0 {
				return taint, invalid(problems...)
			}
		}
	default:
		return taint, invalid()
	}
	if problems := validation.IsQualifiedName(taint.Key); len(problems) > 0 {
		return taint, invalid(problems...)
	}
	return taint, nil
}

// change makes the node's taints as asked for and says what that was.
func (o *options) change(node *corev1.Node) (string, error) {
	old := node.Spec.Taints
	if !o.overwrite {
		if exists := existing(old, o.add); len(exists) != 0 {
			return "", fmt.Errorf("node %s already has %v taint(s) with same effect(s) and --overwrite is false", node.Name, strings.Join(exists, ","))
		}
	}
	taints := slices.Clone(o.add)
	for _, taint := range old {
		if !slices.ContainsFunc(taints, func(t corev1.Taint) bool { return t.MatchTaint(&taint) }) {
			taints = append(taints, taint)
		}
	}
	added := len(old) != len(taints)
	taints, removed, err := without(taints, o.remove)
	if err != nil {
		return "", err
	}
	node.Spec.Taints = taints
	switch {
	case added && removed || o.overwrite:
		return "modified", nil
	case added:
		return "tainted", nil
	}
	return "untainted", nil
}

func existing(old, add []corev1.Taint) []string {
	var keys []string
	for _, taint := range add {
		for _, other := range old {
			if taint.MatchTaint(&other) {
				keys = append(keys, taint.Key)
			}
		}
	}
	return keys
}

// without removes taints; each must have been there.
func without(taints, remove []corev1.Taint) (left []corev1.Taint, removed bool, err error) {
	var errs []error
	for _, gone := range remove {
		count := len(taints)
		taints = slices.DeleteFunc(taints, func(t corev1.Taint) bool {
			return t.Key == gone.Key && (gone.Effect == "" || t.Effect == gone.Effect)
		})
		if removed = len(taints) != count; !removed {
			errs = append(errs, fmt.Errorf("taint %q not found", gone.ToString()))
		}
	}
	return taints, removed, utilerrors.NewAggregate(errs)
}
