package podlog

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// newLog returns a log whose clock moves by a second with each entry.
func newLog(t *testing.T) *Log {
	now := start
	l, err := Create(filepath.Join(t.TempDir(), "0.log"), func() time.Time {
		now = now.Add(time.Second)
		return now
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, l.Close()) })
	return l
}

func ptr[T any](v T) *T { return &v }

func TestReadTheWantedPart(t *testing.T) {
	l := newLog(t)
	out, errs := l.Writer(Stdout), l.Writer(Stderr)
	io.WriteString(out, "one\ntw")
	io.WriteString(errs, "oops\n")
	io.WriteString(out, "o\n")
	io.WriteString(out, "without end")
	require.NoError(t, out.Close())

	for name, test := range map[string]struct {
		Options
		stdout, stderr string
	}{
		"all":              {Options{}, "one\ntwo\nwithout end\n", "oops\n"},
		"one stream":       {Options{Stream: Stderr}, "", "oops\n"},
		"tail":             {Options{Tail: ptr(int64(2))}, "two\nwithout end\n", ""},
		"tail of a stream": {Options{Tail: ptr(int64(1)), Stream: Stderr}, "", "oops\n"},
		"tail 0":           {Options{Tail: ptr(int64(0))}, "", ""},
		"since":            {Options{Since: start.Add(4 * time.Second)}, "without end\n", ""},
		"limit":            {Options{Limit: ptr(int64(5))}, "one\n", "o"},
		"timestamps":       {Options{Timestamps: true, Tail: ptr(int64(1))}, "2026-01-01T00:00:04.000000000Z without end\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			require.NoError(t, l.Read(t.Context(), test.Options, &stdout, &stderr))
			require.Equal(t, test.stdout, stdout.String())
			require.Equal(t, test.stderr, stderr.String())
		})
	}
}

func TestLongLinesAreKeptInPartsAndReadAsOne(t *testing.T) {
	l := newLog(t)
	long := strings.Repeat("x", 2*maxText+3)
	io.WriteString(l.Writer(Stdout), long+"\nnext\n")
	var stdout bytes.Buffer
	require.NoError(t, l.Read(t.Context(), Options{Timestamps: true}, &stdout, io.Discard))
	require.Equal(t, "2026-01-01T00:00:01.000000000Z "+long+"\n2026-01-01T00:00:04.000000000Z next\n", stdout.String())
}

func TestFollowToTheEnd(t *testing.T) {
	l := newLog(t)
	w := l.Writer(Stdout)
	io.WriteString(w, "first\n")
	r, pipe := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- l.Read(context.Background(), Options{Follow: true}, pipe, pipe) }()
	require.Equal(t, "first\n", next(t, r))
	io.WriteString(w, "second\n")
	require.Equal(t, "second\n", next(t, r))
	require.NoError(t, l.Close())
	require.NoError(t, <-done)
}

func next(t *testing.T, r io.Reader) string {
	b := make([]byte, 100)
	n, err := r.Read(b)
	require.NoError(t, err)
	return string(b[:n])
}
