package container

import (
	"bytes"
	"slices"
	"time"

	"github.com/kubejig/kubejig/internal/simulation/process"
)

// Stream is where a line was written to.
type Stream uint8

// The streams.
const (
	Stdout Stream = iota
	Stderr
)

// String is the name of the stream as in a CRI log file.
func (s Stream) String() string {
	if s == Stderr {
		return "stderr"
	}
	return "stdout"
}

// Line is an entry of a container's log.
type Line struct {
	Time    time.Time
	Stream  Stream
	Partial bool   // the line goes on in the next entry of the stream
	Text    []byte // without the newline; must not be changed
}

const (
	// maxLine is the longest text of one entry.
	maxLine = 16 << 10
	// maxLog is the size at which a log is rotated: what is older is lost.
	maxLog = 10 << 20
)

// Log is what a container has printed. Positions count entries from the
// container's start; rotation makes the first ones unavailable.
type Log struct {
	lines   []Line
	first   int // position of lines[0]
	size    int
	open    [2][]byte // begun lines
	watches []*func()
}

// Range is the positions that are available: from first up to but not
// including next.
func (l *Log) Range() (first, next int) { return l.first, l.first + len(l.lines) }

// At returns the entry at a position within Range.
func (l *Log) At(position int) Line { return l.lines[position-l.first] }

// Watch calls f whenever entries are added, until stop is called. A fork does
// not inherit it.
func (l *Log) Watch(f func()) (stop func()) {
	watch := &f
	l.watches = append(l.watches, watch)
	return func() {
		for i, other := range l.watches {
			if other == watch {
				l.watches = append(l.watches[:i:i], l.watches[i+1:]...)
				return
			}
		}
	}
}

// write adds what was written to a stream.
func (l *Log) write(now time.Time, stream Stream, b []byte) {
	before := len(l.lines)
	b = bytes.Clone(b) // the entries' texts are parts of it
	l.lines = slices.Grow(l.lines, bytes.Count(b, []byte{'\n'}))
	for len(b) > 0 {
		end := bytes.IndexByte(b, '\n')
		room := maxLine - len(l.open[stream])
		switch {
		case end >= 0 && end <= room:
			l.add(now, stream, l.ended(stream, b[:end:end]), false)
			b = b[end+1:]
		case len(b) >= room:
			l.add(now, stream, l.ended(stream, b[:room:room]), true)
			b = b[room:]
		default:
			l.open[stream] = append(l.open[stream], b...)
			b = nil
		}
	}
	if len(l.lines) > before {
		l.tell()
	}
}

// ended is the begun line of a stream with its end.
func (l *Log) ended(stream Stream, end []byte) []byte {
	if len(l.open[stream]) == 0 {
		return end
	}
	return append(l.open[stream], end...)
}

// add appends an entry, whose text it takes over.
func (l *Log) add(now time.Time, stream Stream, text []byte, partial bool) {
	l.open[stream] = nil
	if l.size > maxLog {
		l.first += len(l.lines)
		l.lines, l.size = nil, 0
	}
	l.lines = append(l.lines, Line{now, stream, partial, text})
	l.size += len(text) + 1
}

// flush makes entries of begun lines, at the end of the container.
func (l *Log) flush(now time.Time) {
	for stream, text := range l.open {
		if len(text) > 0 {
			l.add(now, Stream(stream), text, true)
		}
	}
	l.tell()
}

func (l *Log) tell() {
	for _, watch := range l.watches {
		(*watch)()
	}
}

// fork is the log in a fork: entries are shared, what follows is not.
func (l *Log) fork() Log {
	n := len(l.lines)
	l.lines = l.lines[:n:n]
	fresh := *l
	fresh.watches = nil
	for stream := range l.open {
		fresh.open[stream] = bytes.Clone(l.open[stream])
	}
	return fresh
}

// logWriter is the standard output or error of a container.
type logWriter struct {
	container *Container
	stream    Stream
}

// Read has nothing.
func (w *logWriter) Read(int) ([]byte, error) { return nil, nil }

// Write adds to the log, and shows it to those who are attached.
func (w *logWriter) Write(b []byte) (int, error) {
	c := w.container
	c.log.write(c.sandbox.kernel.Now(), w.stream, b)
	for _, a := range c.attached {
		a.show(w.stream, b)
	}
	return len(b), nil
}

// Watch has nothing to wait for.
func (w *logWriter) Watch(*process.Task) {}

// Close does nothing: the log stays.
func (w *logWriter) Close() {}

// CopyFile is the writer in a fork.
func (w *logWriter) CopyFile(c *process.Copier) process.File {
	return process.Copy(c, w, func(fresh *logWriter) { fresh.container = w.container.Copy(c) })
}
