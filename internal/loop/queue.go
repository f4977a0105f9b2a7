package loop

// queue is a first-in-first-out set of tasks: a task that waits in it is not
// added again.
type queue struct {
	tasks []*task
	head  int
}

func (q *queue) len() int { return len(q.tasks) - q.head }

func (q *queue) push(t *task) {
	if t.queued {
		return
	}
	t.queued = true
	q.tasks = append(q.tasks, t)
}

func (q *queue) pop() (*task, bool) {
	if q.len() == 0 {
		return nil, false
	}
	t := q.tasks[q.head]
	q.tasks[q.head] = nil
	q.head++
	q.shrink()
	t.queued = false
	return t, true
}

// take removes the task at a position that choose picks below the length.
func (q *queue) take(choose func(n int) int) (*task, bool) {
	if q.len() == 0 {
		return nil, false
	}
	i := q.head + choose(q.len())
	q.tasks[q.head], q.tasks[i] = q.tasks[i], q.tasks[q.head]
	return q.pop()
}

// shrink gives back the room of tasks that are gone.
func (q *queue) shrink() {
	if q.head == len(q.tasks) {
		q.tasks, q.head = q.tasks[:0], 0
		return
	}
	if q.head > 1024 && q.head > len(q.tasks)/2 {
		q.tasks = append(q.tasks[:0], q.tasks[q.head:]...)
		q.head = 0
	}
}

// fork returns a copy with those tasks of the fork that stand for its own.
func (q *queue) fork(into tasks) queue {
	c := queue{tasks: make([]*task, 0, q.len())}
	for _, t := range q.tasks[q.head:] {
		c.tasks = append(c.tasks, into.copied(t))
	}
	return c
}
