package userland

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// copyOut copies a reader to the standard output as it comes.
func (t *tool) copyOut(r io.Reader) {
	t.flush()
	if _, err := io.Copy(t.p.Writer(1), r); err != nil {
		t.fail("%v", err)
	}
}

func cat(t *tool) int {
	f, ok := t.parse("nbvsetAu", nil)
	if !ok {
		return 1
	}
	number := 0
	t.inputs(f.rest, func(_ string, r io.Reader) {
		if len(f.values) == 0 {
			t.copyOut(r)
			return
		}
		lines(r, func(line string) bool {
			if f.any("n") || f.any("b") && line != "" {
				number++
				t.printf("%6d\t", number)
			}
			if f.any("etA") {
				line += "$"
			}
			t.print(line + "\n")
			return true
		})
	})
	return 0
}

// count reads the number of lines or bytes of head and tail: a suffix k or m
// multiplies it.
func count(text string) (int64, bool) {
	unit := int64(1)
	switch {
	case strings.HasSuffix(text, "k"), strings.HasSuffix(text, "K"):
		unit = 1024
	case strings.HasSuffix(text, "m"), strings.HasSuffix(text, "M"):
		unit = 1 << 20
	}
	n, err := strconv.ParseInt(strings.TrimRight(text, "kKmM"), 10, 64)
	return n * unit, err == nil
}

// oldStyle turns -5 into -n 5.
func oldStyle(args []string) []string {
	if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		if _, err := strconv.Atoi(args[0][1:]); err == nil {
			return append([]string{"-n", args[0][1:]}, args[1:]...)
		}
	}
	return args
}

// heading prints the name of a file among several.
func (t *tool) heading(name string, first *bool) {
	if !*first {
		t.print("\n")
	}
	*first = false
	if name == "-" {
		name = "standard input"
	}
	t.printf("==> %s <==\n", name)
}

func head(t *tool) int {
	t.args = oldStyle(t.args)
	f, ok := t.parse("n:c:qv", map[string]string{"lines": "n", "bytes": "c", "quiet": "q"})
	if !ok {
		return 1
	}
	n, ok := count(f.value("n", "10"))
	bytes, okBytes := count(f.value("c", "0"))
	if !ok || !okBytes {
		return t.fail("invalid number '%s'", f.value("n", f.value("c", "")))
	}
	first := true
	t.inputs(f.rest, func(name string, r io.Reader) {
		if (len(f.rest) > 1 || f.has("v")) && !f.has("q") {
			t.heading(name, &first)
		}
		if f.has("c") {
			t.copyOut(io.LimitReader(r, bytes))
			return
		}
		t.headLines(r, n)
	})
	return 0
}

// headLines prints the first n lines, or all but the last -n.
func (t *tool) headLines(r io.Reader, n int64) {
	if n < 0 {
		var held []string
		lines(r, func(line string) bool {
			if held = append(held, line); int64(len(held)) > -n {
				t.print(held[0] + "\n")
				held = held[1:]
			}
			return true
		})
		return
	}
	if n == 0 {
		return
	}
	lines(r, func(line string) bool {
		t.print(line + "\n")
		n--
		return n > 0
	})
}

func tail(t *tool) int {
	t.args = oldStyle(t.args)
	f, ok := t.parse("n:c:fFqvs:", map[string]string{"lines": "n", "bytes": "c", "follow": "f", "quiet": "q", "retry": "F"})
	if !ok {
		return 1
	}
	amount := f.value("n", "10")
	if f.has("c") {
		amount = f.value("c", "")
	}
	n, ok := count(strings.TrimPrefix(amount, "+"))
	if !ok {
		return t.fail("invalid number '%s'", amount)
	}
	names := f.rest
	if len(names) == 0 {
		names = []string{"-"}
	}
	var open []*tailed
	first := true
	for _, name := range names {
		fd, ok := t.open(name)
		if !ok {
			if f.has("F") {
				open = append(open, &tailed{name: name, fd: -1})
			}
			continue
		}
		if len(names) > 1 {
			t.heading(name, &first)
		}
		data, _ := io.ReadAll(t.p.Reader(fd))
		t.print(lastOf(string(data), max(n, -n), strings.HasPrefix(amount, "+"), f.has("c")))
		open = append(open, &tailed{name: name, fd: fd, offset: int64(len(data))})
	}
	if f.any("fF") {
		t.follow(open, f)
	}
	return 0
}

// tailed is a file that is followed.
type tailed struct {
	name   string
	fd     int
	offset int64
}

// follow prints what is added to files, for ever.
func (t *tool) follow(files []*tailed, f *flags) {
	pause := time.Duration(f.number("s", 1)) * time.Second
	last := len(files) - 1
	for len(files) > 0 {
		t.flush()
		if t.p.Sleep(pause) != nil {
			return
		}
		for i, file := range files {
			if file.fd < 0 {
				if file.fd, _ = t.p.Open(file.name, 1, 0); file.fd < 0 {
					continue
				}
			}
			if info, err := t.p.FileInfo(file.fd); err == nil && info.Size < file.offset {
				file.offset, _ = t.p.Seek(file.fd, 0)
			}
			data, _ := io.ReadAll(t.p.Reader(file.fd))
			if len(data) == 0 {
				continue
			}
			file.offset += int64(len(data))
			if i != last {
				t.printf("\n==> %s <==\n", file.name)
				last = i
			}
			t.print(string(data))
		}
	}
}

// lastOf returns the last n lines or bytes, or those from number n on.
func lastOf(text string, n int64, from, bytes bool) string {
	if bytes {
		size := int64(len(text))
		if from {
			return text[min(size, max(n-1, 0)):]
		}
		return text[max(0, size-n):]
	}
	all := strings.SplitAfter(text, "\n")
	if all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	size := int64(len(all))
	if from {
		return strings.Join(all[min(size, max(n-1, 0)):], "")
	}
	return strings.Join(all[max(0, size-n):], "")
}

func tee(t *tool) int {
	f, ok := t.parse("ai", nil)
	if !ok {
		return 1
	}
	writers := []io.Writer{t.p.Writer(1)}
	for _, name := range f.rest {
		flags := forWriting
		if f.has("a") {
			flags = forAppending
		}
		fd, err := t.p.Open(name, flags, 0o666)
		if err != nil {
			t.fail("%s: %v", name, err)
			continue
		}
		defer t.close(fd)
		writers = append(writers, t.p.Writer(fd))
	}
	if _, err := io.Copy(io.MultiWriter(writers...), t.p.Reader(0)); err != nil {
		t.fail("%v", err)
	}
	return 0
}

func tac(t *tool) int {
	all := strings.SplitAfter(string(t.slurp(t.args)), "\n")
	for i := len(all) - 1; i >= 0; i-- {
		t.print(all[i])
	}
	return 0
}

func nl(t *tool) int {
	f, ok := t.parse("b:w:", nil)
	if !ok {
		return 1
	}
	number, width := 0, f.number("w", 6)
	t.inputs(f.rest, func(_ string, r io.Reader) {
		lines(r, func(line string) bool {
			if line == "" && f.value("b", "t") != "a" {
				t.print(strings.Repeat(" ", width) + "\n")
				return true
			}
			number++
			t.print(fmt.Sprintf("%*d\t%s\n", width, number, line))
			return true
		})
	})
	return 0
}
