package horizontalpodautoscaler

import (
	"math"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"
)

// downWindow is how long the highest recommendation holds, unless the
// autoscaler says otherwise.
const downWindow = 5 * time.Minute

// at is a number at an instant.
type at struct {
	time time.Time
	n    int32
}

// memory is what an autoscaler remembers.
type memory struct {
	recommended []at
	changes     []at // of the size, up or down
	// selector is that of the target's pods when they were last looked at; nil
	// before that.
	selector labels.Selector
}

// start begins with the size that is there.
func (m *memory) start(now time.Time, current int32) {
	if m.recommended == nil {
		m.recommended = []at{{now, current}}
	}
}

// scaled notes a change of the size. Policies look back half an hour at most.
func (m *memory) scaled(now time.Time, by int32) {
	m.changes = append(since(m.changes, now.Add(-30*time.Minute)), at{now, by})
}

func (m *memory) recommend(now time.Time, n int32, keep time.Duration) {
	m.recommended = append(since(m.recommended, now.Add(-max(keep, downWindow))), at{now, n})
}

// since drops what is older than a time.
func since(list []at, t time.Time) []at {
	i := 0
	for i < len(list) && !list[i].time.After(t) {
		i++
	}
	return list[i:]
}

// changed sums the changes in one direction after a time.
func (m *memory) changed(after time.Time, up bool) (n int32) {
	for _, c := range since(m.changes, after) {
		if up && c.n > 0 {
			n += c.n
		}
		if !up && c.n < 0 {
			n -= c.n
		}
	}
	return n
}

// limits are the bounds of a size and what to say where they apply.
type limits struct {
	least, most           int32
	leastReason, leastWhy string
	mostReason, mostWhy   string
}

// normalize dampens a wish by what was wished lately, and bounds it.
func (s *session) normalize(current, desired, least, most int32) int32 {
	stable, reason, message := s.stabilize(current, desired)
	if stable == desired {
		reason, message = "ReadyForNewScale", "recommended size matches current size"
	}
	s.setCondition(autoscalingv2.AbleToScale, true, reason, "%s", message)
	bounded, reason, message := s.limits(current, least, most).apply(current, stable, s.hpa.Spec.Behavior != nil)
	s.setCondition(autoscalingv2.ScalingLimited, bounded != stable, reason, "%s", message)
	return bounded
}

// stabilize holds a size within the recommendations of the windows.
func (s *session) stabilize(current, desired int32) (stable int32, reason, message string) {
	up, down := time.Duration(0), downWindow
	if b := s.hpa.Spec.Behavior; b != nil {
		up = window(b.ScaleUp, 0)
		down = window(b.ScaleDown, downWindow)
	}
	lowest, highest := desired, desired
	for _, r := range s.memory.recommended {
		if r.time.After(s.now.Add(-up)) {
			lowest = min(lowest, r.n)
		}
		if r.time.After(s.now.Add(-down)) {
			highest = max(highest, r.n)
		}
	}
	s.memory.recommend(s.now, desired, max(up, down))
	stable = min(max(current, lowest), highest)
	if desired >= current && s.hpa.Spec.Behavior != nil {
		return stable, "ScaleUpStabilized", "recent recommendations were lower than current one, applying the lowest recent recommendation"
	}
	if s.hpa.Spec.Behavior == nil {
		stable = highest
	}
	return stable, "ScaleDownStabilized", "recent recommendations were higher than current one, applying the highest recent recommendation"
}

func window(r *autoscalingv2.HPAScalingRules, otherwise time.Duration) time.Duration {
	if r == nil || r.StabilizationWindowSeconds == nil {
		return otherwise
	}
	return time.Duration(*r.StabilizationWindowSeconds) * time.Second
}

// limits works out how far a size may move at once.
func (s *session) limits(current, least, most int32) limits {
	l := limits{
		least: least, leastReason: "TooFewReplicas", leastWhy: "the desired replica count is less than the minimum replica count",
		most: most, mostReason: "TooManyReplicas", mostWhy: "the desired replica count is more than the maximum replica count",
	}
	upTo, downTo := max(2*current, 4), int32(0)
	if b := s.hpa.Spec.Behavior; b != nil {
		upTo = max(current, s.rate(current, b.ScaleUp, true))
		downTo = min(current, s.rate(current, b.ScaleDown, false))
	}
	if upTo < most {
		l.most, l.mostReason, l.mostWhy = upTo, "ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate"
	}
	if downTo > least {
		l.least, l.leastReason, l.leastWhy = downTo, "ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate"
	}
	return l
}

// apply bounds a size. With a behavior, only the way that it moves counts.
func (l limits) apply(current, n int32, oneWay bool) (bounded int32, reason, message string) {
	if n < l.least && (!oneWay || n < current) {
		return l.least, l.leastReason, l.leastWhy
	}
	if n > l.most && (!oneWay || n > current) {
		return l.most, l.mostReason, l.mostWhy
	}
	return n, "DesiredWithinRange", "the desired count is within the acceptable range"
}

// rate is how far the policies of a direction let a size go, by what has
// changed in their periods.
func (s *session) rate(current int32, rules *autoscalingv2.HPAScalingRules, up bool) int32 {
	if rules == nil {
		return current
	}
	selection := ptr.Deref(rules.SelectPolicy, autoscalingv2.MaxChangePolicySelect)
	if selection == autoscalingv2.DisabledPolicySelect {
		return current
	}
	var chosen int32
	for i, p := range rules.Policies {
		after := s.now.Add(-time.Duration(p.PeriodSeconds) * time.Second)
		begin := current - s.memory.changed(after, true) + s.memory.changed(after, false)
		n := reach(p, begin, up)
		further := n > chosen == up
		if i == 0 || n != chosen && further == (selection == autoscalingv2.MaxChangePolicySelect) {
			chosen = n
		}
	}
	return chosen
}

// reach is how far one policy lets a size go.
func reach(p autoscalingv2.HPAScalingPolicy, begin int32, up bool) int32 {
	by := float64(p.Value)
	if p.Type == autoscalingv2.PercentScalingPolicy {
		by = float64(begin) * by / 100
	}
	if up {
		return int32(math.Ceil(float64(begin) + by))
	}
	return int32(float64(begin) - by)
}
