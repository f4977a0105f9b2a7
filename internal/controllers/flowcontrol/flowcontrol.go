// Package flowcontrol has the flow schemas and priority levels that every
// cluster starts with, and says of each flow schema whether its priority level
// exists. Requests are not held back by them: the engine has no queue of
// requests.
package flowcontrol

import (
	"fmt"
	"slices"

	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

// Field managers of the API server's two parts that write these objects.
const (
	producer = "api-priority-and-fairness-config-producer-v1"
	consumer = "api-priority-and-fairness-config-consumer-v1"
)

func resource(name string) schema.GroupResource {
	return schema.GroupResource{Group: flowcontrolv1.GroupName, Resource: name}
}

// Bootstrap creates the mandatory and suggested objects, which have what they
// consist of in common with those of other clusters.
func Bootstrap(r *registry.Registry) error {
	c := client.ForUser(r, producer, "system:apiserver", "system:masters")
	for _, level := range slices.Concat(bootstrap.MandatoryPriorityLevelConfigurations, bootstrap.SuggestedPriorityLevelConfigurations) {
		l := *level
		l.Generation = 1
		if err := client.Install(c, &l); err != nil {
			return err
		}
	}
	for _, flow := range slices.Concat(bootstrap.MandatoryFlowSchemas, bootstrap.SuggestedFlowSchemas) {
		f := *flow
		f.Generation = 1
		f.Status.Conditions = []flowcontrolv1.FlowSchemaCondition{dangling(c, &f)}
		if err := client.Install(c, &f); err != nil {
			return err
		}
	}
	return nil
}

// New returns the controller that keeps the conditions of flow schemas.
func New(r *registry.Registry) *controllers.Controller {
	c := client.ForUser(r, consumer, "system:apiserver", "system:masters")
	return &controllers.Controller{
		Name: "flow-schema-controller",
		Watches: []controllers.Watch{
			controllers.Each(resource("flowschemas")),
			{Resource: resource("prioritylevelconfigurations"), Keys: func(ev store.Event) []loop.Key {
				return referring(c, ev.Item.Object.GetName())
			}},
		},
		Reconcile: func(key loop.Key) (controllers.Result, error) {
			flow, ok := client.Get[*flowcontrolv1.FlowSchema](c, "", key.Name)
			if !ok {
				return controllers.Result{}, nil
			}
			return controllers.Result{}, reconcile(c, flow)
		},
	}
}

// referring are the flow schemas of a priority level.
func referring(c *client.Client, level string) []loop.Key {
	var keys []loop.Key
	for _, flow := range client.List[*flowcontrolv1.FlowSchema](c, "", nil) {
		if flow.Spec.PriorityLevelConfiguration.Name == level {
			keys = append(keys, controllers.KeyOf(flow))
		}
	}
	return keys
}

// reconcile makes the condition the controller's own, by server-side apply.
func reconcile(c *client.Client, flow *flowcontrolv1.FlowSchema) error {
	want := dangling(c, flow)
	for _, have := range flow.Status.Conditions {
		if have.Type != want.Type {
			continue
		}
		if have.Status == want.Status {
			want.LastTransitionTime = have.LastTransitionTime
		}
		if have == want {
			return nil
		}
	}
	condition, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&want)
	if err != nil {
		return fmt.Errorf("flow schema %s: %w", flow.Name, err)
	}
	_, err = client.ApplyStatus[*flowcontrolv1.FlowSchema](c, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": flowcontrolv1.SchemeGroupVersion.String(), "kind": "FlowSchema",
		"metadata": map[string]any{"name": flow.Name},
		"status":   map[string]any{"conditions": []any{condition}},
	}})
	return err
}

// dangling is the condition that says whether a flow schema's priority level
// is missing.
func dangling(c *client.Client, flow *flowcontrolv1.FlowSchema) flowcontrolv1.FlowSchemaCondition {
	name := flow.Spec.PriorityLevelConfiguration.Name
	condition := flowcontrolv1.FlowSchemaCondition{
		Type: flowcontrolv1.FlowSchemaConditionDangling, Status: flowcontrolv1.ConditionFalse, Reason: "Found",
		Message:            fmt.Sprintf("This FlowSchema references the PriorityLevelConfiguration object named %q and it exists", name),
		LastTransitionTime: metav1.NewTime(c.Registry.Loop.Now()),
	}
	if _, ok := client.Get[*flowcontrolv1.PriorityLevelConfiguration](c, "", name); !ok {
		condition.Status, condition.Reason = flowcontrolv1.ConditionTrue, "NotFound"
		condition.Message = fmt.Sprintf("This FlowSchema references the PriorityLevelConfiguration object named %q but there is no such object", name)
	}
	return condition
}
