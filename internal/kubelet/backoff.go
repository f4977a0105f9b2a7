package kubelet

import "time"

// Delays between attempts to pull an image or to restart a container.
const (
	backoffInitial = 10 * time.Second
	backoffMax     = 300 * time.Second
	// backoffForget is how long after an attempt the next one counts as the
	// first again.
	backoffForget = 2 * backoffMax
)

// backoff is the delay that attempts have earned so far.
type backoff struct {
	delay   time.Duration
	updated time.Time // of the last attempt
}

// active reports whether there is a delay to keep for an attempt that failed
// at the given instant.
func (b backoff) active(failed time.Time) bool {
	return b.delay > 0 && failed.Sub(b.updated) <= backoffForget
}

// next is the back-off after one more attempt, made now for a failure at the
// given instant.
func (b backoff) next(failed, now time.Time) backoff {
	if !b.active(failed) {
		return backoff{delay: backoffInitial, updated: now}
	}
	return backoff{delay: min(2*b.delay, backoffMax), updated: now}
}
