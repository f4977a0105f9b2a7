package loop

// Failed counts a failure of the work (id, key), and returns how often it had
// failed in a row before. A fork carries the counts on.
func (l *Loop) Failed(id ID, key Key) (before int) {
	before = l.failures[job{id, key}]
	l.failures[job{id, key}]++
	return before
}

// Succeeded forgets the failures of the work (id, key).
func (l *Loop) Succeeded(id ID, key Key) { delete(l.failures, job{id, key}) }
