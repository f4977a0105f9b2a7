package loop

import "maps"

// queue is a first-in-first-out set of jobs: a job that waits is not added
// again.
type queue struct {
	jobs    []job
	head    int
	waiting map[job]struct{}
}

func newQueue() queue { return queue{waiting: map[job]struct{}{}} }

func (q *queue) len() int { return len(q.jobs) - q.head }

func (q *queue) push(j job) {
	if _, ok := q.waiting[j]; ok {
		return
	}
	q.waiting[j] = struct{}{}
	q.jobs = append(q.jobs, j)
}

func (q *queue) pop() (job, bool) {
	if q.len() == 0 {
		return job{}, false
	}
	j := q.jobs[q.head]
	q.jobs[q.head] = job{}
	q.head++
	q.shrink()
	delete(q.waiting, j)
	return j, true
}

// take removes the job at a position that choose picks below the length.
func (q *queue) take(choose func(n int) int) (job, bool) {
	if q.len() == 0 {
		return job{}, false
	}
	i := q.head + choose(q.len())
	q.jobs[q.head], q.jobs[i] = q.jobs[i], q.jobs[q.head]
	return q.pop()
}

// shrink gives back the room of jobs that are gone.
func (q *queue) shrink() {
	if q.head == len(q.jobs) {
		q.jobs, q.head = q.jobs[:0], 0
		return
	}
	if q.head > 1024 && q.head > len(q.jobs)/2 {
		q.jobs = append(q.jobs[:0], q.jobs[q.head:]...)
		q.head = 0
	}
}

func (q *queue) clone() queue {
	return queue{
		jobs:    append([]job(nil), q.jobs[q.head:]...),
		waiting: maps.Clone(q.waiting),
	}
}
