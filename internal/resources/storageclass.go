package resources

import (
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/kubejig/kubejig/internal/podspec"
)

// Limits of the parameters of storage and volume attributes classes.
const (
	maxParameters     = 512
	maxParametersSize = 256 << 10
)

func storageClass() *Kind {
	return define(Definition[*storagev1.StorageClass]{
		Name: "StorageClass", Resource: "storageclasses", ShortNames: []string{"sc"}, ClusterScoped: true,
		RevalidatesName: true,
		ReturnDeleted:   true,
		Version:         storagev1.SchemeGroupVersion,
		Default: func(c *storagev1.StorageClass) {
			setDefault(&c.ReclaimPolicy, corev1.PersistentVolumeReclaimDelete)
			setDefault(&c.VolumeBindingMode, storagev1.VolumeBindingImmediate)
		},
		Validate:       validateStorageClass,
		ValidateUpdate: validateStorageClassUpdate,
		Warnings:       storageClassTopologyWarnings,
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Provisioner", storagev1.StorageClass{}.SwaggerDoc()["provisioner"]),
			Column("ReclaimPolicy", storagev1.StorageClass{}.SwaggerDoc()["reclaimPolicy"]),
			Column("VolumeBindingMode", storagev1.StorageClass{}.SwaggerDoc()["volumeBindingMode"]),
			Column("AllowVolumeExpansion", storagev1.StorageClass{}.SwaggerDoc()["allowVolumeExpansion"]),
			AgeColumn(),
		},
		Row: func(c *storagev1.StorageClass, now time.Time) []any {
			name := c.Name
			if isDefaultClass(c.Annotations) {
				name += " (default)"
			}
			return []any{
				name, c.Provisioner,
				string(ptr.Deref(c.ReclaimPolicy, corev1.PersistentVolumeReclaimDelete)),
				string(ptr.Deref(c.VolumeBindingMode, storagev1.VolumeBindingImmediate)),
				ptr.Deref(c.AllowVolumeExpansion, false), Age(c.CreationTimestamp, now),
			}
		},
	})
}

func isDefaultClass(annotations map[string]string) bool {
	return annotations["storageclass.kubernetes.io/is-default-class"] == "true" ||
		annotations["storageclass.beta.kubernetes.io/is-default-class"] == "true"
}

func validateStorageClass(c *storagev1.StorageClass) field.ErrorList {
	errs := declared(validateProvisioner(c.Provisioner, field.NewPath("provisioner")), field.ErrorTypeRequired)
	errs = append(errs, validateClassParameters(c.Parameters, field.NewPath("parameters"))...)
	if policy := ptr.Deref(c.ReclaimPolicy, ""); policy != "" {
		errs = append(errs, validateOneOf(field.NewPath("reclaimPolicy"), policy,
			corev1.PersistentVolumeReclaimDelete, corev1.PersistentVolumeReclaimRetain)...)
	}
	if c.VolumeBindingMode == nil {
		errs = append(errs, field.Required(field.NewPath("volumeBindingMode"), ""))
	} else {
		errs = append(errs, validateOneOf(field.NewPath("volumeBindingMode"), *c.VolumeBindingMode,
			storagev1.VolumeBindingImmediate, storagev1.VolumeBindingWaitForFirstConsumer)...)
	}
	return append(errs, validateAllowedTopologies(c.AllowedTopologies, field.NewPath("allowedTopologies"))...)
}

// validateProvisioner checks the name of a driver.
func validateProvisioner(name string, path *field.Path) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	var errs field.ErrorList
	for _, msg := range validation.IsQualifiedName(strings.ToLower(name)) {
		errs = append(errs, field.Invalid(path, strings.ToLower(name), msg))
	}
	return errs
}

func validateClassParameters(parameters map[string]string, path *field.Path) field.ErrorList {
	if len(parameters) > maxParameters {
		return field.ErrorList{field.TooLong(path, "", maxParameters)}
	}
	var errs field.ErrorList
	if _, ok := parameters[""]; ok {
		errs = append(errs, field.Invalid(path, "", "field can not be empty."))
	}
	size := 0
	for key, value := range parameters {
		size += len(key) + len(value)
	}
	if size > maxParametersSize {
		errs = append(errs, field.TooLong(path, "", maxParametersSize))
	}
	return errs
}

// validateAllowedTopologies checks terms, none of which may come twice. In
// Kubernetes one without expressions is told that there is another.
func validateAllowedTopologies(terms []corev1.TopologySelectorTerm, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := []map[string][]string{nil}
	for i, term := range terms {
		p := path.Index(i).Child("matchLabelExpressions")
		values := map[string][]string{}
		for j, r := range term.MatchLabelExpressions {
			errs = append(errs, validateTopologyRequirement(r, p.Index(j))...)
			if _, exists := values[r.Key]; exists {
				errs = append(errs, field.Duplicate(p.Index(j).Child("key"), r.Key))
			}
			values[r.Key] = slices.Compact(slices.Sorted(slices.Values(r.Values)))
		}
		for _, other := range seen {
			if equality.Semantic.DeepEqual(values, other) {
				errs = append(errs, field.Duplicate(p, ""))
			}
		}
		seen = append(seen, values)
	}
	return errs
}

func validateTopologyRequirement(r corev1.TopologySelectorLabelRequirement, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(r.Values) == 0 {
		errs = append(errs, field.Required(path.Child("values"), ""))
	}
	for i, value := range r.Values {
		if slices.Contains(r.Values[:i], value) {
			errs = append(errs, field.Duplicate(path.Child("values").Index(i), value))
		}
	}
	return append(errs, metavalidation.ValidateLabelName(r.Key, path.Child("key"))...)
}

func validateStorageClassUpdate(c, old *storagev1.StorageClass) field.ErrorList {
	errs := validateStorageClass(c)
	errs = append(errs, validateUnchanged(field.NewPath("provisioner"), c.Provisioner, old.Provisioner)...)
	errs = append(errs, validateUnchanged(field.NewPath("parameters"), c.Parameters, old.Parameters)...)
	errs = append(errs, validateUnchanged(field.NewPath("reclaimPolicy"), c.ReclaimPolicy, old.ReclaimPolicy)...)
	return append(errs, validateUnchanged(field.NewPath("volumeBindingMode"), c.VolumeBindingMode, old.VolumeBindingMode)...)
}

func storageClassTopologyWarnings(c, _ *storagev1.StorageClass) []string {
	var warnings []string
	for i, term := range c.AllowedTopologies {
		for j, r := range term.MatchLabelExpressions {
			path := field.NewPath("allowedTopologies").Index(i).Child("matchLabelExpressions").Index(j).Child("key")
			warnings = append(warnings, podspec.NodeLabelWarnings(r.Key, path)...)
		}
	}
	return warnings
}
