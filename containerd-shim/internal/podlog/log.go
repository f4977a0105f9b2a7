// Package podlog keeps the logs of containers in files, in the format of
// Kubernetes' container runtime interface, and reads them as `kubectl logs`
// asks for: a line is
//
//	2026-01-01T00:00:00.000000000Z stdout F the text
//
// where F marks the end of a line, and P a part of one that is too long.
//
// It must not know of pods or of containerd.
package podlog

import (
	"bytes"
	"os"
	"sync"
	"time"
)

// Names of streams.
const (
	Stdout = "stdout"
	Stderr = "stderr"
)

// Tags of entries.
const (
	full    = "F"
	partial = "P"
)

// maxText is the length from which on a line is cut into parts.
const maxText = 16 << 10

// Log is the log of one container while it is being written.
type Log struct {
	path string
	now  func() time.Time

	mu     sync.Mutex
	file   *os.File
	grown  chan struct{} // closed and replaced when there is more to read
	closed bool
}

// Create makes a new log. now is the clock that stamps its entries.
func Create(path string, now func() time.Time) (*Log, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640)
	if err != nil {
		return nil, err
	}
	return &Log{path: path, now: now, file: f, grown: make(chan struct{})}, nil
}

// Close ends the log: who follows it comes to its end.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	close(l.grown)
	return l.file.Close()
}

// state returns a channel that is closed when the log has grown, and whether it
// can still grow.
func (l *Log) state() (grown <-chan struct{}, open bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.grown, !l.closed
}

func (l *Log) append(entries []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return os.ErrClosed
	}
	if _, err := l.file.Write(entries); err != nil {
		return err
	}
	close(l.grown)
	l.grown = make(chan struct{})
	return nil
}

// Writer turns the output of a container on one stream into entries. It is not
// for concurrent use.
type Writer struct {
	log    *Log
	stream string
	rest   []byte // of a line without an end
}

// Writer returns a writer for a stream. Close it when the stream has ended.
func (l *Log) Writer(stream string) *Writer { return &Writer{log: l, stream: stream} }

// Write adds the lines in b to the log. The last one, if it has no end, waits
// for it.
func (w *Writer) Write(b []byte) (int, error) {
	text := b
	if len(w.rest) > 0 {
		text = append(w.rest, b...)
	}
	var out []byte
	for len(text) > 0 {
		end := bytes.IndexByte(text, '\n')
		switch {
		case end >= 0 && end <= maxText:
			out = w.entry(out, full, text[:end])
			text = text[end+1:]
		case len(text) > maxText:
			out = w.entry(out, partial, text[:maxText])
			text = text[maxText:]
		default:
			w.rest = bytes.Clone(text)
			return len(b), w.flush(out)
		}
	}
	w.rest = nil
	return len(b), w.flush(out)
}

// Close adds what is left of a line without an end.
func (w *Writer) Close() error {
	if len(w.rest) == 0 {
		return nil
	}
	out := w.entry(nil, full, w.rest)
	w.rest = nil
	return w.flush(out)
}

func (w *Writer) flush(entries []byte) error {
	if len(entries) == 0 {
		return nil
	}
	return w.log.append(entries)
}

func (w *Writer) entry(out []byte, tag string, text []byte) []byte {
	out = w.log.now().UTC().AppendFormat(out, stampFormat)
	out = append(out, ' ')
	out = append(out, w.stream...)
	out = append(out, ' ')
	out = append(out, tag...)
	out = append(out, ' ')
	out = append(out, text...)
	return append(out, '\n')
}

// stampFormat has a fixed width, so that stamps sort as text.
const stampFormat = "2006-01-02T15:04:05.000000000Z07:00"
