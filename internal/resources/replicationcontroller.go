package resources

import (
	"maps"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/podspec"
)

func replicationController() *Kind {
	spec, status := corev1.ReplicationControllerSpec{}.SwaggerDoc(), corev1.ReplicationControllerStatus{}.SwaggerDoc()
	return define(Definition[*corev1.ReplicationController]{
		Name: "ReplicationController", Resource: "replicationcontrollers", ShortNames: []string{"rc"}, Categories: []string{"all"},
		Version:          corev1.SchemeGroupVersion,
		Default:          defaultReplicationController,
		ValidateName:     validateReplicationControllerName,
		Spec:             func(c *corev1.ReplicationController) any { return &c.Spec },
		PrepareForCreate: dropReplicationController,
		PrepareForUpdate: func(c, _ *corev1.ReplicationController) { dropReplicationController(c) },
		Validate:         validateReplicationController,
		ValidateUpdate: func(c, _ *corev1.ReplicationController) field.ErrorList {
			return validateReplicationController(c)
		},
		Warnings: func(c, old *corev1.ReplicationController) []string {
			if c.Spec.Template == nil {
				return nil
			}
			return templateWarnings(c, old, c.Spec.Template)
		},
		OrphanByDefault: true,
		Status: &Status[*corev1.ReplicationController]{
			Copy: func(to, from *corev1.ReplicationController) { to.Status = *from.Status.DeepCopy() },
			Validate: func(c, _ *corev1.ReplicationController) field.ErrorList {
				s := c.Status
				return validateReplicaCounts(s.Replicas, s.FullyLabeledReplicas, s.ReadyReplicas, s.AvailableReplicas, s.ObservedGeneration)
			},
		},
		Replicas: &Replicas[*corev1.ReplicationController]{
			Get: func(c *corev1.ReplicationController) (int32, int32, string) {
				return ptr.Deref(c.Spec.Replicas, 0), c.Status.Replicas, labels.Set(c.Spec.Selector).String()
			},
			Set: func(c *corev1.ReplicationController, n int32) { c.Spec.Replicas = &n },
		},
		Fields: func(c *corev1.ReplicationController) fields.Set {
			return fields.Set{"status.replicas": strconv.Itoa(int(c.Status.Replicas))}
		},
		Columns: append(append([]metav1.TableColumnDefinition{
			NameColumn(),
			Integer(Column("Desired", spec["replicas"])),
			Integer(Column("Current", status["replicas"])),
			Integer(Column("Ready", status["readyReplicas"])),
			AgeColumn(),
		}, containerColumns()...), Wide(Column("Selector", spec["selector"]))),
		Row: func(c *corev1.ReplicationController, now time.Time) []any {
			names, images := containerCells(ptr.Deref(c.Spec.Template, corev1.PodTemplateSpec{}).Spec.Containers)
			return []any{
				c.Name, int64(ptr.Deref(c.Spec.Replicas, 0)), int64(c.Status.Replicas), int64(c.Status.ReadyReplicas),
				Age(c.CreationTimestamp, now), names, images, labels.FormatLabels(c.Spec.Selector),
			}
		},
	})
}

// defaultReplicationController takes selector and labels from the template.
func defaultReplicationController(c *corev1.ReplicationController) {
	setDefault(&c.Spec.Replicas, 1)
	if c.Spec.Template == nil {
		return
	}
	podspec.SetTemplateDefaults(c.Spec.Template)
	if len(c.Spec.Selector) == 0 {
		c.Spec.Selector = maps.Clone(c.Spec.Template.Labels)
	}
	if len(c.Labels) == 0 {
		c.Labels = maps.Clone(c.Spec.Template.Labels)
	}
}

// validateReplicationControllerName checks a name, and of what it is generated
// from only that it can be part of a path.
func validateReplicationControllerName(name string, prefix bool) []string {
	if prefix {
		return content.IsPathSegmentPrefix(name)
	}
	return content.IsDNS1123Subdomain(name)
}

func dropReplicationController(c *corev1.ReplicationController) {
	if c.Spec.Template != nil {
		podspec.DropDisabledFields(c.Spec.Template)
	}
}

func validateReplicationController(c *corev1.ReplicationController) field.ErrorList {
	path := field.NewPath("spec")
	errs := validateCounts(path, count{"minReadySeconds", int64(c.Spec.MinReadySeconds)})
	selector := labels.Set(c.Spec.Selector).AsSelector()
	if selector.Empty() {
		errs = append(errs, field.Required(path.Child("selector"), ""))
	}
	errs = append(errs, validateCounts(path, optionalCount("replicas", c.Spec.Replicas))...)
	if c.Spec.Template == nil {
		return append(errs, field.Required(path.Child("template"), ""))
	}
	return append(errs, validateRunningTemplate("ReplicationController", c.Spec.Template, selector, path.Child("template"))...)
}
