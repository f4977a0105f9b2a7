package apiserver

import (
	"encoding/json"
	"fmt"
	"net/http"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apimachinery/pkg/util/validation/field"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// scaleKind is the kind of every scale subresource.
var scaleKind = autoscalingv1.SchemeGroupVersion.WithKind("Scale")

// scaleVerbs are the verbs on the scale of an object.
var scaleVerbs = map[string]handler{
	"get":    (*call).getScale,
	"update": (*call).updateScale,
	"patch":  (*call).patchScale,
}

func (c *call) getScale() error {
	item, err := c.item()
	if err != nil {
		return err
	}
	return c.answerScale(registry.Result{Item: item})
}

// answerScale writes the scale of what a call has read or written.
func (c *call) answerScale(result registry.Result) error {
	scale, err := c.sub.Scale.Get(result.Item.Object)
	if err != nil {
		return apierrors.NewInternalError(err)
	}
	f, err := c.negotiate(allFormats)
	if err != nil {
		return err
	}
	if f.as == "Table" {
		return c.answerScaleTable(f, scale)
	}
	return c.answer(http.StatusOK, scale, scaleKind)
}

func (c *call) answerScaleTable(f format, scale *autoscalingv1.Scale) error {
	table := &metav1.Table{
		ListMeta: metav1.ListMeta{ResourceVersion: scale.ResourceVersion},
		ColumnDefinitions: []metav1.TableColumnDefinition{
			resources.NameColumn(),
			resources.Integer(resources.Column("Desired", autoscalingv1.ScaleSpec{}.SwaggerDoc()["replicas"])),
			resources.Integer(resources.Column("Available", autoscalingv1.ScaleStatus{}.SwaggerDoc()["replicas"])),
			resources.AgeColumn(),
		},
		Rows: []metav1.TableRow{{Cells: []any{
			scale.Name, int64(scale.Spec.Replicas), int64(scale.Status.Replicas), resources.Age(scale.CreationTimestamp, c.now),
		}}},
	}
	c.respond(f, http.StatusOK, table, f.asKind())
	return nil
}

func (c *call) updateScale() error {
	o, err := c.updateOptions()
	if err != nil {
		return err
	}
	scale := &autoscalingv1.Scale{}
	if err := c.read(scale, scaleKind, o); err != nil {
		return err
	}
	q := c.writeRequest(o)
	if err := q.MeantName(scale.Name); err != nil {
		return err
	}
	q.UID = scale.UID
	return c.rescale(q, func(*autoscalingv1.Scale) (*autoscalingv1.Scale, error) { return scale, nil })
}

// rescale sets the replicas of an object to those of the scale that change
// makes of the current one.
func (c *call) rescale(q registry.Request, change func(*autoscalingv1.Scale) (*autoscalingv1.Scale, error)) (err error) {
	var result registry.Result
	c.Do(func() {
		result, err = c.Registry.Update(q, func(current store.Object) (store.Object, error) {
			if current == nil {
				return nil, apierrors.NewNotFound(c.groupResource(), c.name)
			}
			return c.scaled(q, current, change)
		})
	})
	if err != nil {
		return err
	}
	return c.answerScale(result)
}

func (c *call) scaled(q registry.Request, current store.Object, change func(*autoscalingv1.Scale) (*autoscalingv1.Scale, error)) (store.Object, error) {
	before, err := c.sub.Scale.Get(current)
	if err != nil {
		return nil, apierrors.NewInternalError(err)
	}
	after, err := change(before)
	if err != nil {
		return nil, err
	}
	if err := q.MeantName(after.Name); err != nil {
		return nil, err
	}
	if errs := validateScale(after); len(errs) > 0 {
		return nil, apierrors.NewInvalid(scaleKind.GroupKind(), c.name, errs)
	}
	obj := current.DeepCopyObject().(store.Object)
	obj.SetResourceVersion(after.ResourceVersion)
	return obj, c.sub.Scale.Set(obj, after.Spec.Replicas)
}

func validateScale(s *autoscalingv1.Scale) field.ErrorList {
	if s.Spec.Replicas < 0 {
		return field.ErrorList{field.Invalid(field.NewPath("spec", "replicas"), s.Spec.Replicas, "must be greater than or equal to 0").WithOrigin("minimum")}
	}
	return nil
}

func (c *call) patchScale() error {
	p, err := c.readPatch()
	if err != nil {
		return err
	}
	if p.kind == types.ApplyYAMLPatchType {
		return c.applyScale(p)
	}
	return c.rescale(c.writeRequest(p.options), func(current *autoscalingv1.Scale) (*autoscalingv1.Scale, error) {
		before, err := json.Marshal(typed(current, scaleKind))
		if err != nil {
			return nil, err
		}
		after, err := p.patchScale(before)
		if err != nil {
			return nil, err
		}
		patched := &autoscalingv1.Scale{}
		strict, err := kjson.UnmarshalStrict(after, patched)
		if err != nil {
			return nil, errPatched(string(after), err)
		}
		return patched, c.judgeStrict(p, strict, func() string { return string(after) })
	})
}

func (p patchRequest) patchScale(before []byte) ([]byte, error) {
	if p.kind == types.StrategicMergePatchType {
		after, err := strategicpatch.StrategicMergePatch(before, p.data, autoscalingv1.Scale{})
		if err != nil {
			return nil, errStrategic(err)
		}
		return after, nil
	}
	after, _, err := p.applyTo(before)
	return after, err
}

// applyScale turns a scale that is applied into a configuration of the object
// itself: the replicas, at their path.
func (c *call) applyScale(p patchRequest) error {
	var scale autoscalingv1.Scale
	if err := yaml.Unmarshal(p.data, &scale); err != nil {
		return apierrors.NewBadRequest(fmt.Sprintf("error decoding patch: %v", err))
	}
	if gvk := scale.GroupVersionKind(); gvk != scaleKind {
		return apierrors.NewBadRequest(fmt.Sprintf("invalid object type: %v", gvk))
	}
	config := &unstructured.Unstructured{Object: map[string]any{}}
	config.SetGroupVersionKind(c.gvk())
	config.SetName(scale.Name)
	if scale.Namespace != "" {
		config.SetNamespace(scale.Namespace)
	}
	if err := unstructured.SetNestedField(config.Object, int64(scale.Spec.Replicas), c.sub.Scale.ReplicasPath...); err != nil {
		return apierrors.NewInternalError(err)
	}
	var result registry.Result
	var err error
	c.Do(func() { result, err = c.Registry.Apply(c.writeRequest(p.options), config, p.force) })
	if err != nil {
		return err
	}
	return c.answerScale(result)
}
