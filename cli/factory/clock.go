package factory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// clockSkew is how far a server's Date may be from the local clock before its
// clock counts as another one: dates are whole seconds, and real servers'
// clocks drift a little.
const clockSkew = 3 * time.Second

// ManualClockHeader is sent, with the value "manual", by clusters whose time
// only moves when they are told to.
const ManualClockHeader = "Kubejig-Clock"

// serverClock tells the server's time, as its last answer gave it.
type serverClock struct {
	local func() time.Time

	mu     sync.Mutex
	date   time.Time // The server's last Date; zero: none seen.
	seen   time.Time // When that was, by the local clock.
	manual bool
}

// Now is the server's time if its clock is another than ours.
func (c *serverClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.local()
	if c.date.IsZero() || c.date.Sub(c.seen).Abs() <= clockSkew {
		return now
	}
	if c.manual {
		return c.date
	}
	return c.date.Add(now.Sub(c.seen))
}

func (c *serverClock) observe(header http.Header) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.date, c.seen = date, c.local()
	c.manual = header.Get(ManualClockHeader) == "manual"
}

// Manual says whether the server's time stands still until it is advanced.
func (c *serverClock) Manual() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.manual
}

// observer reads the clock off every response.
type observer struct {
	next  http.RoundTripper
	clock *serverClock
}

func (o *observer) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := o.next.RoundTrip(request)
	if response != nil {
		o.clock.observe(response.Header)
	}
	return response, err
}

// WrappedRoundTripper lets client-go find the transport below.
func (o *observer) WrappedRoundTripper() http.RoundTripper { return o.next }

// ManualClock says whether the server's time stands still unless it is
// advanced.
func (f *Factory) ManualClock() bool { return f.server.Manual() }

// stepPath is where clusters with a manual clock are told to advance.
const stepPath = "/kubejig/v1/clock/step"

// AdvanceClock moves a manual clock on to the next moment at which anything
// can happen in the cluster. If nothing can happen any more it fails, with the
// reason that the cluster gives.
func (f *Factory) AdvanceClock(ctx context.Context) error {
	client, err := f.RESTClient()
	if err != nil {
		return err
	}
	answer, err := client.Post().AbsPath(stepPath).Do(ctx).Raw()
	if err != nil {
		return err
	}
	var step struct {
		Idle   bool   `json:"idle"`
		Reason string `json:"reason"`
	}
	if err := json.Unmarshal(answer, &step); err != nil {
		return fmt.Errorf("reading the answer of %s: %w", stepPath, err)
	}
	if !step.Idle {
		return nil
	}
	if step.Reason == "" {
		return errors.New("nothing in the cluster can change any more")
	}
	return errors.New(step.Reason)
}
