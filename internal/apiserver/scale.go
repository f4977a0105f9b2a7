package apiserver

import (
	"net/http"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/kubejig/kubejig/internal/ownership"
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
	return c.showAs(http.StatusOK, shown{scale, scaleKind})
}

// scaleTable is how scales are shown: those of custom resources have headings of
// their own.
func scaleTable(custom bool) *resources.Table {
	table := &resources.Table{Columns: scaleColumns(), Row: scaleRow}
	if custom {
		table.Columns = customScaleColumns()
	}
	return table
}

func scaleRow(o store.Object, now time.Time) []any {
	s := o.(*autoscalingv1.Scale)
	return []any{s.Name, int64(s.Spec.Replicas), int64(s.Status.Replicas), resources.Age(s.CreationTimestamp, now)}
}

func scaleColumns() []metav1.TableColumnDefinition {
	name := resources.NameColumn()
	name.Format = ""
	return []metav1.TableColumnDefinition{
		name,
		resources.Integer(resources.Column("Desired", autoscalingv1.ScaleSpec{}.SwaggerDoc()["replicas"])),
		resources.Integer(resources.Column("Available", autoscalingv1.ScaleStatus{}.SwaggerDoc()["replicas"])),
		resources.AgeColumn(),
	}
}

func customScaleColumns() []metav1.TableColumnDefinition {
	age := resources.AgeColumn()
	age.Type = "date"
	return []metav1.TableColumnDefinition{
		resources.NameColumn(),
		resources.Integer(resources.Column("Desired", "Number of desired replicas")),
		resources.Integer(resources.Column("Available", "Number of actual replicas")),
		age,
	}
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
	if scale.Namespace != "" && scale.Namespace != c.namespace {
		return errOtherNamespace
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
	before, err := c.scaleOf(current)
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

// scaleOf is the scale of an object as a change starts from it: with the owners
// of the replicas. It runs within the engine.
func (c *call) scaleOf(obj store.Object) (*autoscalingv1.Scale, error) {
	scale, err := c.sub.Scale.Get(obj)
	if err != nil {
		return nil, err
	}
	item := c.Registry.Store.Get(c.kind.GroupResource(), obj.GetNamespace(), obj.GetName())
	record, _ := item.Attached.(*ownership.Record)
	scale.ManagedFields, err = managedfields.NewScaleHandler(record.Entries(), c.groupVersion(), c.replicasPaths()).ToSubresource()
	return resources.Typed(scale, scaleKind).(*autoscalingv1.Scale), err
}

// replicasPaths are where the replicas are in the versions of the call's kind.
func (c *call) replicasPaths() managedfields.ResourcePathMappings {
	var path fieldpath.Path
	for _, name := range c.sub.Scale.ReplicasPath {
		path = append(path, fieldpath.PathElement{FieldName: &name})
	}
	paths := managedfields.ResourcePathMappings{}
	for _, v := range c.kind.Versions {
		paths[v.GroupVersion.String()] = path
	}
	return paths
}
