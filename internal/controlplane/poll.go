package controlplane

import (
	"net/http"
	"strings"
	"time"
)

// pollPause is how long, in real time, a client that polls leaves between two
// equal reads at least: Kubernetes' own clients half a second or more. Scripts
// that read the same twice for its own sake are quicker.
const pollPause = 400 * time.Millisecond

// polls are the reads of an auto clock's clients since something has changed, by
// what they read. Who reads the same again after a pause waits for a change, as
// who watches does: kubectl drain, say, or a loop in a script.
type polls struct {
	asked   map[string]time.Time // real time
	changes uint64               // as of the control plane
	waiting bool
}

// notePoll notes a request, in case that it is a poll.
func (c *ControlPlane) notePoll(r *http.Request) {
	if c.clock != Auto || r.Method != http.MethodGet || !readsObjects(r.URL.Path) {
		return
	}
	c.engine.Lock()
	defer c.engine.Unlock()
	if c.polls.asked == nil || c.polls.changes != c.changes {
		c.polls = polls{asked: map[string]time.Time{}, changes: c.changes}
	}
	what, now := r.URL.RequestURI(), time.Now()
	if last, again := c.polls.asked[what]; again && now.Sub(last) >= pollPause {
		c.polls.waiting = true
		c.poke()
	}
	c.polls.asked[what] = now
}

// readsObjects tells paths of objects from those of what a server says of itself.
func readsObjects(path string) bool {
	return strings.HasPrefix(path, "/api/v1/") || strings.HasPrefix(path, "/apis/") && strings.Count(path, "/") > len("///")
}

// polled reports whether somebody polls for a change that has not come yet.
func (c *ControlPlane) polled() bool { return c.polls.waiting && c.polls.changes == c.changes }
