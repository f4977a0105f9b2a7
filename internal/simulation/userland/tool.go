// Package userland is the commands found in container images: those of
// busybox and of GNU's and other packages, each one Go code over package
// process. They print what the originals print.
//
// A command must reach nothing but its process: no real files, clock or
// network.
package userland

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// tool is one run of a command.
type tool struct {
	p    *process.Process
	name string
	args []string // without the name
	gnu  bool     // speak as the GNU tools do, not as busybox
	out  []byte   // standard output that has not been written yet
	code int      // exit code
}

// command is what a name in the table stands for.
type command func(t *tool) int

// Main runs the command.
func (c command) Main(p *process.Process) int {
	args := p.Args()
	t := &tool{p: p, name: path.Base(args[0]), args: args[1:], gnu: p.Variant() == "gnu"}
	code := c(t)
	t.flush()
	return max(code, t.code)
}

// printf adds to the standard output.
func (t *tool) printf(format string, args ...any) {
	t.out = fmt.Appendf(t.out, format, args...)
	if len(t.out) > 8192 {
		t.flush()
	}
}

// print adds text to the standard output as it is.
func (t *tool) print(text string) {
	t.out = append(t.out, text...)
	if len(t.out) > 8192 {
		t.flush()
	}
}

// flush writes what was printed.
func (t *tool) flush() {
	if len(t.out) == 0 {
		return
	}
	out := t.out
	t.out = nil
	if _, err := t.p.Write(1, out); err != nil {
		t.fail("write error: %v", err)
	}
}

// Write adds to the standard output.
func (t *tool) Write(b []byte) (int, error) {
	t.print(string(b))
	return len(b), nil
}

// warn prints a message to the standard error.
func (t *tool) warn(format string, args ...any) {
	t.flush()
	fmt.Fprintf(t.p.Writer(2), "%s: %s\n", t.name, fmt.Sprintf(format, args...))
}

// fail prints a message and makes the exit code 1.
func (t *tool) fail(format string, args ...any) int {
	t.code = max(t.code, 1)
	t.warn(format, args...)
	return t.code
}

// cantOpen is the message for a file to read.
func (t *tool) cantOpen(name string, err error) int {
	if t.gnu {
		return t.fail("%s: %v", name, err)
	}
	return t.fail("can't open '%s': %v", name, err)
}

// open opens a file to read; "-" is the standard input.
func (t *tool) open(name string) (int, bool) {
	if name == "-" {
		return 0, true
	}
	fd, err := t.p.Open(name, filesystem.OpenRead, 0)
	if err != nil {
		t.cantOpen(name, err)
		return -1, false
	}
	return fd, true
}

func (t *tool) close(fd int) {
	if fd > 2 {
		t.p.Close(fd)
	}
}

// inputs calls f with each file named, or the standard input if none is.
func (t *tool) inputs(names []string, f func(name string, r io.Reader)) {
	if len(names) == 0 {
		names = []string{"-"}
	}
	for _, name := range names {
		fd, ok := t.open(name)
		if !ok {
			continue
		}
		if info, err := t.p.FileInfo(fd); err == nil && info.IsDir() {
			t.fail("%s: %v", nameOr(t.gnu, name, "read error"), filesystem.EISDIR)
		} else {
			f(name, t.p.Reader(fd))
		}
		t.close(fd)
	}
}

func nameOr(use bool, name, other string) string {
	if use {
		return name
	}
	return other
}

// lines calls f with each line, without its newline, until f returns false.
func lines(r io.Reader, f func(line string) bool) {
	b := bufio.NewReader(r)
	for {
		line, err := b.ReadString('\n')
		if line != "" && !f(strings.TrimSuffix(line, "\n")) {
			return
		}
		if err != nil {
			return
		}
	}
}

// slurp reads all of the files named, or the standard input.
func (t *tool) slurp(names []string) []byte {
	var all []byte
	t.inputs(names, func(_ string, r io.Reader) {
		data, err := io.ReadAll(r)
		if err != nil {
			t.fail("%v", err)
		}
		all = append(all, data...)
	})
	return all
}

// create opens a file to write, cut to nothing.
func (t *tool) create(name string, mode uint32) (int, error) {
	return t.p.Open(name, filesystem.OpenWrite|filesystem.OpenCreate|filesystem.OpenTruncate, mode)
}

// writeFile gives a file, which it makes if need be, the content data.
func (t *tool) writeFile(name string, data []byte, mode uint32) error {
	fd, err := t.create(name, mode)
	if err != nil {
		return err
	}
	defer t.p.Close(fd)
	_, err = t.p.Write(fd, data)
	return err
}

// change makes a change to the files.
func (t *tool) change(f func(v *filesystem.View) error) error { return t.p.Change(f) }
