package fakecluster

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrIdle is why waiting ends when nothing in the cluster can change any more.
var ErrIdle = errors.New("nothing in the cluster can change any more")

// pollInterval is how often a condition is tried on a wall clock.
const pollInterval = 10 * time.Millisecond

// WaitFor lets time pass until a condition holds. The condition returns nil
// when it does, else why not; it may use the cluster's clients. On manual and
// auto clocks waiting is a jump from one thing that happens to the next, and
// it fails at once, with ErrIdle and the condition's reason, when nothing will
// happen any more.
func (c *Cluster) WaitFor(ctx context.Context, condition func(context.Context) error) error {
	for {
		why := condition(ctx)
		if why == nil {
			return nil
		}
		err := c.letHappen(ctx)
		if errors.Is(err, ErrIdle) {
			why = condition(ctx) // of what has been repeated meanwhile
		}
		if err != nil && why != nil {
			return fmt.Errorf("%w: %w", err, why)
		}
	}
}

// letHappen returns when something has happened.
func (c *Cluster) letHappen(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.options.plane.Clock == Wall {
		return c.plane.Advance(ctx, pollInterval)
	}
	if idle := c.plane.Step(); idle {
		return ErrIdle
	}
	return nil
}
