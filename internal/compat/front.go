package compat

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kubejig/kubejig/internal/controlplane"
)

// front stands before a cluster's handler. It takes away what answers tell of the
// clock, so that every program reckons ages and waits by the machine's as the
// reference does, and what restarts tell of the machine's, which a second one may or
// may not find changed; gives the answers that a script has put in place of the
// cluster's own, and counts the clients that come to wait for something to happen.
type front struct {
	next http.Handler
	// waits is how many requests have come whose clients wait.
	waits atomic.Int64

	mu       sync.Mutex
	restarts int
	answers  []answer
	panicked any
}

// answer is what requests with a method and path get.
type answer struct {
	method, path string
	status       int
	body         []byte
	// cut breaks the connection off after half of the body; never sends nothing
	// until the client goes.
	cut, never bool
}

func (f *front) setAnswers(answers []answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers = answers
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, answered := f.answerFor(r)
	if a.never || !answered && waits(r) {
		f.waits.Add(1)
	}
	if answered {
		a.send(w, r)
		return
	}
	defer f.rescue()
	if r.Method == http.MethodPatch {
		f.hideRestart(r)
	}
	f.next.ServeHTTP(&plain{w}, r)
}

// restartedAt is how `rollout restart` writes its second.
var restartedAt = regexp.MustCompile(`"kubectl\.kubernetes\.io/restartedAt":"[^"]*"`)

// hideRestart lets the first restart be at one long gone, the next at the one after
// it.
func (f *front) hideRestart(r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	if restartedAt.Match(body) {
		f.mu.Lock()
		f.restarts++
		second := time.Unix(int64(f.restarts), 0).UTC().Format(time.RFC3339)
		f.mu.Unlock()
		body = restartedAt.ReplaceAll(body, fmt.Appendf(nil, `"kubectl.kubernetes.io/restartedAt":%q`, second))
		r.ContentLength = int64(len(body))
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
}

// newAnswer is the answer that the words of a step describe, with a file of dir.
func newAnswer(words []string, dir string) (answer, error) {
	if len(words) == 3 && words[0] == "never" {
		return answer{never: true, method: words[1], path: words[2]}, nil
	}
	if len(words) != 4 {
		return answer{}, fmt.Errorf("usage: answer STATUS|cut METHOD PATH FILE or answer never METHOD PATH")
	}
	a := answer{status: http.StatusOK, cut: words[0] == "cut", method: words[1], path: words[2]}
	var err error
	if !a.cut {
		if a.status, err = strconv.Atoi(words[0]); err != nil {
			return answer{}, err
		}
	}
	a.body, err = os.ReadFile(filepath.Join(dir, words[3]))
	return a, err
}

func (a *answer) send(w http.ResponseWriter, r *http.Request) {
	if a.never {
		<-r.Context().Done()
		return
	}
	w.Header().Set("Content-Type", http.DetectContentType(a.body))
	if len(a.body) > 0 && a.body[0] == '{' {
		w.Header().Set("Content-Type", "application/json")
	}
	body := a.body
	if a.cut {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		body = body[:len(body)/2]
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(body) // the client may be gone
	if a.cut {
		panic(http.ErrAbortHandler)
	}
}

// waits says whether a request's answer takes as long as its client likes.
func waits(r *http.Request) bool {
	query := r.URL.Query()
	return query.Get("watch") == "true" || query.Get("follow") == "true" || r.Header.Get("Upgrade") != ""
}

// rescue keeps the panic of a cluster for the script to fail with.
func (f *front) rescue() {
	if p := recover(); p != nil && p != http.ErrAbortHandler {
		f.mu.Lock()
		f.panicked = p
		f.mu.Unlock()
		panic(http.ErrAbortHandler) // cut the connection without a log
	}
}

// failure is an error if the cluster has panicked.
func (f *front) failure() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.panicked != nil {
		return fmt.Errorf("the cluster panicked: %v", f.panicked)
	}
	return nil
}

func (f *front) answerFor(r *http.Request) (answer, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.answers {
		if a.method == r.Method && a.path == r.URL.Path {
			return a, true
		}
	}
	return answer{}, false
}

// plain takes out of an answer what tells a cluster's clock: net/http then dates
// it by the machine's, and no program moves the clock instead of waiting.
type plain struct{ http.ResponseWriter }

func (p *plain) WriteHeader(status int) {
	p.hideClock()
	p.ResponseWriter.WriteHeader(status)
}

func (p *plain) Write(b []byte) (int, error) {
	p.hideClock()
	return p.ResponseWriter.Write(b)
}

func (p *plain) Flush() {
	p.hideClock()
	p.ResponseWriter.(http.Flusher).Flush()
}

func (p *plain) hideClock() {
	p.Header().Del("Date")
	p.Header().Del(controlplane.ClockHeader)
}

// Unwrap lets http.ResponseController find what is below.
func (p *plain) Unwrap() http.ResponseWriter { return p.ResponseWriter }
