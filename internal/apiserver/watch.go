package apiserver

import (
	"context"
	"errors"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// watching is one open watch.
type watching struct {
	*call
	options   *internalversion.ListOptions
	predicate registry.Predicate
	frames    *frames
	source    *store.Watcher
	// wake has room for one: what has happened is read from the source.
	wake chan struct{}
	// after is the revision from which on events are new to the client.
	after int64
	// nextBookmark is when the client is told of the revision, in cluster time.
	nextBookmark time.Time
}

// longestWatch is when a watch ends whose client has set no time, in real time
// like all times of connections. Kubernetes picks one between 30 and 60
// minutes at random.
const longestWatch = time.Hour

// bookmarkPeriod is the cluster time between two bookmarks.
const bookmarkPeriod = time.Minute

func (c *call) watch() error {
	f, err := c.negotiateStream()
	if err != nil {
		return err
	}
	options, err := c.listOptions()
	if err != nil {
		return err
	}
	p, err := c.predicate(options)
	if err != nil {
		return err
	}
	include := metav1.IncludeNone
	if f.as == "Table" {
		if include, err = c.includeObject(); err != nil {
			return err
		}
	}
	w := &watching{call: c, options: options, predicate: p, wake: make(chan struct{}, 1)}
	w.frames = &frames{call: c, format: f, include: include}
	initial, err := w.open()
	if err != nil {
		return err
	}
	defer c.Do(w.close)
	defer c.waiting()()
	w.stream(initial)
	return nil
}

// initialState is what a client is told before anything happens.
type initialState struct {
	items    []*store.Item
	revision int64
	// err is an error that is sent as an event.
	err error
}

// open starts to watch and returns what to begin with.
func (w *watching) open() (initial initialState, err error) {
	asked, problem := parseVersion(w.options.ResourceVersion)
	if problem != nil {
		return initial, failure(http.StatusInternalServerError, "", problem.Error())
	}
	var view store.View
	w.Do(func() {
		s := w.Registry.Store
		initial.revision = s.Revision()
		w.after = asked
		switch {
		case w.wantsState() && asked > s.Revision():
			initial.err = errTooLargeVersion(asked, s.Revision())
			return
		case w.wantsState():
			view, w.after = s.Latest(w.kind.GroupResource()), s.Revision()
		case asked == 0:
			w.after = s.Revision()
		}
		w.source, initial.err = s.Watch(w.kind.GroupResource(), w.after, w.notify)
		if initial.err != nil {
			initial.err = tooOld(w.after, s.Compacted())
		}
		if w.after < s.Revision() {
			w.notify() // of what has happened since
		}
		w.nextBookmark = w.clock().Now().Add(bookmarkPeriod)
		w.bookmarks.add(w)
	})
	if initial.err == nil && w.wantsState() {
		initial.items = w.scan(view, w.predicate, "", 0).items
	}
	return initial, nil
}

// tooOld answers a watch from a revision whose successors are forgotten.
func tooOld(asked, compacted int64) error {
	return apierrors.NewResourceExpired("too old resource version: " + store.FormatRevision(asked) + " (" + store.FormatRevision(compacted) + ")")
}

// wantsState reports whether the watch begins with the objects that exist, as
// those do that name no version.
func (w *watching) wantsState() bool {
	send := w.options.SendInitialEvents
	return send != nil && *send
}

func (w *watching) close() {
	if w.source != nil {
		w.source.Stop()
	}
	w.bookmarks.remove(w)
}

// notify wakes the watch; it is called within writes.
func (w *watching) notify() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// stream sends events until the client leaves, the time is over or the
// history is lost.
func (w *watching) stream(initial initialState) {
	ctx, cancel := w.lifetime()
	defer cancel()
	w.w.Header().Set("Content-Type", w.frames.format.contentType(true))
	w.w.WriteHeader(http.StatusOK)
	if !w.begin(initial) {
		return
	}
	for w.flush() && w.wait(ctx) {
		if !w.send() {
			_ = w.flush()
			return
		}
	}
}

// lifetime ends with the client, or when the time of the watch is over.
func (w *watching) lifetime() (context.Context, context.CancelFunc) {
	limit := longestWatch
	if s := w.options.TimeoutSeconds; s != nil && *s > 0 {
		limit = time.Duration(*s) * time.Second
	}
	return context.WithTimeout(w.r.Context(), limit)
}

func (w *watching) wait(ctx context.Context) bool {
	select {
	case <-w.wake:
		return true
	case <-ctx.Done():
	case <-w.done:
	}
	return false
}

func (w *watching) flush() bool {
	return http.NewResponseController(w.w).Flush() == nil
}

// begin sends the initial state and reports whether the watch goes on.
func (w *watching) begin(initial initialState) bool {
	if initial.err != nil {
		_ = w.frames.fail(initial.err)
		return false
	}
	for _, item := range initial.items {
		if w.frames.event(store.Added, item) != nil {
			return false
		}
	}
	if w.wantsState() && w.options.AllowWatchBookmarks {
		return w.frames.bookmark(initial.revision, true) == nil
	}
	return true
}

// send tells the client what has happened since the last time, and reports
// whether the watch goes on.
func (w *watching) send() bool {
	var events []store.Event
	var err error
	var revision int64
	bookmark := false
	w.Do(func() {
		events, err = w.source.Next()
		revision = w.Registry.Store.Revision()
		w.now = w.clock().Now()
		bookmark = w.bookmarkDue(w.now)
	})
	ended := errors.Is(err, store.ErrEnded)
	if err != nil && !ended {
		_ = w.frames.fail(tooOld(w.after, revision))
		return false
	}
	for _, ev := range events {
		if err := w.sendEvent(ev); err != nil {
			return false
		}
	}
	if ended {
		return false
	}
	if bookmark {
		return w.frames.bookmark(revision, false) == nil
	}
	return true
}

// sendEvent sends a write as the client sees it: an object that comes into or
// goes out of the selection is added or deleted.
func (w *watching) sendEvent(ev store.Event) error {
	if ev.Item.Revision <= w.after {
		return nil
	}
	is := ev.Type != store.Deleted && w.predicate.Matches(w.kind, ev.Item.Object)
	was := ev.Old != nil && w.predicate.Matches(w.kind, ev.Old.Object)
	switch {
	case is && was:
		return w.frames.event(store.Modified, ev.Item)
	case is:
		return w.frames.event(store.Added, ev.Item)
	case was && ev.Type == store.Deleted:
		return w.frames.event(store.Deleted, ev.Item)
	case was:
		return w.frames.event(store.Deleted, lastSelected(ev))
	}
	return nil
}

// lastSelected is an object that went out of the selection: as it was before,
// at the revision at which it went.
func lastSelected(ev store.Event) *store.Item {
	obj := resources.Shallow(ev.Old.Object).(store.Object)
	obj.SetResourceVersion(store.FormatRevision(ev.Item.Revision))
	return store.Unstored(obj, ev.Old.Attached)
}
