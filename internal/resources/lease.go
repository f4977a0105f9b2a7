package resources

import (
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"
)

func lease() *Kind {
	return define(Definition[*coordinationv1.Lease]{
		Name: "Lease", Resource: "leases",
		Version:                   coordinationv1.SchemeGroupVersion,
		PrepareForCreate:          dropCoordinatedElection,
		PrepareForUpdate:          func(l, _ *coordinationv1.Lease) { dropCoordinatedElection(l) },
		Validate:                  validateLease,
		ValidateUpdate:            func(l, _ *coordinationv1.Lease) field.ErrorList { return validateLease(l) },
		CreateOnUpdate:            true,
		RefuseUnconditionalUpdate: true,
		ForeignFinalizers:         true,
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Holder", coordinationv1.LeaseSpec{}.SwaggerDoc()["holderIdentity"]),
			AgeColumn(),
		},
		Row: func(l *coordinationv1.Lease, now time.Time) []any {
			return []any{l.Name, ptr.Deref(l.Spec.HolderIdentity, ""), Age(l.CreationTimestamp, now)}
		},
	})
}

// dropCoordinatedElection clears the fields of coordinated leader election,
// which is off by default.
func dropCoordinatedElection(l *coordinationv1.Lease) {
	l.Spec.Strategy = nil
	l.Spec.PreferredHolder = nil
}

func validateLease(l *coordinationv1.Lease) field.ErrorList {
	path := field.NewPath("spec")
	var errs field.ErrorList
	if d := l.Spec.LeaseDurationSeconds; d != nil && *d <= 0 {
		errs = append(errs, field.Invalid(path.Child("leaseDurationSeconds"), *d, "must be greater than 0"))
	}
	if n := l.Spec.LeaseTransitions; n != nil && *n < 0 {
		errs = append(errs, field.Invalid(path.Child("leaseTransitions"), *n, "must be greater than or equal to 0"))
	}
	return errs
}
