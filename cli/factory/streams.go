package factory

import (
	"io"
	"sync"
)

// Shared is w for several goroutines: it lets one write at a time pass.
func Shared(w io.Writer) io.Writer { return &sharedWriter{to: w} }

type sharedWriter struct {
	mu sync.Mutex
	to io.Writer
}

func (w *sharedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}
