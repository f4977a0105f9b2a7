package fidelity

import (
	"encoding/json"
	"strings"
)

// recurring are the reasons of events that a controller records each time that
// it looks at an object in a bad state: how often it has looked is chance.
var recurring = map[string]bool{
	"AmbiguousSelector":            true,
	"ExternalProvisioning":         true,
	"FailedBinding":                true,
	"FailedComputeMetricsReplicas": true,
	"FailedGetExternalMetric":      true,
	"FailedGetResourceMetric":      true,
	"FailedGetScale":               true,
	"FailedScheduling":             true,
	"FailedToUpdateEndpointSlices": true,
	"InvalidSchedule":              true,
	"JobAlreadyActive":             true,
	"ProvisioningFailed":           true,
	"TopologyAwareHintsDisabled":   true,
	"UnexpectedJob":                true,
	"UnmanagedPods":                true,
	"WaitForFirstConsumer":         true,
}

// fleeting are the reasons of events about what soon passes, which a controller
// records if it happens to look meanwhile.
var fleeting = map[string]bool{
	"ClusterIPNotAllocated": true,
	"WaitForPodScheduled":   true,
}

func reasonOf(event map[string]any) string {
	reason, _ := event["reason"].(string)
	return reason
}

// withoutCount takes from a recurring event how often it has been recorded.
func withoutCount(event map[string]any) {
	if !recurring[reasonOf(event)] {
		return
	}
	delete(event, "count")
	delete(event, "series")
	forEachOwner(event, func(owner map[string]any) {
		fields, _ := owner["fieldsV1"].(map[string]any)
		delete(fields, "f:series")
	})
}

// withoutInstants takes from the owners of an object who owns its instants. One
// that is written anew within a second is as it was, and keeps its owner: that
// is up to when the second ends.
func withoutInstants(object map[string]any) {
	forEachOwner(object, func(owner map[string]any) {
		if fields, ok := owner["fieldsV1"].(map[string]any); ok {
			dropInstants(fields)
		}
	})
}

// dropInstants takes the instants from a set of fields, and the parents that
// have nothing else.
func dropInstants(fields map[string]any) {
	for name, below := range fields {
		children, _ := below.(map[string]any)
		parent := len(children) > 0
		dropInstants(children)
		if strings.HasPrefix(name, "f:") && strings.HasSuffix(name, "Time") || parent && len(children) == 0 {
			delete(fields, name)
		}
	}
}

// forEachOwner calls f for each entry of an object's managed fields, and then
// leaves out those that own nothing any more.
func forEachOwner(object map[string]any, f func(owner map[string]any)) {
	metadata := metadataOf(object)
	owners, _ := metadata["managedFields"].([]any)
	var left []any
	for _, o := range owners {
		owner := o.(map[string]any)
		f(owner)
		if fields, ok := owner["fieldsV1"].(map[string]any); !ok || len(fields) > 0 {
			left = append(left, owner)
		}
	}
	if owners != nil {
		metadata["managedFields"] = left
	}
}

// elsewhere are messages in which the reference tells of a part that it does
// not have and ours has, as ours has them.
var elsewhere = strings.NewReplacer(
	"unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)",
	"no metrics returned from resource metrics API",
)

// asOurs puts what the reference says of parts that it does not have into our
// words.
func asOurs(object map[string]any) (translated map[string]any) {
	text, err := json.Marshal(object)
	if err == nil {
		err = json.Unmarshal([]byte(elsewhere.Replace(string(text))), &translated)
	}
	if err != nil {
		panic(err) // it has been JSON a moment ago
	}
	return translated
}
