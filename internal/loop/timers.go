package loop

import "time"

// timer fires a task at an instant; timers of one instant fire in the order in
// which they were set.
type timer struct {
	at   instant
	seq  uint64
	task *task
}

func (t timer) before(o timer) bool {
	if t.at != o.at {
		return t.at.before(o.at)
	}
	return t.seq < o.seq
}

// instant is a time that is cheap to compare: the heap does little else.
type instant struct {
	seconds     int64
	nanoseconds int32
}

func instantOf(t time.Time) instant { return instant{t.Unix(), int32(t.Nanosecond())} }

func (i instant) time() time.Time { return time.Unix(i.seconds, int64(i.nanoseconds)).UTC() }

func (i instant) before(o instant) bool {
	return i.seconds < o.seconds || i.seconds == o.seconds && i.nanoseconds < o.nanoseconds
}

// timers holds at most one timer per task: a heap, in which each timer stands
// above up to four later ones.
type timers struct {
	heap []timer
	seq  uint64
	// background says which handlers' timers don't count as foreground.
	background []bool
	foreground int
}

const children = 4

func (t *timers) set(task *task, at time.Time) {
	t.seq++
	tm := timer{at: instantOf(at), seq: t.seq, task: task}
	if task.place == unset {
		t.count(task, 1)
		t.heap = append(t.heap, tm)
		t.rise(len(t.heap)-1, tm)
		return
	}
	t.move(task.place, tm)
}

func (t *timers) remove(task *task) {
	if task.place == unset {
		return
	}
	i, last := task.place, len(t.heap)-1
	task.place = unset
	t.count(task, -1)
	tm := t.heap[last]
	t.heap[last] = timer{}
	t.heap = t.heap[:last]
	if i < last {
		t.move(i, tm)
	}
}

// earlier reports whether an instant is before the one that a task's timer is
// set to, or the task has no timer.
func (t *timers) earlier(at time.Time, task *task) bool {
	return task.place == unset || instantOf(at).before(t.heap[task.place].at)
}

func (t *timers) next() (time.Time, bool) {
	if len(t.heap) == 0 {
		return time.Time{}, false
	}
	return t.heap[0].at.time(), true
}

func (t *timers) popDue(now time.Time) (*task, bool) {
	if len(t.heap) == 0 || instantOf(now).before(t.heap[0].at) {
		return nil, false
	}
	task := t.heap[0].task
	t.remove(task)
	return task, true
}

// count notes that a timer was set (+1) or is gone (-1).
func (t *timers) count(task *task, n int) {
	if !t.background[task.job.id] {
		t.foreground += n
	}
}

// move puts a timer in place of the one at i, and restores the order.
func (t *timers) move(i int, tm timer) {
	if i > 0 && tm.before(t.heap[(i-1)/children]) {
		t.rise(i, tm)
		return
	}
	t.sink(i, tm)
}

// rise puts a timer at i or above.
func (t *timers) rise(i int, tm timer) {
	for i > 0 {
		parent := (i - 1) / children
		if !tm.before(t.heap[parent]) {
			break
		}
		t.put(i, t.heap[parent])
		i = parent
	}
	t.put(i, tm)
}

// sink puts a timer at i or below.
func (t *timers) sink(i int, tm timer) {
	for {
		first := children*i + 1
		if first >= len(t.heap) {
			break
		}
		least := first
		for c := first + 1; c < min(first+children, len(t.heap)); c++ {
			if t.heap[c].before(t.heap[least]) {
				least = c
			}
		}
		if !t.heap[least].before(tm) {
			break
		}
		t.put(i, t.heap[least])
		i = least
	}
	t.put(i, tm)
}

func (t *timers) put(i int, tm timer) {
	t.heap[i] = tm
	tm.task.place = i
}

// fork returns a copy with tasks of its own, which it adds to those of the
// fork. The fork's handlers are registered anew, and with them what is
// background.
func (t *timers) fork(into tasks) timers {
	c := timers{heap: make([]timer, len(t.heap)), seq: t.seq, foreground: t.foreground}
	copies := make([]task, len(t.heap))
	for i, tm := range t.heap {
		copies[i] = *tm.task
		tm.task = &copies[i]
		into[tm.task.job] = tm.task
		c.heap[i] = tm
	}
	return c
}
