//go:build !windows

package terminal

import (
	"os"
	"os/signal"
	"syscall"
)

// follow offers the size at every signal that it changed.
func (q *sizes) follow(fd uintptr) {
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	defer signal.Stop(changed)
	for {
		select {
		case <-changed:
			q.offer(sizeOf(fd))
		case <-q.stop:
			return
		}
	}
}
