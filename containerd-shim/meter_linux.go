package containerdshim

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/kubejig/kubejig/containerd-shim/internal/cgroup"
)

// measurePeriod is the time between two looks at what containers use.
const measurePeriod = time.Second

// meter knows what containers used when they were last looked at, so that
// nobody who asks has to wait.
type meter struct {
	mu      sync.Mutex
	samples map[string]sample // by container ID
}

// sample is what a container used at an instant.
type sample struct {
	at    time.Time
	total cgroup.Usage
	cores float64 // since the sample before
}

// read returns the last sample of a container.
func (m *meter) read(id string) (cores float64, memory int64, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.samples[id]
	return s.cores, int64(s.total.Memory), ok
}

// measure looks at what containers use until the runtime closes.
func (r *Runtime) measure() {
	ticker := time.NewTicker(measurePeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-r.ctx.Done():
			return
		}
		running := r.running()
		for _, c := range running {
			r.meter.take(c)
		}
		r.meter.keep(running)
	}
}

// take takes a sample of a container.
func (m *meter) take(c *container) {
	total, err := c.group.Usage()
	if err != nil {
		return // it has ended
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	before, known := m.samples[c.ID]
	if !known {
		before.at = c.started
	}
	now := time.Now()
	took := now.Sub(before.at)
	if took < measurePeriod/2 {
		return // too short to say anything
	}
	s := sample{at: now, total: total, cores: (total.CPU - before.total.CPU).Seconds() / took.Seconds()}
	if m.samples == nil {
		m.samples = map[string]sample{}
	}
	m.samples[c.ID] = s
}

// keep forgets all containers but some.
func (m *meter) keep(containers []*container) {
	m.mu.Lock()
	defer m.mu.Unlock()
	maps.DeleteFunc(m.samples, func(id string, _ sample) bool {
		return !slices.ContainsFunc(containers, func(c *container) bool { return c.ID == id })
	})
}
