package userland

import (
	"io"
	"regexp"
	"strings"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// grepper is one run of grep.
type grepper struct {
	t       *tool
	f       *flags
	re      *regexp.Regexp
	named   bool // print file names
	before  int
	after   int
	limit   int
	matched bool
}

func grep(t *tool) int {
	f, ok := t.parse("EFGPie:f:vnqscloLhHrRwxm:A:B:C:az", map[string]string{
		"extended-regexp": "E", "fixed-strings": "F", "ignore-case": "i", "invert-match": "v", "line-number": "n",
		"quiet": "q", "silent": "q", "count": "c", "files-with-matches": "l", "only-matching": "o", "recursive": "r",
		"word-regexp": "w", "line-regexp": "x", "max-count": "m", "color": "z", "regexp": "e", "after-context": "A", "before-context": "B", "context": "C",
	})
	if !ok {
		return 2
	}
	patterns := f.values["e"]
	if file := f.value("f", ""); file != "" {
		data, err := t.p.ReadFile(file)
		if err != nil {
			t.fail("%s: %v", file, err)
			return 2
		}
		patterns = append(patterns, strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")...)
	}
	if len(f.values["e"]) == 0 && !f.has("f") {
		if len(f.rest) == 0 {
			t.usage("[-HhnlLoqvsrRiwFEz] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...")
			return 2
		}
		patterns, f.rest = strings.Split(f.rest[0], "\n"), f.rest[1:]
	}
	re, err := grepPattern(patterns, f, t.name)
	if err != nil {
		t.fail("bad regex '%s': %v", strings.Join(patterns, "\n"), err)
		return 2
	}
	around := f.number("C", 0)
	g := &grepper{t: t, f: f, re: re, before: f.number("B", around), after: f.number("A", around), limit: f.number("m", -1)}
	g.run()
	switch {
	case t.code > 1:
		return t.code
	case g.matched:
		return 0
	}
	return 1
}

// grepPattern combines patterns into one expression.
func grepPattern(patterns []string, f *flags, name string) (*regexp.Regexp, error) {
	var all []string
	for _, p := range patterns {
		switch {
		case f.has("F") || name == "fgrep":
			p = regexp.QuoteMeta(p)
		case f.any("EP") || name == "egrep":
		default:
			p = basicToExtended(p)
		}
		all = append(all, "(?:"+posixClasses(p)+")")
	}
	expr := "(?:" + strings.Join(all, "|") + ")"
	if f.has("w") {
		expr = `\b` + expr + `\b`
	}
	if f.has("x") {
		expr = "^" + expr + "$"
	}
	if f.has("i") {
		expr = "(?i)" + expr
	}
	return regexp.Compile(expr)
}

// basicToExtended turns a basic regular expression into an extended one: what
// has a backslash loses it, and what has none gets one.
func basicToExtended(p string) string {
	var out strings.Builder
	for i := 0; i < len(p); i++ {
		switch c := p[i]; c {
		case '\\':
			if i+1 == len(p) {
				out.WriteString(`\\`)
				continue
			}
			i++
			if strings.IndexByte("(){}|+?", p[i]) < 0 {
				out.WriteByte('\\')
			}
			out.WriteByte(p[i])
		case '(', ')', '{', '}', '|', '+', '?':
			out.WriteByte('\\')
			out.WriteByte(c)
		case '*':
			if s := out.String(); s == "" || strings.HasSuffix(s, "(") || s == "^" {
				out.WriteByte('\\')
			}
			out.WriteByte(c)
		case '[':
			end := bracketEnd(p, i)
			out.WriteString(p[i:end])
			i = end - 1
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

// bracketEnd is the position after the bracket expression that begins at i.
func bracketEnd(p string, i int) int {
	j := i + 1
	if j < len(p) && p[j] == '^' {
		j++
	}
	if j < len(p) && p[j] == ']' {
		j++
	}
	for j < len(p) && p[j] != ']' {
		if strings.HasPrefix(p[j:], "[:") {
			if end := strings.Index(p[j:], ":]"); end > 0 {
				j += end + 1
			}
		}
		j++
	}
	return min(j+1, len(p))
}

// posixClasses rewrites what Go's expressions write in another way.
func posixClasses(p string) string {
	return strings.NewReplacer(`\<`, `\b`, `\>`, `\b`, "\\`", `\A`, `\'`, `\z`).Replace(p)
}

func (g *grepper) run() {
	names := g.f.rest
	deep := g.f.any("rR")
	if deep && len(names) == 0 {
		names = []string{"."}
	}
	g.named = (len(names) > 1 || deep || g.f.has("H")) && !g.f.has("h")
	if len(names) == 0 {
		g.file("(standard input)", g.t.p.Reader(0))
		return
	}
	for _, name := range names {
		g.path(name, deep)
	}
}

func (g *grepper) path(name string, deep bool) {
	if name == "-" {
		g.file("(standard input)", g.t.p.Reader(0))
		return
	}
	info, err := g.t.p.Stat(name)
	if err == nil && info.IsDir() && deep {
		inside, _ := g.t.p.ReadDir(name)
		for _, file := range inside {
			if file.Kind != filesystem.Symlink {
				g.path(strings.TrimSuffix(name, "/")+"/"+file.Name, true)
			}
		}
		return
	}
	fd := -1
	if err == nil {
		fd, err = g.t.p.Open(name, forReading, 0)
	}
	if err == nil && info.IsDir() {
		err = filesystem.EISDIR
	}
	if err != nil {
		if !g.f.has("s") {
			g.t.warn("%s: %v", name, err)
		}
		g.t.code = 2
		return
	}
	g.file(name, g.t.p.Reader(fd))
	g.t.p.Close(fd)
}

// file greps one file.
func (g *grepper) file(name string, r io.Reader) {
	count, number, last, pending := 0, 0, 0, 0
	var held []string
	lines(r, func(line string) bool {
		number++
		if g.re.MatchString(line) == g.f.has("v") {
			if pending > 0 {
				pending--
				g.line(name, "-", number, line)
				last = number
			} else if g.before > 0 {
				if held = append(held, line); len(held) > g.before {
					held = held[1:]
				}
			}
			return true
		}
		count++
		g.matched = true
		if g.f.any("q") {
			return false
		}
		if !g.f.any("clL") {
			if from := number - len(held); (g.before > 0 || g.after > 0) && last > 0 && from > last+1 {
				g.t.print("--\n")
			}
			for i, earlier := range held {
				g.line(name, "-", number-len(held)+i, earlier)
			}
			held = nil
			g.match(name, number, line)
			last, pending = number, g.after
		}
		return g.limit < 0 || count < g.limit
	})
	g.summary(name, count)
}

func (g *grepper) summary(name string, count int) {
	switch {
	case g.f.has("q"):
	case g.f.has("l") && count > 0, g.f.has("L") && count == 0:
		g.t.print(name + "\n")
	case g.f.has("c"):
		if g.named {
			g.t.print(name + ":")
		}
		g.t.printf("%d\n", count)
	}
}

func (g *grepper) match(name string, number int, line string) {
	if !g.f.has("o") || g.f.has("v") {
		g.line(name, ":", number, line)
		return
	}
	for _, part := range g.re.FindAllString(line, -1) {
		if part != "" {
			g.line(name, ":", number, part)
		}
	}
}

func (g *grepper) line(name, sep string, number int, line string) {
	if g.named {
		g.t.print(name + sep)
	}
	if g.f.has("n") {
		g.t.printf("%d%s", number, sep)
	}
	g.t.print(line + "\n")
}
