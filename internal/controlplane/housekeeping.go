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

// keepHouse adds the housekeeper to the loop. A fork's goes on where from
// stands; nil for a new cluster.
func (c *ControlPlane) keepHouse(from *housekeeper) {
	h := &housekeeper{plane: c}
	h.id = c.loop.RegisterBackground(h)
	c.housekeeper = h
	if from == nil {
		c.loop.ArmAfter(h.id, loop.Key{}, tick)
		return
	}
	h.ticks, h.revisions = from.ticks, slices.Clone(from.revisions)
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
