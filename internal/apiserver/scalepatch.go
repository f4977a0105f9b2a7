package apiserver

import (
	"fmt"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/internal/ownership"
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

func (c *call) patchScale() error {
	p, err := c.readPatch()
	if err != nil {
		return err
	}
	if p.kind == types.ApplyYAMLPatchType {
		return c.applyScale(p)
	}
	return c.rescale(c.writeRequest(p.options), func(before *autoscalingv1.Scale) (*autoscalingv1.Scale, error) {
		patched := &autoscalingv1.Scale{}
		strict, shown, err := p.patchInto(patched, before)
		if err != nil {
			return nil, err
		}
		if err := c.judgeStrict(p, strict, shown); err != nil {
			return nil, err
		}
		if got := withDefaults(patched.GroupVersionKind(), scaleKind); got != scaleKind {
			return nil, errOtherKind(got, scaleKind, shown())
		}
		return patched, nil
	})
}

func (c *call) applyScale(p patchRequest) (err error) {
	var result registry.Result
	c.Do(func() { result, err = c.appliedScale(p) })
	if err != nil {
		return err
	}
	return c.answerScale(result)
}

// appliedScale turns a scale that is applied into a configuration of the object
// itself: the replicas, at their path. The owners of the scale are asked before,
// so that conflicts speak of its fields. It runs within the engine, for nobody
// to come between the two.
func (c *call) appliedScale(p patchRequest) (registry.Result, error) {
	item, err := c.Registry.Get(c.request())
	if err != nil {
		return registry.Result{}, err
	}
	config := &unstructured.Unstructured{Object: map[string]any{}}
	if err := yaml.Unmarshal(p.data, &config.Object); err != nil {
		return registry.Result{}, apierrors.NewBadRequest(fmt.Sprintf("error decoding patch: %v", err))
	}
	scale, err := c.mergedScale(p, item, config)
	if err != nil {
		return registry.Result{}, err
	}
	config = &unstructured.Unstructured{Object: map[string]any{}}
	config.SetGroupVersionKind(c.gvk())
	config.SetName(scale.Name)
	config.SetNamespace(scale.Namespace)
	if err := unstructured.SetNestedField(config.Object, int64(scale.Spec.Replicas), c.sub.Scale.ReplicasPath...); err != nil {
		return registry.Result{}, apierrors.NewInternalError(err)
	}
	return c.Registry.Apply(c.writeRequest(p.options), config, true)
}

// mergedScale is the scale that applying gives, if its owners let it.
func (c *call) mergedScale(p patchRequest, item *store.Item, config *unstructured.Unstructured) (*autoscalingv1.Scale, error) {
	before, err := c.scaleOf(item.Object)
	if err != nil {
		return nil, apierrors.NewInternalError(err)
	}
	kind := unstoredKind(before, scaleKind)
	owners := (*ownership.Record)(nil).Replaced(kind, before.ManagedFields)
	after, _, err := ownership.Apply(kind, before, owners, config, ownership.Write{
		Manager: p.options.manager, Operation: string(metav1.ManagedFieldsOperationApply),
		APIVersion: scaleKind.GroupVersion().String(), Subresource: c.subresource, Time: c.now,
	}, p.force)
	if err != nil {
		return nil, err
	}
	return after.(*autoscalingv1.Scale), nil
}
