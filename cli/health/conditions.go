package health

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Condition is an entry of status.conditions.
type Condition struct {
	Type, Status, Reason, Message string
}

// Text is what a condition has to say for itself.
func (c Condition) Text() string {
	switch {
	case c.Message == "" && c.Reason == "":
		return fmt.Sprintf("%s is %s", c.Type, c.Status)
	case c.Message == "":
		return fmt.Sprintf("%s is %s: %s", c.Type, c.Status, c.Reason)
	}
	return fmt.Sprintf("%s is %s: %s", c.Type, c.Status, c.Message)
}

// What conditions of these types mean is the same for all kinds that have
// them.
var (
	wanted   = []string{"Ready", "Available", "Established", "NamesAccepted", "Accepted", "Programmed", "Synced", "Healthy", "ScalingActive", "AbleToScale"}
	unwanted = []string{
		"Failed", "Stalled", "Degraded", "ReplicaFailure", "Terminating",
		"NamespaceDeletionDiscoveryFailure", "NamespaceDeletionGroupVersionParsingFailure", "NamespaceDeletionContentFailure",
		"NamespaceContentRemaining", "NamespaceFinalizersRemaining",
	}
	underway = []string{"Progressing", "Reconciling"}
)

// Conditions are the conditions of an object, in its order.
func Conditions(object *unstructured.Unstructured) []Condition {
	entries, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	var conditions []Condition
	for _, entry := range entries {
		fields, _ := entry.(map[string]any)
		text := func(name string) string { value, _ := fields[name].(string); return value }
		conditions = append(conditions, Condition{text("type"), text("status"), text("reason"), text("message")})
	}
	return conditions
}

// Bad are the conditions that are not as they should be, where their type
// tells which way that is.
func Bad(conditions []Condition) []Condition {
	var bad []Condition
	for _, c := range conditions {
		if slices.Contains(wanted, c.Type) && c.Status != "True" || slices.Contains(unwanted, c.Type) && c.Status == "True" {
			bad = append(bad, c)
		}
	}
	return bad
}

// ofConditions judges objects of kinds that we know nothing else about.
func ofConditions(object *unstructured.Unstructured) Health {
	if waits, ok := unobserved(object); ok {
		return waits
	}
	conditions := Conditions(object)
	bad := Bad(conditions)
	for _, c := range bad {
		if slices.Contains(unwanted, c.Type) {
			return failed("%s", c.Text())
		}
	}
	if len(bad) > 0 {
		return progressing("%s", bad[0].Text())
	}
	for _, c := range conditions {
		if slices.Contains(underway, c.Type) && c.Status == "True" {
			return progressing("%s", c.Text())
		}
	}
	if phase, _, _ := unstructured.NestedString(object.Object, "status", "phase"); phase != "" {
		return ready("%s", phase)
	}
	return ready("")
}

// unobserved tells an object whose controller has not seen its newest spec.
func unobserved(object *unstructured.Unstructured) (Health, bool) {
	observed, found, _ := unstructured.NestedInt64(object.Object, "status", "observedGeneration")
	if found && observed < object.GetGeneration() {
		return progressing("its controller has not seen the newest change"), true
	}
	return Health{}, false
}
