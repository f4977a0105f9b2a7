package resources

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/internalform"
	"github.com/kubejig/kubejig/internal/podspec"
)

func resourceQuota() *Kind {
	return define(Definition[*corev1.ResourceQuota]{
		Name: "ResourceQuota", Resource: "resourcequotas", ShortNames: []string{"quota"},
		ReturnDeleted:  true,
		Version:        corev1.SchemeGroupVersion,
		Validate:       validateResourceQuota,
		ValidateUpdate: validateResourceQuotaUpdate,
		Status: &Status[*corev1.ResourceQuota]{
			Copy: func(to, from *corev1.ResourceQuota) { to.Status = *from.Status.DeepCopy() },
			Validate: func(q, _ *corev1.ResourceQuota) field.ErrorList {
				path := field.NewPath("status")
				return append(validateQuotaList(q.Status.Hard, path.Child("hard")), validateQuotaList(q.Status.Used, path.Child("used"))...)
			},
		},
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Request", "Request represents a minimum amount of cpu/memory that a container may consume."),
			Column("Limit", "Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node."),
			AgeColumn(),
		},
		Row: func(q *corev1.ResourceQuota, now time.Time) []any {
			requests, limits := quotaCells(q)
			return []any{q.Name, requests, limits, Age(q.CreationTimestamp, now)}
		},
	})
}

// quotaCells are used/hard of the resources, those of limits apart.
func quotaCells(q *corev1.ResourceQuota) (requests, limits string) {
	var r, l []string
	for _, name := range sortedKeys(q.Status.Hard) {
		used, hard := q.Status.Used[name], q.Status.Hard[name]
		cell := fmt.Sprintf("%s: %s/%s", name, used.String(), hard.String())
		if strings.HasPrefix(string(name), "limits.") {
			l = append(l, cell)
		} else {
			r = append(r, cell)
		}
	}
	return strings.Join(r, ", "), strings.Join(l, ", ")
}

func validateResourceQuota(q *corev1.ResourceQuota) field.ErrorList {
	path := field.NewPath("spec")
	errs := validateQuotaList(q.Spec.Hard, path.Child("hard"))
	errs = append(errs, validateQuotaScopes(&q.Spec, path.Child("scopes"))...)
	if q.Spec.ScopeSelector != nil {
		errs = append(errs, validateScopeSelector(&q.Spec, path.Child("scopeSelector", "matchExpressions"))...)
	}
	return errs
}

// quotaResources are the resources without a domain that a quota can limit;
// huge pages come on top. The first lists are also what scopes are about.
var (
	podResources     = sets.New(corev1.ResourcePods)
	computeResources = sets.New(corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceLimitsCPU,
		corev1.ResourceLimitsMemory, corev1.ResourceRequestsCPU, corev1.ResourceRequestsMemory)
	claimResources = sets.New(corev1.ResourcePersistentVolumeClaims, corev1.ResourceRequestsStorage)
	quotaResources = podResources.Union(computeResources).Union(claimResources).Insert(
		corev1.ResourceEphemeralStorage, corev1.ResourceRequestsEphemeralStorage, corev1.ResourceLimitsEphemeralStorage,
		corev1.ResourceQuotas, corev1.ResourceServices, corev1.ResourceReplicationControllers, corev1.ResourceSecrets,
		corev1.ResourceConfigMaps, corev1.ResourceServicesNodePorts, corev1.ResourceServicesLoadBalancers)
)

func isQuotaResource(name corev1.ResourceName) bool {
	return quotaResources.Has(name) || strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix) ||
		strings.HasPrefix(string(name), corev1.ResourceRequestsHugePagesPrefix)
}

func validateQuotaList(list corev1.ResourceList, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, name := range sortedKeys(list) {
		path := path.Key(string(name))
		errs = append(errs, podspec.ValidateResourceName(name, path)...)
		if !strings.Contains(string(name), "/") && !isQuotaResource(name) {
			errs = append(errs, field.Invalid(path, name, "must be a standard resource for quota"))
		}
		errs = append(errs, podspec.ValidateResourceQuantityValue(name, list[name], path)...)
	}
	return errs
}

