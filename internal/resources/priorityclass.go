package resources

import (
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

// What priorities mean to a PriorityClass.
const (
	systemPriorityClassPrefix    = "system-"
	highestUserDefinablePriority = int32(1000000000)
)

// systemPriorityClasses are the only classes with the system's prefix.
var systemPriorityClasses = map[string]int32{
	"system-cluster-critical": 2 * highestUserDefinablePriority,
	"system-node-critical":    2*highestUserDefinablePriority + 1000,
}

func priorityClass() *Kind {
	return define(Definition[*schedulingv1.PriorityClass]{
		Name: "PriorityClass", Resource: "priorityclasses", ShortNames: []string{"pc"}, ClusterScoped: true,
		Version: schedulingv1.SchemeGroupVersion,
		Default: func(pc *schedulingv1.PriorityClass) {
			setDefault(&pc.PreemptionPolicy, corev1.PreemptLowerPriority)
		},
		// The generation is 1 and stays so.
		Spec:           func(*schedulingv1.PriorityClass) any { return nil },
		Validate:       validatePriorityClass,
		ValidateUpdate: validatePriorityClassUpdate,
		RefuseDelete: func(name string) string {
			if _, system := systemPriorityClasses[name]; system {
				return "this is a system priority class and cannot be deleted"
			}
			return ""
		},
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Integer(Column("Value", schedulingv1.PriorityClass{}.SwaggerDoc()["value"])),
			Boolean(Column("Global-Default", schedulingv1.PriorityClass{}.SwaggerDoc()["globalDefault"])),
			AgeColumn(),
			Column("PreemptionPolicy", schedulingv1.PriorityClass{}.SwaggerDoc()["preemptionPolicy"]),
		},
		Row: func(pc *schedulingv1.PriorityClass, now time.Time) []any {
			return []any{
				pc.Name, int64(pc.Value), pc.GlobalDefault, Age(pc.CreationTimestamp, now),
				string(ptr.Deref(pc.PreemptionPolicy, "")),
			}
		},
	})
}

func validatePriorityClass(pc *schedulingv1.PriorityClass) field.ErrorList {
	var errs field.ErrorList
	if strings.HasPrefix(pc.Name, systemPriorityClassPrefix) {
		if problem := systemPriorityClassProblem(pc); problem != "" {
			errs = append(errs, field.Forbidden(field.NewPath("metadata", "name"),
				"priority class names with '"+systemPriorityClassPrefix+"' prefix are reserved for system use only. error: "+problem))
		}
	} else if pc.Value > highestUserDefinablePriority {
		errs = append(errs, field.Forbidden(field.NewPath("value"),
			fmt.Sprintf("maximum allowed value of a user defined priority is %v", highestUserDefinablePriority)))
	}
	if policy := pc.PreemptionPolicy; policy != nil {
		errs = append(errs, validateRequiredOneOf(field.NewPath("preemptionPolicy"), *policy, corev1.PreemptLowerPriority, corev1.PreemptNever)...)
	}
	return errs
}

func systemPriorityClassProblem(pc *schedulingv1.PriorityClass) string {
	value, known := systemPriorityClasses[pc.Name]
	switch {
	case !known:
		return pc.Name + " is not a known system priority class"
	case pc.Value != value:
		return fmt.Sprintf("value of %v PriorityClass must be %v", pc.Name, value)
	case pc.GlobalDefault:
		return fmt.Sprintf("globalDefault of %v PriorityClass must be %v", pc.Name, false)
	}
	return ""
}

func validatePriorityClassUpdate(pc, old *schedulingv1.PriorityClass) field.ErrorList {
	var errs field.ErrorList
	if pc.Value != old.Value {
		errs = append(errs, field.Forbidden(field.NewPath("value"), "may not be changed in an update."))
	}
	return append(errs, apivalidation.ValidateImmutableField(pc.PreemptionPolicy, old.PreemptionPolicy, field.NewPath("preemptionPolicy"))...)
}
