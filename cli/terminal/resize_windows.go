package terminal

import "time"

// resizeInterval is how often the size is looked at: Windows sends no signal.
const resizeInterval = 250 * time.Millisecond

func (q *sizes) follow(fd uintptr) {
	ticker := time.NewTicker(resizeInterval)
	defer ticker.Stop()
	last := sizeOf(fd)
	for {
		select {
		case <-ticker.C:
			if size := sizeOf(fd); size != nil && (last == nil || *size != *last) {
				last = size
				q.offer(size)
			}
		case <-q.stop:
			return
		}
	}
}
