package wait

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/jsonpath"

	"github.com/kubejig/kubejig/cli/get"
)

// parsePath reads PATH or PATH=VALUE; without a value any will do.
func parsePath(input string) (predicate, error) {
	parts := splitAtEquals(input)
	if len(parts) > 2 {
		return nil, fmt.Errorf("jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'")
	}
	path, err := get.RelaxedPath(parts[0])
	if err != nil {
		return nil, err
	}
	value := ""
	if len(parts) == 2 {
		if value = strings.Trim(parts[1], `'"`); value == "" {
			return nil, errors.New("jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3")
		}
	}
	if path == "" {
		return nil, errors.New("jsonpath expression cannot be empty")
	}
	parser := jsonpath.New("wait").AllowMissingKeys(true)
	if err := parser.Parse(path); err != nil {
		return nil, err
	}
	return func(object *unstructured.Unstructured) (bool, error) {
		results, err := parser.FindResults(object.UnstructuredContent())
		if err != nil {
			return false, err
		}
		return valueHolds(results, value)
	}, nil
}

// splitAtEquals splits at "=", but not at "==", which filters have.
func splitAtEquals(input string) []string {
	const double = "\x00"
	parts := strings.Split(strings.ReplaceAll(input, "==", double), "=")
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(part, double, "==")
	}
	return parts
}

func valueHolds(results [][]reflect.Value, value string) (bool, error) {
	switch {
	case len(results) == 0 || len(results[0]) == 0:
		return false, nil
	case len(results) > 1:
		return false, errors.New("given jsonpath expression matches more than one list")
	case len(results[0]) > 1:
		return false, errors.New("given jsonpath expression matches more than one value")
	case value == "":
		return true, nil
	}
	found := results[0][0].Interface()
	switch found.(type) {
	case map[string]any, []any:
		return false, errors.New("jsonpath leads to a nested object or list which is not supported")
	}
	return strings.TrimSpace(fmt.Sprint(found)) == strings.TrimSpace(value), nil
}