// scopeResources are what quotas with a scope can be about.
var scopeResources = map[corev1.ResourceQuotaScope]sets.Set[corev1.ResourceName]{
	corev1.ResourceQuotaScopeTerminating:               podResources.Union(computeResources),
	corev1.ResourceQuotaScopeNotTerminating:            podResources.Union(computeResources),
	corev1.ResourceQuotaScopeNotBestEffort:             podResources.Union(computeResources),
	corev1.ResourceQuotaScopePriorityClass:             podResources.Union(computeResources),
	corev1.ResourceQuotaScopeCrossNamespacePodAffinity: podResources.Union(computeResources),
	corev1.ResourceQuotaScopeBestEffort:                podResources,
	corev1.ResourceQuotaScopeVolumeAttributesClass:     claimResources,
}

// conflictingScopes are pairs that no object is in.
var conflictingScopes = [][2]corev1.ResourceQuotaScope{
	{corev1.ResourceQuotaScopeBestEffort, corev1.ResourceQuotaScopeNotBestEffort},
	{corev1.ResourceQuotaScopeTerminating, corev1.ResourceQuotaScopeNotTerminating},
}

func validateQuotaScopes(spec *corev1.ResourceQuotaSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, scope := range spec.Scopes {
		if _, ok := scopeResources[scope]; !ok {
			errs = append(errs, field.Invalid(path, spec.Scopes, "unsupported scope"))
		}
		errs = append(errs, validateScopeResources(spec, scope, spec.Scopes, path)...)
	}
	return append(errs, validateConflictingScopes(spec.Scopes, spec.Scopes, path)...)
}

func validateScopeResources(spec *corev1.ResourceQuotaSpec, scope corev1.ResourceQuotaScope, shown any, path *field.Path) field.ErrorList {
	allowed, known := scopeResources[scope]
	if !known {
		return nil
	}
	var errs field.ErrorList
	for _, name := range sortedKeys(spec.Hard) {
		if isQuotaResource(name) && !allowed.Has(name) {
			errs = append(errs, field.Invalid(path, shown, "unsupported scope applied to resource"))
		}
	}
	return errs
}

func validateConflictingScopes(scopes, shown []corev1.ResourceQuotaScope, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, pair := range conflictingScopes {
		if slices.Contains(scopes, pair[0]) && slices.Contains(scopes, pair[1]) {
			errs = append(errs, field.Invalid(path, shown, "conflicting scopes"))
		}
	}
	return errs
}

func validateScopeSelector(spec *corev1.ResourceQuotaSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	var scopes []corev1.ResourceQuotaScope
	for _, req := range spec.ScopeSelector.MatchExpressions {
		if _, ok := scopeResources[req.ScopeName]; !ok {
			errs = append(errs, field.Invalid(path.Child("scopeName"), req.ScopeName, "unsupported scope"))
		}
		errs = append(errs, validateScopeResources(spec, req.ScopeName, internalform.Of(spec.ScopeSelector), path)...)
		errs = append(errs, validateScopeRequirement(&req, path)...)
		scopes = append(scopes, req.ScopeName)
	}
	return append(errs, validateConflictingScopes(scopes, spec.Scopes, path)...)
}

func validateScopeRequirement(req *corev1.ScopedResourceSelectorRequirement, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	valued := req.ScopeName == corev1.ResourceQuotaScopePriorityClass || req.ScopeName == corev1.ResourceQuotaScopeVolumeAttributesClass
	if _, known := scopeResources[req.ScopeName]; known && !valued && req.Operator != corev1.ScopeSelectorOpExists {
		errs = append(errs, field.Invalid(path.Child("operator"), req.Operator, "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, "+
			"ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"))
	}
	switch req.Operator {
	case corev1.ScopeSelectorOpIn, corev1.ScopeSelectorOpNotIn:
		if len(req.Values) == 0 {
			errs = append(errs, field.Required(path.Child("values"), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"))
		}
	case corev1.ScopeSelectorOpExists, corev1.ScopeSelectorOpDoesNotExist:
		if len(req.Values) > 0 {
			errs = append(errs, field.Invalid(path.Child("values"), req.Values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"))
		}
	default:
		errs = append(errs, field.Invalid(path.Child("operator"), req.Operator, "not a valid selector operator"))
	}
	return errs
}

func validateResourceQuotaUpdate(q, old *corev1.ResourceQuota) field.ErrorList {
	errs := validateResourceQuota(q)
	if !sets.New(q.Spec.Scopes...).Equal(sets.New(old.Spec.Scopes...)) {
		errs = append(errs, field.Invalid(field.NewPath("spec", "scopes"), q.Spec.Scopes, apivalidation.FieldImmutableErrorMsg))
	}
	return errs
}
