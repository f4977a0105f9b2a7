package userland

import (
	"io"
	"strings"
)

// edit is a line of a difference: ' ' kept, '-' only in the first file, '+'
// only in the second.
type edit struct {
	sign byte
	line string
}

// diffLines finds a shortest difference by the lengths of common subsequences.
func diffLines(a, b []string) []edit {
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []edit
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, edit{' ', a[i]})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			out = append(out, edit{'-', a[i]})
			i++
		default:
			out = append(out, edit{'+', b[j]})
			j++
		}
	}
	return out
}

// diff prints a unified difference, as busybox's does.
func diff(t *tool) int {
	f, ok := t.parse("uqU:bwiBNraT", map[string]string{"unified": "u", "brief": "q"})
	if !ok {
		return 2
	}
	if len(f.rest) != 2 {
		t.usage("[-abBdiNqrTstw] [-U LINES] FILE1 FILE2")
		return 2
	}
	var files [2][]string
	for i, name := range f.rest {
		fd, ok := t.open(name)
		if !ok {
			return 2
		}
		data, _ := io.ReadAll(t.p.Reader(fd))
		files[i] = allLines(data)
		t.close(fd)
	}
	edits := diffLines(files[0], files[1])
	if !strings.ContainsAny(signs(edits), "+-") {
		return 0
	}
	if f.has("q") {
		t.printf("Files %s and %s differ\n", f.rest[0], f.rest[1])
		return 1
	}
	t.printf("--- %s\n+++ %s\n", f.rest[0], f.rest[1])
	t.hunks(edits, f.number("U", 3))
	return 1
}

func signs(edits []edit) string {
	out := make([]byte, len(edits))
	for i, e := range edits {
		out[i] = e.sign
	}
	return string(out)
}

// hunks prints the changes with lines of context around them.
func (t *tool) hunks(edits []edit, context int) {
	lineA, lineB := 1, 1
	for i := 0; i < len(edits); {
		if edits[i].sign == ' ' {
			i, lineA, lineB = i+1, lineA+1, lineB+1
			continue
		}
		start := max(0, i-context)
		end, quiet := i, 0
		for end < len(edits) && quiet <= 2*context {
			if edits[end].sign == ' ' {
				quiet++
			} else {
				quiet = 0
			}
			end++
		}
		end -= max(0, quiet-context)
		fromA, fromB := lineA-(i-start), lineB-(i-start)
		hunk := edits[start:end]
		text := signs(hunk)
		countA, countB := len(hunk)-strings.Count(text, "+"), len(hunk)-strings.Count(text, "-")
		t.printf("@@ -%s +%s @@\n", hunkRange(fromA, countA), hunkRange(fromB, countB))
		for _, e := range hunk {
			t.print(string(e.sign) + e.line + "\n")
		}
		lineA, lineB = fromA+countA, fromB+countB
		i = end
	}
}

func hunkRange(from, count int) string {
	switch count {
	case 0:
		return itoa(from-1) + ",0"
	case 1:
		return itoa(from)
	}
	return itoa(from) + "," + itoa(count)
}
