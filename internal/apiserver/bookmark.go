package apiserver

import (
	"slices"
	"time"
)

// bookmarks are the watches that want to be told of the revision now and then.
// They are used only within Config.Do.
type bookmarks struct {
	open []*watching
}

func (b *bookmarks) add(w *watching) {
	if w.options.AllowWatchBookmarks {
		b.open = append(b.open, w)
	}
}

func (b *bookmarks) remove(w *watching) {
	b.open = slices.DeleteFunc(b.open, func(o *watching) bool { return o == w })
}

// Advanced tells the server that the cluster's clock has moved, so that
// watches get the bookmarks that are due. It must be called within Config.Do.
func (s *Server) Advanced() {
	now := s.clock().Now()
	for _, w := range s.bookmarks.open {
		if !now.Before(w.nextBookmark) {
			w.notify()
		}
	}
}

// bookmarkDue reports whether it is time for a bookmark, and sets the next.
func (w *watching) bookmarkDue(now time.Time) bool {
	if !w.options.AllowWatchBookmarks || now.Before(w.nextBookmark) {
		return false
	}
	w.nextBookmark = now.Add(bookmarkPeriod)
	return true
}
