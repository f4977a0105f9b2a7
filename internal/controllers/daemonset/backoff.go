package daemonset

import (
	"fmt"
	"maps"
	"time"

	appsv1 "k8s.io/api/apps/v1"
)

const (
	firstBackoff = time.Second
	maxBackoff   = 15 * time.Minute
)

// Backoff remembers on which nodes pods have failed: they are replaced later
// and later there, as long as a set stays what it is.
type Backoff struct {
	failures map[string]failure
}

// failure is the last one of a row.
type failure struct {
	at    time.Time
	delay time.Duration
}

// NewBackoff returns a memory of no failures.
func NewBackoff() *Backoff { return &Backoff{failures: map[string]failure{}} }

// Remember takes over what another one remembers, in a fork of its cluster.
func (b *Backoff) Remember(other *Backoff) { maps.Copy(b.failures, other.failures) }

// left is the delay if it is too early to replace a pod of a set that has
// failed on a node; otherwise it is 0, and the failure counts.
func (b *Backoff) left(set *appsv1.DaemonSet, node string, now time.Time) time.Duration {
	maps.DeleteFunc(b.failures, func(_ string, f failure) bool { return now.Sub(f.at) > 2*maxBackoff })
	key := fmt.Sprintf("%s/%d/%s", set.UID, set.Status.ObservedGeneration, node)
	last, again := b.failures[key]
	switch {
	case !again:
		b.failures[key] = failure{now, firstBackoff}
	case now.Sub(last.at) < last.delay:
		return last.delay
	default:
		b.failures[key] = failure{now, min(2*last.delay, maxBackoff)}
	}
	return 0
}
