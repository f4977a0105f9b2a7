package resources

import (
	"fmt"
	"time"

	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap"
	"k8s.io/apiserver/pkg/util/shufflesharding"

	"github.com/kubejig/kubejig/internal/internalform"
)

// maxQueues is the largest number of queues of a priority level.
const maxQueues = 10_000_000

func priorityLevelConfiguration() *Kind {
	type level = *flowcontrolv1.PriorityLevelConfiguration
	return define(Definition[level]{
		Name: "PriorityLevelConfiguration", Resource: "prioritylevelconfigurations", ClusterScoped: true,
		RevalidatesName: true,
		Version:         flowcontrolv1.SchemeGroupVersion,
		Default:         defaultPriorityLevel,
		Spec:            func(p level) any { return p.Spec },
		Validate:        validatePriorityLevel,
		ValidateUpdate:  func(p, _ level) field.ErrorList { return validatePriorityLevel(p) },
		Status: &Status[level]{
			Copy:   func(to, from level) { to.Status = *from.Status.DeepCopy() },
			Keep:   keepAllMetadata[level],
			Resets: [][]string{{"metadata"}},
			Validate: func(p, _ level) field.ErrorList {
				return validateFlowConditions(levelConditionTypes(p.Status.Conditions))
			},
		},
		Columns: []metav1.TableColumnDefinition{
			NameColumn(),
			Column("Type", flowcontrolv1.PriorityLevelConfigurationSpec{}.SwaggerDoc()["type"]),
			Column("NominalConcurrencyShares", flowcontrolv1.LimitedPriorityLevelConfiguration{}.SwaggerDoc()["nominalConcurrencyShares"]),
			Column("Queues", flowcontrolv1.QueuingConfiguration{}.SwaggerDoc()["queues"]),
			Column("HandSize", flowcontrolv1.QueuingConfiguration{}.SwaggerDoc()["handSize"]),
			Column("QueueLengthLimit", flowcontrolv1.QueuingConfiguration{}.SwaggerDoc()["queueLengthLimit"]),
			AgeColumn(),
		},
		Row: priorityLevelRow,
	})
}

func defaultPriorityLevel(p *flowcontrolv1.PriorityLevelConfiguration) {
	if e := p.Spec.Exempt; e != nil {
		setDefault(&e.NominalConcurrencyShares, 0)
		setDefault(&e.LendablePercent, 0)
	}
	l := p.Spec.Limited
	if l == nil {
		return
	}
	setDefault(&l.NominalConcurrencyShares, 30)
	setDefault(&l.LendablePercent, 0)
	if q := l.LimitResponse.Queuing; q != nil {
		setIfZero(&q.HandSize, 8)
		setIfZero(&q.Queues, 64)
		setIfZero(&q.QueueLengthLimit, 50)
	}
}

func priorityLevelRow(p *flowcontrolv1.PriorityLevelConfiguration, now time.Time) []any {
	shares, queues, hand, length := any("<none>"), any("<none>"), any("<none>"), any("<none>")
	if l := p.Spec.Limited; l != nil {
		if l.NominalConcurrencyShares != nil {
			shares = int64(*l.NominalConcurrencyShares)
		}
		if q := l.LimitResponse.Queuing; q != nil {
			queues, hand, length = int64(q.Queues), int64(q.HandSize), int64(q.QueueLengthLimit)
		}
	}
	return []any{p.Name, string(p.Spec.Type), shares, queues, hand, length, Age(p.CreationTimestamp, now)}
}

func levelConditionTypes(conditions []flowcontrolv1.PriorityLevelConfigurationCondition) []string {
	types := make([]string, len(conditions))
	for i, c := range conditions {
		types[i] = string(c.Type)
	}
	return types
}

func validatePriorityLevel(p *flowcontrolv1.PriorityLevelConfiguration) field.ErrorList {
	errs := validatePriorityLevelSpec(p.Name, &p.Spec, field.NewPath("spec"))
	for _, mandatory := range bootstrap.MandatoryPriorityLevelConfigurations {
		if mandatory.Name == p.Name {
			errs = append(errs, validateMandatoryLevel(p, mandatory)...)
		}
	}
	return append(errs, validateFlowConditions(levelConditionTypes(p.Status.Conditions))...)
}

// validateMandatoryLevel refuses changes of a level that every cluster has, but
// for the limits of the one that is exempt.
func validateMandatoryLevel(p, mandatory *flowcontrolv1.PriorityLevelConfiguration) field.ErrorList {
	spec, but := p.Spec.DeepCopy(), ""
	if p.Name == flowcontrolv1.PriorityLevelConfigurationNameExempt {
		spec.Exempt, but = mandatory.Spec.Exempt, " except the 'spec.exempt' field"
	}
	if equality.Semantic.DeepEqual(*spec, mandatory.Spec) {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("spec"), internalform.Of(p.Spec), fmt.Sprintf("spec of '%s'%s must equal the fixed value", p.Name, but))}
}

