package resources

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/internalform"
	"github.com/kubejig/kubejig/internal/podspec"
)

func runtimeClass() *Kind {
	return define(Definition[*nodev1.RuntimeClass]{
		Name: "RuntimeClass", Resource: "runtimeclasses", ClusterScoped: true,
		RevalidatesName: true,
		Version:         nodev1.SchemeGroupVersion,
		Validate: func(c *nodev1.RuntimeClass) field.ErrorList {
			return validateRuntimeClass(c, content.IsDNS1123Label)
		},
		ValidateUpdate: func(c, old *nodev1.RuntimeClass) field.ErrorList {
			errs := validateUnchanged(field.NewPath("handler"), c.Handler, old.Handler)
			return append(errs, validateRuntimeClass(c, validation.IsDNS1123Label)...)
		},
		CreateOnUpdate:            true,
		RefuseUnconditionalUpdate: true,
		ForeignFinalizers:         true,
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Handler", ""),
			AgeColumn(),
		},
		Row: func(c *nodev1.RuntimeClass, now time.Time) []any {
			return []any{c.Name, c.Handler, Age(c.CreationTimestamp, now)}
		},
	})
}

// validateRuntimeClass checks a class whose handler is named by a rule: that of
// new ones is declared, and has other words.
func validateRuntimeClass(c *nodev1.RuntimeClass, rule func(string) []string) field.ErrorList {
	var errs field.ErrorList
	if c.Overhead != nil {
		errs = append(errs, podspec.ValidateResourceRequirements(
			&corev1.ResourceRequirements{Limits: c.Overhead.PodFixed}, nil, field.NewPath("overhead"))...)
	}
	if s := c.Scheduling; s != nil {
		path := field.NewPath("scheduling")
		errs = append(errs, metavalidation.ValidateLabels(s.NodeSelector, path.Child("nodeSelector"))...)
		errs = append(errs, podspec.ValidateTolerations(s.Tolerations, path.Child("tolerations"))...)
		errs = append(errs, validateUniqueTolerations(s.Tolerations, path.Child("tolerations"))...)
	}
	return append(errs, validateHandler(c.Handler, rule)...)
}

func validateHandler(handler string, rule func(string) []string) field.ErrorList {
	path := field.NewPath("handler")
	if handler == "" {
		return field.ErrorList{field.Required(path, "").MarkBeta()}
	}
	return validateAs(path, handler, rule)
}

// validateUniqueTolerations refuses tolerations that differ in their seconds
// alone.
func validateUniqueTolerations(tolerations []corev1.Toleration, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := map[corev1.Toleration]bool{}
	for i, t := range tolerations {
		key := t
		key.TolerationSeconds = nil
		if seen[key] {
			errs = append(errs, field.Duplicate(path.Index(i), internalform.Of(t)))
		}
		seen[key] = true
	}
	return errs
}
