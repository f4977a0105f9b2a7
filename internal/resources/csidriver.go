package resources

import (
	"strings"
	"time"

	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

// Limits of a CSI driver.
const (
	minTokenExpiration         = 600 // seconds
	minAllocatableUpdatePeriod = 10  // seconds
)

func csiDriver() *Kind {
	type driver = *storagev1.CSIDriver
	return define(Definition[driver]{
		Name: "CSIDriver", Resource: "csidrivers", ClusterScoped: true,
		ReturnDeleted: true,
		Version:       storagev1.SchemeGroupVersion,
		Default:       defaultCSIDriver,
		// A new driver has no generation.
		PrepareForUpdate: func(d, old driver) {
			if !equality.Semantic.DeepEqual(d.Spec, old.Spec) {
				d.Generation = old.Generation + 1
			}
		},
		Validate: validateCSIDriver,
		ValidateUpdate: func(d, old driver) field.ErrorList {
			errs := validateCSIDriver(d)
			errs = append(errs, apivalidation.ValidateImmutableField(d.Spec.AttachRequired, old.Spec.AttachRequired, field.NewPath("spec", "attachedRequired"))...)
			return append(errs, apivalidation.ValidateImmutableField(d.Spec.VolumeLifecycleModes, old.Spec.VolumeLifecycleModes, field.NewPath("spec", "volumeLifecycleModes"))...)
		},
		Warnings:                  csiDriverWarnings,
		RefuseUnconditionalUpdate: true,
		Columns:                   csiDriverColumns(),
		Row:                       csiDriverRow,
	})
}

func defaultCSIDriver(d *storagev1.CSIDriver) {
	s := &d.Spec
	setDefault(&s.AttachRequired, true)
	setDefault(&s.PodInfoOnMount, false)
	setDefault(&s.StorageCapacity, false)
	setDefault(&s.RequiresRepublish, false)
	setDefault(&s.SELinuxMount, false)
	setDefault(&s.PreventPodSchedulingIfMissing, false)
	setDefault(&s.FSGroupPolicy, storagev1.ReadWriteOnceWithFSTypeFSGroupPolicy)
	if len(s.VolumeLifecycleModes) == 0 {
		s.VolumeLifecycleModes = []storagev1.VolumeLifecycleMode{storagev1.VolumeLifecyclePersistent}
	}
}

func csiDriverColumns() []metav1.TableColumnDefinition {
	doc := storagev1.CSIDriverSpec{}.SwaggerDoc()
	return []metav1.TableColumnDefinition{
		NameColumn(),
		Boolean(Column("AttachRequired", doc["attachRequired"])),
		Boolean(Column("PodInfoOnMount", doc["podInfoOnMount"])),
		Boolean(Column("StorageCapacity", doc["storageCapacity"])),
		Column("TokenRequests", doc["tokenRequests"]),
		Boolean(Column("RequiresRepublish", doc["requiresRepublish"])),
		Column("Modes", doc["volumeLifecycleModes"]),
		AgeColumn(),
	}
}

func csiDriverRow(d *storagev1.CSIDriver, now time.Time) []any {
	modes := make([]string, len(d.Spec.VolumeLifecycleModes))
	for i, mode := range d.Spec.VolumeLifecycleModes {
		modes[i] = string(mode)
	}
	tokens := "<unset>"
	if d.Spec.TokenRequests != nil {
		audiences := make([]string, len(d.Spec.TokenRequests))
		for i, request := range d.Spec.TokenRequests {
			audiences[i] = request.Audience
		}
		tokens = strings.Join(audiences, ",")
	}
	return []any{
		d.Name, ptr.Deref(d.Spec.AttachRequired, true), ptr.Deref(d.Spec.PodInfoOnMount, false),
		ptr.Deref(d.Spec.StorageCapacity, false), tokens, ptr.Deref(d.Spec.RequiresRepublish, false),
		orElse(strings.Join(modes, ","), "<none>"), Age(d.CreationTimestamp, now),
	}
}

func validateCSIDriver(d *storagev1.CSIDriver) field.ErrorList {
	path, spec := field.NewPath("spec"), &d.Spec
	var errs field.ErrorList
	if policy := spec.FSGroupPolicy; policy != nil {
		errs = append(errs, validateOneOf(path.Child("fsGroupPolicy"), *policy, storagev1.FileFSGroupPolicy,
			storagev1.NoneFSGroupPolicy, storagev1.ReadWriteOnceWithFSTypeFSGroupPolicy)...)
	}
	errs = append(errs, validateTokenRequests(spec.TokenRequests, path.Child("tokenRequests"))...)
	for _, mode := range spec.VolumeLifecycleModes {
		errs = append(errs, validateOneOf(path.Child("volumeLifecycleModes"), mode,
			storagev1.VolumeLifecyclePersistent, storagev1.VolumeLifecycleEphemeral)...)
	}
	if period := spec.NodeAllocatableUpdatePeriodSeconds; period != nil && *period < minAllocatableUpdatePeriod {
		errs = append(errs, field.Invalid(path.Child("nodeAllocatableUpdatePeriodSeconds"), *period, "must be greater than or equal to 10 seconds"))
	}
	if spec.ServiceAccountTokenInSecrets != nil && len(spec.TokenRequests) == 0 {
		errs = append(errs, field.Invalid(path.Child("serviceAccountTokenInSecrets"), *spec.ServiceAccountTokenInSecrets,
			"serviceAccountTokenInSecrets is set but no tokenRequests are specified"))
	}
	return errs
}

func validateTokenRequests(requests []storagev1.TokenRequest, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	audiences := map[string]bool{}
	for i, request := range requests {
		p := path.Index(i)
		if audiences[request.Audience] {
			errs = append(errs, field.Duplicate(p.Child("audience"), request.Audience))
			continue
		}
		audiences[request.Audience] = true
		if request.ExpirationSeconds == nil {
			continue
		}
		switch seconds := *request.ExpirationSeconds; {
		case seconds < minTokenExpiration:
			errs = append(errs, field.Invalid(p.Child("expirationSeconds"), seconds, "may not specify a duration less than 10 minutes"))
		case seconds > 1<<32:
			errs = append(errs, field.Invalid(p.Child("expirationSeconds"), seconds, "may not specify a duration larger than 2^32 seconds"))
		}
	}
	return errs
}

// csiDriverWarnings warns of tokens that are asked for, or asked for otherwise
// than before, without saying where the driver wants them.
func csiDriverWarnings(d, old *storagev1.CSIDriver) []string {
	if len(d.Spec.TokenRequests) == 0 || d.Spec.ServiceAccountTokenInSecrets != nil ||
		old != nil && equality.Semantic.DeepEqual(d.Spec.TokenRequests, old.Spec.TokenRequests) {
		return nil
	}
	return []string{"spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes"}
}
