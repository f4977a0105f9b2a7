package resources

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/podspec"
)

func podTemplate() *Kind {
	path := field.NewPath("template")
	return define(Definition[*corev1.PodTemplate]{
		Name: "PodTemplate", Resource: "podtemplates",
		ReturnDeleted:    true,
		Version:          corev1.SchemeGroupVersion,
		Default:          func(t *corev1.PodTemplate) { podspec.SetTemplateDefaults(&t.Template) },
		Spec:             func(t *corev1.PodTemplate) any { return &t.Template },
		PrepareForCreate: func(t *corev1.PodTemplate) { podspec.DropDisabledFields(&t.Template) },
		PrepareForUpdate: func(t, _ *corev1.PodTemplate) { podspec.DropDisabledFields(&t.Template) },
		Validate:         func(t *corev1.PodTemplate) field.ErrorList { return podspec.ValidateTemplate(&t.Template, path) },
		ValidateUpdate:   func(t, _ *corev1.PodTemplate) field.ErrorList { return podspec.ValidateTemplate(&t.Template, path) },
		Warnings: func(t, _ *corev1.PodTemplate) []string {
			return podspec.TemplateWarnings(&t.Template, path)
		},
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Containers", "Names of each container in the template."),
			Column("Images", "Images referenced by each container in the template."),
			Column("Pod Labels", "The labels for the pod template."),
		},
		Row: func(t *corev1.PodTemplate, _ time.Time) []any {
			names, images := containerCells(t.Template.Spec.Containers)
			return []any{t.Name, names, images, labels.FormatLabels(t.Template.Labels)}
		},
	})
}
