package loop

import (
	"container/heap"
	"time"
)

// timer fires a job at an instant; timers of one instant fire in the order in
// which they were set.
type timer struct {
	at    time.Time
	seq   uint64
	job   job
	index int
}

// timers holds at most one timer per job.
type timers struct {
	heap  timerHeap
	byJob map[job]*timer
	seq   uint64
	// background says which handlers' timers don't count as foreground.
	background []bool
	foreground int
}

// count notes that a timer was set (+1) or is gone (-1).
func (t *timers) count(j job, n int) {
	if !t.background[j.id] {
		t.foreground += n
	}
}

func newTimers() timers { return timers{byJob: map[job]*timer{}} }

func (t *timers) set(j job, at time.Time) {
	t.seq++
	if tm, ok := t.byJob[j]; ok {
		tm.at, tm.seq = at, t.seq
		heap.Fix(&t.heap, tm.index)
		return
	}
	tm := &timer{at: at, seq: t.seq, job: j}
	t.byJob[j] = tm
	t.count(j, 1)
	heap.Push(&t.heap, tm)
}

func (t *timers) get(j job) (time.Time, bool) {
	tm, ok := t.byJob[j]
	if !ok {
		return time.Time{}, false
	}
	return tm.at, true
}

func (t *timers) remove(j job) {
	tm, ok := t.byJob[j]
	if !ok {
		return
	}
	delete(t.byJob, j)
	t.count(j, -1)
	heap.Remove(&t.heap, tm.index)
}

func (t *timers) next() (time.Time, bool) {
	if len(t.heap) == 0 {
		return time.Time{}, false
	}
	return t.heap[0].at, true
}

func (t *timers) popDue(now time.Time) (job, bool) {
	if len(t.heap) == 0 || t.heap[0].at.After(now) {
		return job{}, false
	}
	tm := heap.Pop(&t.heap).(*timer)
	delete(t.byJob, tm.job)
	t.count(tm.job, -1)
	return tm.job, true
}

func (t *timers) clone() timers {
	c := timers{
		heap:  make(timerHeap, len(t.heap)),
		byJob: make(map[job]*timer, len(t.byJob)),
		seq:   t.seq,

		foreground: t.foreground,
	}
	block := make([]timer, len(t.heap))
	for i, tm := range t.heap {
		block[i] = *tm
		c.heap[i] = &block[i]
		c.byJob[tm.job] = &block[i]
	}
	return c
}

// timerHeap implements heap.Interface, ordered by instant and then by seq.
type timerHeap []*timer

func (h timerHeap) Len() int { return len(h) }

func (h timerHeap) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].seq < h[j].seq
}

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *timerHeap) Push(x any) {
	tm := x.(*timer)
	tm.index = len(*h)
	*h = append(*h, tm)
}

func (h *timerHeap) Pop() any {
	old := *h
	tm := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return tm
}
