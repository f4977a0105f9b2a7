package listener

import (
	"net/http"
	"sync"
)

// requests counts those that are being answered.
type requests struct {
	lock sync.Mutex
	open int
	none func() // Called when there are none.
}

// counted is a handler whose requests are counted.
func (r *requests) counted(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.add(1)
		defer r.add(-1)
		handler.ServeHTTP(w, q)
	})
}

func (r *requests) add(n int) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.open += n
	r.tell()
}

// whenNone calls back whenever there are none, at once if that is so now.
func (r *requests) whenNone(none func()) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.none = none
	r.tell()
}

func (r *requests) tell() {
	if r.open == 0 && r.none != nil {
		r.none()
	}
}
