package console

import (
	"context"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubejig/kubejig/internal/podstatus"
	"github.com/kubejig/kubejig/internal/simulation/container"
)

// timeFormat is that of timestamps before lines: nanoseconds, all nine digits.
const timeFormat = "2006-01-02T15:04:05.000000000Z07:00"

// Logs opens the log of a container.
func (c *Console) Logs(ctx context.Context, pod *corev1.Pod, options *corev1.PodLogOptions) (io.ReadCloser, error) {
	id, err := podstatus.Logged(pod, options)
	if err != nil {
		return nil, err
	}
	l := &logReader{console: c, ctx: ctx, id: id, options: options, more: newSignal(), left: -1}
	if options.LimitBytes != nil {
		l.left = *options.LimitBytes
	}
	found := false
	c.Do(func() { found = l.open() })
	if !found {
		return nil, podstatus.NoLog(id)
	}
	if options.Follow {
		c.Waiting(1)
	}
	return l, nil
}

// logReader reads a log from a position on.
type logReader struct {
	console *Console
	ctx     context.Context
	id      string
	options *corev1.PodLogOptions
	more    signal

	next    int
	stop    func()
	pending []byte
	left    int64 // bytes that may still be read, -1 for all
	ended   bool
	closed  bool
}

// open finds the first line to read. It is called within Do.
func (l *logReader) open() bool {
	c := l.console.World.Container(l.id)
	if c == nil {
		return false
	}
	log := c.Log()
	first, next := log.Range()
	l.next = first
	if n := l.options.TailLines; n != nil {
		l.next = tail(log, *n)
	}
	since := l.since()
	for l.next < next && log.At(l.next).Time.Before(since) {
		l.next++
	}
	l.stop = log.Watch(l.more.raise)
	return true
}

// tail is the position from which a log has n lines.
func tail(log *container.Log, n int64) int {
	first, position := log.Range()
	for position > first {
		if !log.At(position - 1).Partial {
			if n == 0 {
				break
			}
			n--
		}
		position--
	}
	return position
}

func (l *logReader) since() time.Time {
	switch {
	case l.options.SinceTime != nil:
		return l.options.SinceTime.Time
	case l.options.SinceSeconds != nil:
		return l.console.Now().Add(-time.Duration(*l.options.SinceSeconds) * time.Second)
	}
	return time.Time{}
}

// Read returns lines that are there, and waits for more when they are followed.
func (l *logReader) Read(b []byte) (int, error) {
	for len(l.pending) == 0 {
		if l.left == 0 || l.ended {
			return 0, io.EOF
		}
		l.console.Do(l.fetch)
		if len(l.pending) > 0 || l.ended {
			continue
		}
		select {
		case <-l.more:
		case <-l.ctx.Done():
			return 0, io.EOF
		}
	}
	n := copy(b, l.pending)
	if l.left >= 0 {
		n = int(min(int64(n), l.left))
		l.left -= int64(n)
	}
	l.pending = l.pending[n:]
	return n, nil
}

// fetch takes the lines that are there. It is called within Do.
func (l *logReader) fetch() {
	c := l.console.World.Container(l.id)
	if c == nil {
		l.ended = true
		return
	}
	log := c.Log()
	first, next := log.Range()
	for l.next = max(l.next, first); l.next < next; l.next++ {
		l.add(log.At(l.next))
	}
	l.ended = !l.options.Follow || c.Status().State == container.Exited
}

func (l *logReader) add(line container.Line) {
	if s := l.options.Stream; s != nil && *s != corev1.LogStreamAll && !strings.EqualFold(*s, line.Stream.String()) {
		return
	}
	if l.options.Timestamps {
		l.pending = append(line.Time.UTC().AppendFormat(l.pending, timeFormat), ' ')
	}
	l.pending = append(l.pending, line.Text...)
	if !line.Partial {
		l.pending = append(l.pending, '\n')
	}
}

// Close stops reading.
func (l *logReader) Close() error {
	if l.closed {
		return nil
	}
	l.closed = true
	l.console.Do(l.stop)
	if l.options.Follow {
		l.console.Waiting(-1)
	}
	return nil
}
