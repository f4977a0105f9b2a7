package wait

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// predicate judges an object.
type predicate func(*unstructured.Unstructured) (bool, error)

// parseCondition reads condition=NAME[=VALUE] and jsonpath=PATH[=VALUE].
func parseCondition(condition string) (predicate, error) {
	if name, ok := strings.CutPrefix(condition, "condition="); ok {
		name, status, given := strings.Cut(name, "=")
		if !given {
			status = "true"
		}
		return func(object *unstructured.Unstructured) (bool, error) {
			return conditionHolds(object, name, status)
		}, nil
	}
	if path, ok := strings.CutPrefix(condition, "jsonpath="); ok {
		return parsePath(path)
	}
	return nil, fmt.Errorf("unrecognized condition: %q", condition)
}

// conditionHolds looks at status.conditions. A condition that is about an
// older generation of the object does not count.
func conditionHolds(object *unstructured.Unstructured, name, status string) (bool, error) {
	conditions, found, err := unstructured.NestedSlice(object.Object, "status", "conditions")
	if err != nil || !found {
		return false, err
	}
	for _, entry := range conditions {
		condition, ok := entry.(map[string]any)
		if !ok {
			continue
		}
		kind, found, err := unstructured.NestedString(condition, "type")
		if !found || err != nil || !strings.EqualFold(kind, name) {
			continue
		}
		value, found, err := unstructured.NestedString(condition, "status")
		if !found || err != nil {
			continue
		}
		if generation, ok, _ := unstructured.NestedInt64(object.Object, "metadata", "generation"); ok {
			if observed, ok := observedGeneration(object, condition); ok && observed < generation {
				return false, nil
			}
		}
		return strings.EqualFold(value, status), nil
	}
	return false, nil
}

func observedGeneration(object *unstructured.Unstructured, condition map[string]any) (int64, bool) {
	if observed, found, _ := unstructured.NestedInt64(condition, "observedGeneration"); found {
		return observed, true
	}
	observed, found, _ := unstructured.NestedInt64(object.Object, "status", "observedGeneration")
	return observed, found
}
