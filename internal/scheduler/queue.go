package scheduler

import (
	"cmp"
	"maps"
	"time"

	"github.com/tidwall/btree"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	schedulinghelper "k8s.io/component-helpers/scheduling/corev1"

	"github.com/kubejig/kubejig/internal/equality"
)

// Delays between attempts, as kube-scheduler has them by default.
const (
	backoffInitial = time.Second
	backoffMax     = 10 * time.Second
	// longestWait is after what time a pod is tried again although nothing
	// has happened that it waits for.
	longestWait = 5 * time.Minute
)

// queue holds the pods that have no node.
type queue struct {
	// ready are those to be scheduled now, the most urgent first.
	ready *btree.BTreeG[entry]
	// waiting are those that did not fit, in the same order.
	waiting *btree.BTreeG[waiter]
	// dues are the same, the one that is due first first.
	dues *btree.BTreeG[waiter]
	// moved is the number of those that something has happened for.
	moved int
	// by are the plugins that may have turned away one of those.
	by plugin
	// entries are all pods, with the number of failures of each.
	entries map[types.UID]entry
}

// entry is a pod's place in the queue: by priority, then by age.
type entry struct {
	priority int32
	since    time.Time
	uid      types.UID
	// namespace and name find the pod.
	namespace, name string
	attempts        int
}

// less orders pods as they are to be scheduled. Failures do not count.
func (a entry) less(b entry) bool {
	if a.priority != b.priority {
		return a.priority > b.priority
	}
	if c := a.since.Compare(b.since); c != 0 {
		return c < 0
	}
	return cmp.Or(cmp.Compare(a.namespace, b.namespace), cmp.Compare(a.name, b.name), cmp.Compare(a.uid, b.uid)) < 0
}

// waiter is a pod that did not fit.
type waiter struct {
	entry
	failed time.Time
	// by are the plugins that turned it away.
	by plugin
	// moved: something has happened that may make it fit; it is tried again
	// once its back-off is over.
	moved bool
	// eager: there is no back-off, since nothing has failed.
	eager bool
}

func (w waiter) less(o waiter) bool { return w.entry.less(o.entry) }

func (w waiter) before(o waiter) bool {
	if c := w.due().Compare(o.due()); c != 0 {
		return c < 0
	}
	return w.less(o)
}

// backoff is the time that a pod must wait between attempts.
func (w waiter) backoff() time.Duration {
	return min(backoffInitial<<min(w.attempts-1, 8), backoffMax)
}

// due is when the pod is tried again, if nothing else happens.
func (w waiter) due() time.Time {
	if w.moved && w.eager {
		return w.failed
	}
	if w.moved {
		return w.failed.Add(w.backoff())
	}
	return w.failed.Add(longestWait)
}

func newQueue() queue {
	return queue{
		ready:   btree.NewBTreeGOptions(entry.less, btree.Options{NoLocks: true}),
		waiting: btree.NewBTreeGOptions(waiter.less, btree.Options{NoLocks: true}),
		dues:    btree.NewBTreeGOptions(waiter.before, btree.Options{NoLocks: true}),
		entries: map[types.UID]entry{},
	}
}

func (q *queue) fork() queue {
	return queue{
		ready: q.ready.Copy(), waiting: q.waiting.Copy(), dues: q.dues.Copy(),
		moved: q.moved, by: q.by, entries: maps.Clone(q.entries),
	}
}

// add lets a pod in, unless gates hold it back.
func (q *queue) add(api *corev1.Pod, now time.Time) {
	if len(api.Spec.SchedulingGates) > 0 {
		return
	}
	e := entry{
		priority: schedulinghelper.PodPriority(api), since: now,
		uid: api.UID, namespace: api.Namespace, name: api.Name,
	}
	q.entries[api.UID] = e
	q.ready.Set(e)
}

// update takes note of a change of a pod without a node. One that did not fit
// may do so now.
func (q *queue) update(old, api *corev1.Pod, now time.Time) {
	e, known := q.entries[api.UID]
	if !known {
		q.add(api, now)
		return
	}
	if w, ok := q.waiting.Get(waiter{entry: e}); ok && relevant(old, api) {
		q.activate(w, now)
	} else if e.priority != schedulinghelper.PodPriority(api) {
		q.remove(api.UID)
		q.add(api, now)
	}
}

// relevant reports whether a pod has changed in more than its status.
func relevant(old, api *corev1.Pod) bool {
	return old.Generation != api.Generation || !maps.Equal(old.Labels, api.Labels) ||
		!equality.Semantic(old.Annotations, api.Annotations)
}

func (q *queue) remove(uid types.UID) {
	if e, ok := q.entries[uid]; ok {
		q.ready.Delete(e)
		delete(q.entries, uid)
		q.take(waiter{entry: e})
	}
}

// pop takes the most urgent pod that is ready.
func (q *queue) pop() (entry, bool) { return q.ready.PopMin() }

// wait puts a pod aside that did not fit.
func (q *queue) wait(e entry, by plugin, now time.Time) {
	e.attempts++
	q.entries[e.uid] = e
	q.put(waiter{entry: e, failed: now, by: by})
}

// hold puts a pod aside that waits for its volumes.
func (q *queue) hold(e entry, now time.Time) {
	q.put(waiter{entry: e, failed: now, by: volumeBinding, eager: true})
}

// retry puts a pod aside that could not be bound, until its back-off is over.
func (q *queue) retry(e entry, now time.Time) {
	e.attempts++
	q.entries[e.uid] = e
	q.put(waiter{entry: e, failed: now, moved: true})
}

func (q *queue) put(w waiter) {
	q.take(w)
	q.by |= w.by
	q.waiting.Set(w)
	q.dues.Set(w)
	if w.moved {
		q.moved++
	}
}

// take removes a pod from those that wait.
func (q *queue) take(w waiter) {
	w, ok := q.waiting.Delete(w)
	if !ok {
		return
	}
	q.dues.Delete(w)
	if w.moved {
		q.moved--
	}
}

// move lets the pods be tried again that one of the plugins turned away, as
// soon as their back-off allows. It reports whether there are any.
func (q *queue) move(why plugin, now time.Time, concerned func(entry) bool) bool {
	if q.by&why == 0 {
		return false
	}
	var moved []waiter
	q.by = 0
	q.waiting.Scan(func(w waiter) bool {
		if w.by&why != 0 && !w.moved && (concerned == nil || concerned(w.entry)) {
			moved = append(moved, w)
		} else if !w.moved {
			q.by |= w.by
		}
		return true
	})
	for _, w := range moved {
		q.activate(w, now)
	}
	return len(moved) > 0
}

func (q *queue) activate(w waiter, now time.Time) {
	w.moved = true
	if now.Before(w.due()) {
		q.put(w)
		return
	}
	q.take(w)
	q.ready.Set(w.entry)
}

// flush makes the pods ready whose time has come.
func (q *queue) flush(now time.Time) {
	for {
		w, ok := q.dues.Min()
		if !ok || now.Before(w.due()) {
			return
		}
		q.take(w)
		q.ready.Set(w.entry)
	}
}

// nextRetry is when the next waiting pod is due, zero for never.
func (q *queue) nextRetry() time.Time {
	if w, ok := q.dues.Min(); ok {
		return w.due()
	}
	return time.Time{}
}

// hopeful reports whether a waiting pod is going to be tried again for a
// reason, and not only since time has passed.
func (q *queue) hopeful() bool { return q.moved > 0 }
