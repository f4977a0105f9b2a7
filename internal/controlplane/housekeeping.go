package controlplane

import (
	"slices"
	"time"

	"github.com/kubejig/kubejig/internal/loop"
)

const (
	// tick is how often the housekeeper looks.
	tick = time.Minute
	// compactTicks is how often the store forgets its history, but for that of
	// the last such period, as kube-apiserver has etcd do.
	compactTicks = 5
)

// housekeeper does what an API server does as time passes: it forgets history
// and sends bookmarks.
type housekeeper struct {
	plane *ControlPlane
	id    loop.ID
	ticks int
	// revisions at the last ticks, the latest last.
	revisions []int64
}

// keepHouse adds the housekeeper to the loop.
func (c *ControlPlane) keepHouse() {
	c.forkHouse(&housekeeper{})
	c.loop.ArmAfter(c.housekeeper.id, loop.Key{}, tick)
}

// forkHouse adds a housekeeper that goes on where another one stands.
func (c *ControlPlane) forkHouse(from *housekeeper) {
	h := &housekeeper{plane: c, ticks: from.ticks, revisions: slices.Clone(from.revisions)}
	h.id = c.loop.RegisterBackground(h)
	c.housekeeper = h
}

// Handle is called once a tick.
func (h *housekeeper) Handle(key loop.Key) {
	h.ticks++
	h.plane.server.Advanced()
	if written, ok := h.ago(compactTicks); ok && h.ticks%compactTicks == 0 {
		h.plane.store.Compact(written)
	}
	h.revisions = append(h.revisions, h.plane.store.Revision())
	h.revisions = h.revisions[max(0, len(h.revisions)-compactTicks):]
	h.plane.loop.ArmAfter(h.id, key, tick)
}

// ago is the store's revision some ticks ago, if there was one.
func (h *housekeeper) ago(ticks int) (int64, bool) {
	if len(h.revisions) < ticks {
		return 0, false
	}
	return h.revisions[len(h.revisions)-ticks], true
}
