package loop

// job is a piece of work: a key for a handler.
type job struct {
	id  ID
	key Key
}

// task is a job that waits: in the queue, for its timer, or for both. There is
// at most one task per job.
type task struct {
	job    job
	queued bool
	// place is where the task stands in the heap of timers; unset without one.
	place int
}

// unset is the place of a task without a timer.
const unset = -1

// tasks are the jobs that wait, each with one task.
type tasks map[job]*task

// of returns the task of a job, which it makes if there is none.
func (t tasks) of(j job) *task {
	if found, ok := t[j]; ok {
		return found
	}
	made := &task{job: j, place: unset}
	t[j] = made
	return made
}

// settle forgets a task that no longer waits.
func (t tasks) settle(done *task) {
	if !done.queued && done.place == unset {
		delete(t, done.job)
	}
}

// copied returns the task that stands for one of another loop, which it makes
// if there is none.
func (t tasks) copied(from *task) *task {
	if made, ok := t[from.job]; ok {
		return made
	}
	made := *from
	t[made.job] = &made
	return &made
}
