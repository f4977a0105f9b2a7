package definition

import (
	"fmt"
	"math"
	"math/bits"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// What rules may cost at most, in CEL's units: each one, and all of a schema.
const (
	maxRuleCost   = 10_000_000
	maxSchemaCost = 100_000_000
)

// bill is what the rules of a schema cost.
type bill struct {
	total uint64
	// dearest are the up to four items that cost most, of those that matter.
	dearest []item
}

type item struct {
	path *field.Path
	cost uint64
}

// charge adds an expression to the bill, and checks what it costs by itself.
func (s *scope) charge(path *field.Path, what string, cost uint64, l leniency) field.ErrorList {
	s.bill.add(path, cost)
	if l.costly || cost <= maxRuleCost {
		return nil
	}
	return field.ErrorList{field.Forbidden(path, tooDear("estimated "+what+" cost", cost, maxRuleCost))}
}

func (b *bill) add(path *field.Path, cost uint64) {
	sum, carry := bits.Add64(b.total, cost, 0)
	if carry != 0 {
		sum = math.MaxUint64
	}
	b.total = sum
	if cost < maxSchemaCost/100 {
		return
	}
	b.dearest = append(b.dearest, item{path, cost})
	slices.SortStableFunc(b.dearest, func(x, y item) int {
		switch {
		case x.cost > y.cost:
			return -1
		case x.cost < y.cost:
			return 1
		}
		return 0
	})
	b.dearest = b.dearest[:min(len(b.dearest), 4)]
}

// validate checks the whole bill; path is that of the schema.
func (b *bill) validate(path *field.Path) field.ErrorList {
	if b.total <= maxSchemaCost {
		return nil
	}
	var errs field.ErrorList
	for _, i := range b.dearest {
		errs = append(errs, field.Forbidden(i.path, "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"))
	}
	return append(errs, field.Forbidden(path, tooDear("x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema", b.total, maxSchemaCost)))
}

// tooDear says by how much something costs too much. The estimate of what has
// no limit is so large that its number says nothing.
func tooDear(what string, cost, limit uint64) string {
	factor := float64(cost) / float64(limit)
	by := fmt.Sprintf("%.1fx", factor)
	switch {
	case factor > 100:
		by = "more than 100x"
	case factor < 1.5:
		by = fmt.Sprintf("%fx", factor)
	}
	return fmt.Sprintf("%s exceeds budget by factor of %s (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)", what, by)
}

// multiply multiplies; what is too large is the largest number.
func multiply(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	if high != 0 {
		return math.MaxUint64
	}
	return low
}