func validatePriorityLevelSpec(name string, s *flowcontrolv1.PriorityLevelConfigurationSpec, path *field.Path) field.ErrorList {
	const exempt, limited = flowcontrolv1.PriorityLevelEnablementExempt, flowcontrolv1.PriorityLevelEnablementLimited
	var errs field.ErrorList
	if (name == flowcontrolv1.PriorityLevelConfigurationNameExempt) != (s.Type == exempt) {
		errs = append(errs, field.Invalid(path.Child("type"), s.Type, "must be 'Exempt' if and only if `name` is 'exempt'"))
	}
	errs = append(errs, validateUnused(path.Child("exempt"), s.Exempt != nil, s.Type == exempt)...)
	errs = append(errs, validateUnused(path.Child("limited"), s.Limited != nil, s.Type == limited)...)
	switch {
	case s.Type == exempt && s.Exempt != nil:
		errs = append(errs, validateExemptLevel(s.Exempt, path.Child("exempt"))...)
	case s.Type == limited && s.Limited != nil:
		errs = append(errs, validateLimitedLevel(s.Limited, path.Child("limited"))...)
	case s.Type == limited:
		errs = append(errs, field.Required(path.Child("limited"), "").MarkBeta())
	}
	return append(errs, validateDeclaredOneOf(path.Child("type"), s.Type, exempt, limited)...)
}

// validateUnused forbids a member of a union that its type does not name.
func validateUnused(path *field.Path, set, named bool) field.ErrorList {
	if set && !named {
		return field.ErrorList{field.Forbidden(path, "").MarkBeta()}
	}
	return nil
}

func validateExemptLevel(e *flowcontrolv1.ExemptPriorityLevelConfiguration, path *field.Path) field.ErrorList {
	return append(
		validateShares(e.NominalConcurrencyShares, path.Child("nominalConcurrencyShares")),
		validateLendable(e.LendablePercent, path.Child("lendablePercent"))...)
}

func validateLimitedLevel(l *flowcontrolv1.LimitedPriorityLevelConfiguration, path *field.Path) field.ErrorList {
	errs := validateShares(l.NominalConcurrencyShares, path.Child("nominalConcurrencyShares"))
	errs = append(errs, validateLimitResponse(&l.LimitResponse, path.Child("limitResponse"))...)
	errs = append(errs, validateLendable(l.LendablePercent, path.Child("lendablePercent"))...)
	if limit := l.BorrowingLimitPercent; limit != nil && *limit < 0 {
		errs = append(errs, field.Invalid(path.Child("borrowingLimitPercent"), *limit, "if specified, must be a non-negative integer"))
	}
	return errs
}

func validateShares(shares *int32, path *field.Path) field.ErrorList {
	if shares == nil || *shares >= 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(path, *shares, "must be a non-negative integer")}
}

func validateLendable(percent *int32, path *field.Path) field.ErrorList {
	if percent == nil || (*percent >= 0 && *percent <= 100) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, *percent, "must be between 0 and 100, inclusive")}
}

func validateLimitResponse(r *flowcontrolv1.LimitResponse, path *field.Path) field.ErrorList {
	const queue, reject = flowcontrolv1.LimitResponseTypeQueue, flowcontrolv1.LimitResponseTypeReject
	errs := validateUnused(path.Child("queuing"), r.Queuing != nil, r.Type == queue)
	switch {
	case r.Type == queue && r.Queuing != nil:
		errs = append(errs, validateQueuing(r.Queuing, path.Child("queuing"))...)
	case r.Type == queue:
		errs = append(errs, field.Required(path.Child("queuing"), "").MarkBeta())
	}
	return append(errs, validateDeclaredOneOf(path.Child("type"), r.Type, queue, reject)...)
}

func validateQueuing(q *flowcontrolv1.QueuingConfiguration, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if q.QueueLengthLimit <= 0 {
		errs = append(errs, field.Invalid(path.Child("queueLengthLimit"), q.QueueLengthLimit, "must be positive"))
	}
	if q.Queues <= 0 {
		errs = append(errs, field.Invalid(path.Child("queues"), q.Queues, "must be positive"))
	} else if q.Queues > maxQueues {
		errs = append(errs, field.Invalid(path.Child("queues"), q.Queues, fmt.Sprintf("must not be greater than %d", maxQueues)))
	}
	if problem := handSizeProblem(q); problem != "" {
		errs = append(errs, field.Invalid(path.Child("handSize"), q.HandSize, problem))
	}
	return errs
}

func handSizeProblem(q *flowcontrolv1.QueuingConfiguration) string {
	switch {
	case q.HandSize <= 0:
		return "must be positive"
	case q.HandSize > q.Queues:
		return fmt.Sprintf("should not be greater than queues (%d)", q.Queues)
	case shufflesharding.RequiredEntropyBits(int(q.Queues), int(q.HandSize)) > shufflesharding.MaxHashBits:
		return fmt.Sprintf("required entropy bits of deckSize %d and handSize %d should not be greater than %d", q.Queues, q.HandSize, shufflesharding.MaxHashBits)
	}
	return ""
}
