package podlog

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Options say which part of a log is wanted.
type Options struct {
	// Stream is Stdout or Stderr, "" for both.
	Stream string
	// Since leaves out what is older.
	Since time.Time
	// Tail is how many lines from the end are wanted, nil for all.
	Tail *int64
	// Limit is how many bytes are wanted at most, nil for all.
	Limit *int64
	// Timestamps puts the time before each line.
	Timestamps bool
	// Follow waits for more until the log ends.
	Follow bool
}

// Read writes the log, or the wanted part of it, to two writers, which may be
// the same. It returns nil when all has been written, or the limit is reached.
func (l *Log) Read(ctx context.Context, o Options, stdout, stderr io.Writer) error {
	return read(ctx, l.path, l, o, stdout, stderr)
}

// ReadFile is Read for a log that nobody writes any more.
func ReadFile(ctx context.Context, path string, o Options, stdout, stderr io.Writer) error {
	return read(ctx, path, nil, o, stdout, stderr)
}

func read(ctx context.Context, path string, growing *Log, o Options, stdout, stderr io.Writer) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	if o.Tail != nil {
		if err := seekTail(file, o.Stream, *o.Tail); err != nil {
			return err
		}
	}
	r := &reader{Options: o, stdout: stdout, stderr: stderr, in: bufio.NewReader(file), atStart: true}
	for {
		grown, open := (<-chan struct{})(nil), false
		if growing != nil {
			grown, open = growing.state() // before reading: what comes later closes grown
		}
		err := r.drain(ctx)
		switch {
		case errors.Is(err, errLimit):
			return nil
		case err != nil:
			return err
		case !o.Follow || !open:
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-grown:
		}
	}
}

// errLimit ends reading when as much has been written as was asked for.
var errLimit = errors.New("limit reached")

// reader writes entries as lines.
type reader struct {
	Options
	stdout, stderr io.Writer
	in             *bufio.Reader
	rest           []byte // of an entry that is not complete yet
	atStart        bool   // of a line
	written        int64
}

// drain writes the entries that are there.
func (r *reader) drain(ctx context.Context) error {
	for ctx.Err() == nil {
		line, err := r.in.ReadBytes('\n')
		if err == io.EOF {
			r.rest = append(r.rest, line...)
			return nil
		}
		if err != nil {
			return err
		}
		if len(r.rest) > 0 {
			line, r.rest = append(r.rest, line...), nil
		}
		e, err := parse(line)
		if err != nil {
			return err
		}
		if err := r.write(e); err != nil {
			return err
		}
	}
	return ctx.Err()
}

func (r *reader) write(e entry) error {
	if !e.on(r.Stream) || e.at.Before(r.Since) {
		return nil
	}
	text := e.text
	if r.Timestamps && r.atStart {
		text = append([]byte(e.at.Format(stampFormat)+" "), text...)
	}
	r.atStart = !e.partial
	if r.atStart {
		text = append(text, '\n')
	}
	if r.Limit != nil {
		text = text[:min(int64(len(text)), *r.Limit-r.written)]
	}
	w := r.stdout
	if e.stream == Stderr {
		w = r.stderr
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	r.written += int64(len(text))
	if r.Limit != nil && r.written >= *r.Limit {
		return errLimit
	}
	return nil
}

// entry is a line of a log file.
type entry struct {
	at      time.Time
	stream  string
	partial bool
	text    []byte
}

func (e *entry) on(stream string) bool { return stream == "" || stream == e.stream }

func parse(line []byte) (entry, error) {
	fields := bytes.SplitN(bytes.TrimSuffix(line, []byte("\n")), []byte(" "), 4)
	if len(fields) < 4 {
		return entry{}, fmt.Errorf("log entry %q: want time, stream, tag and text", line)
	}
	at, err := time.Parse(time.RFC3339Nano, string(fields[0]))
	if err != nil {
		return entry{}, fmt.Errorf("log entry: %w", err)
	}
	return entry{at: at, stream: string(fields[1]), partial: string(fields[2]) == partial, text: fields[3]}, nil
}

// seekTail moves a file to the first of the last n lines of a stream.
func seekTail(file *os.File, stream string, n int64) error {
	if n <= 0 {
		_, err := file.Seek(0, io.SeekEnd)
		return err
	}
	var starts []int64 // of the last n lines
	var offset int64
	atStart := true
	in := bufio.NewReader(file)
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		e, err := parse(line)
		if err != nil {
			return err
		}
		if e.on(stream) {
			if atStart {
				starts = append(starts, offset)
				starts = starts[max(0, int64(len(starts))-n):]
			}
			atStart = !e.partial
		}
		offset += int64(len(line))
	}
	if len(starts) > 0 {
		offset = starts[0]
	}
	_, err := file.Seek(offset, io.SeekStart)
	return err
}
