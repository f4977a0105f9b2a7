package userland

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// sedAddress selects lines.
type sedAddress struct {
	line int // 0: none
	last bool
	re   *regexp.Regexp
	plus bool // +line: that many lines after the first
	step int  // first~step
}

func (a *sedAddress) matches(s *sedRun) bool {
	switch {
	case a.last:
		return s.last
	case a.re != nil:
		return a.re.MatchString(s.space)
	case a.step > 0:
		return s.line >= a.line && (s.line-a.line)%a.step == 0
	}
	return s.line == a.line
}

// sedCommand is one command of a script.
type sedCommand struct {
	from, to *sedAddress
	not      bool
	verb     byte
	text     string
	re       *regexp.Regexp
	flags    string
	nth      int
	block    []*sedCommand
	id       int // for what the run knows of its range
}

// sedRun is the state while a script runs.
type sedRun struct {
	t       *tool
	quiet   bool
	space   string
	hold    string
	line    int
	last    bool
	active  map[int]int // the line at which the range of a command ends; -1 not known
	append  []string
	quit    bool
	code    int
	replace bool // something was replaced since the line was read
	next    func() (string, bool)
}

func sed(t *tool) int {
	f, ok := t.parse("ne:f:Erisuz", map[string]string{"quiet": "n", "silent": "n", "expression": "e", "file": "f", "regexp-extended": "E", "in-place": "i"})
	if !ok {
		return 1
	}
	var script []string
	script = append(script, f.values["e"]...)
	for _, file := range f.values["f"] {
		data, err := t.p.ReadFile(file)
		if err != nil {
			return t.cantOpen(file, err)
		}
		script = append(script, strings.TrimSuffix(string(data), "\n"))
	}
	if len(script) == 0 {
		if len(f.rest) == 0 {
			return t.usage("[-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...")
		}
		script, f.rest = f.rest[:1], f.rest[1:]
	}
	p := &sedParser{text: strings.Join(script, "\n"), extended: f.any("Er")}
	commands, err := p.commands(false)
	if err != nil {
		if t.gnu {
			return t.fail("-e expression #1, char %d: %v", p.at, err)
		}
		return t.fail("%v", err)
	}
	if f.has("i") {
		for _, name := range f.rest {
			t.sedInPlace(commands, name, f.has("n"))
		}
		return 0
	}
	return t.sedRun(commands, string(t.slurp(f.rest)), f.has("n"))
}

func (t *tool) sedInPlace(commands []*sedCommand, name string, quiet bool) {
	info, err := t.p.Stat(name)
	var data []byte
	if err == nil {
		data, err = t.p.ReadFile(name)
	}
	if err != nil {
		t.fail("%s: %v", name, err)
		return
	}
	out := t.out
	t.out = nil
	inner := &tool{p: t.p, name: t.name, gnu: t.gnu}
	inner.sedRun(commands, string(data), quiet)
	if err := t.writeFile(name, inner.out, info.Mode); err != nil {
		t.fail("%s: %v", name, err)
	}
	t.out = out
}

func (t *tool) sedRun(commands []*sedCommand, text string, quiet bool) int {
	all := allLines([]byte(text))
	at := 0
	s := &sedRun{t: t, quiet: quiet, active: map[int]int{}}
	s.next = func() (string, bool) {
		if at >= len(all) {
			return "", false
		}
		at++
		s.line, s.last = at, at == len(all)
		return all[at-1], true
	}
	for !s.quit {
		line, ok := s.next()
		if !ok {
			break
		}
		s.space, s.replace = line, false
		deleted := s.run(commands)
		if !deleted && !s.quiet {
			t.print(s.space + "\n")
		}
		for _, extra := range s.append {
			t.print(extra + "\n")
		}
		s.append = nil
	}
	return s.code
}

// selected reports whether a command applies to the current line.
func (s *sedRun) selected(c *sedCommand) bool {
	return s.inRange(c) != c.not
}

func (s *sedRun) inRange(c *sedCommand) bool {
	switch {
	case c.from == nil:
		return true
	case c.to == nil:
		return c.from.matches(s)
	}
	end, active := s.active[c.id]
	if !active {
		if !c.from.matches(s) {
			return false
		}
		switch {
		case c.to.plus:
			s.active[c.id] = s.line + c.to.line
		case c.to.re == nil && !c.to.last:
			if c.to.line > s.line {
				s.active[c.id] = c.to.line
			}
		default:
			s.active[c.id] = -1
		}
		return true
	}
	if end >= 0 && s.line >= end || end < 0 && c.to.matches(s) {
		delete(s.active, c.id)
	}
	return end < 0 || s.line <= end
}

// run applies commands to a line, and reports whether the line was deleted.
func (s *sedRun) run(commands []*sedCommand) bool {
	for i := 0; i < len(commands); i++ {
		c := commands[i]
		if !s.selected(c) {
			continue
		}
		switch c.verb {
		case '{':
			if s.run(c.block) {
				return true
			}
		case 't', 'b':
			if c.verb == 't' && !s.replace {
				continue
			}
			s.replace = false
			if i = labelIndex(commands, c.text); i < 0 {
				return false
			}
		default:
			if s.apply(c) {
				return true
			}
		}
		if s.quit {
			return false
		}
	}
	return false
}

// labelIndex is where a label stands, or -1 for the end of the script.
func labelIndex(commands []*sedCommand, label string) int {
	for i, c := range commands {
		if c.verb == ':' && c.text == label && label != "" {
			return i
		}
	}
	return -1
}

// apply carries out one simple command.
func (s *sedRun) apply(c *sedCommand) (deleted bool) {
	switch c.verb {
	case 's':
		s.substitute(c)
	case 'p':
		s.t.print(s.space + "\n")
	case 'P':
		first, _, _ := strings.Cut(s.space, "\n")
		s.t.print(first + "\n")
	case 'd':
		return true
	case 'D':
		if _, rest, ok := strings.Cut(s.space, "\n"); ok {
			s.space = rest
			return false
		}
		return true
	case 'q', 'Q':
		s.quit = true
		s.code, _ = strconv.Atoi(c.text)
		return c.verb == 'Q'
	case 'a':
		s.append = append(s.append, c.text)
	case 'i':
		s.t.print(c.text + "\n")
	case 'c':
		s.t.print(c.text + "\n")
		return true
	case '=':
		s.t.printf("%d\n", s.line)
	case 'y':
		s.space = mapRunes(s.space, c.text, c.flags)
	case 'h':
		s.hold = s.space
	case 'H':
		s.hold += "\n" + s.space
	case 'g':
		s.space = s.hold
	case 'G':
		s.space += "\n" + s.hold
	case 'x':
		s.space, s.hold = s.hold, s.space
	case 'n':
		if !s.quiet {
			s.t.print(s.space + "\n")
		}
		line, ok := s.next()
		if !ok {
			s.quit = true
			return true
		}
		s.space = line
	case 'N':
		line, ok := s.next()
		if !ok {
			s.quit = true
			return false
		}
		s.space += "\n" + line
	}
	return false
}

func mapRunes(text, from, to string) string {
	a, b := []rune(from), []rune(to)
	return strings.Map(func(r rune) rune {
		for i := range a {
			if a[i] == r && i < len(b) {
				return b[i]
			}
		}
		return r
	}, text)
}

func (s *sedRun) substitute(c *sedCommand) {
	var out strings.Builder
	at, count, done := 0, 0, false
	for _, m := range c.re.FindAllStringSubmatchIndex(s.space, -1) {
		count++
		if count < c.nth || done && !strings.Contains(c.flags, "g") {
			continue
		}
		out.WriteString(s.space[at:m[0]])
		out.WriteString(expandReplacement(c.text, s.space, m))
		at, done = m[1], true
	}
	if !done {
		return
	}
	out.WriteString(s.space[at:])
	s.space, s.replace = out.String(), true
	if strings.Contains(c.flags, "p") {
		s.t.print(s.space + "\n")
	}
}

// expandReplacement fills & and \1 in.
func expandReplacement(text, line string, m []int) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '&':
			out.WriteString(line[m[0]:m[1]])
		case text[i] == '\\' && i+1 < len(text):
			i++
			switch c := text[i]; {
			case c >= '0' && c <= '9':
				if n := 2 * int(c-'0'); n+1 < len(m) && m[n] >= 0 {
					out.WriteString(line[m[n]:m[n+1]])
				}
			case c == 'n':
				out.WriteByte('\n')
			case c == 't':
				out.WriteByte('\t')
			default:
				out.WriteByte(c)
			}
		default:
			out.WriteByte(text[i])
		}
	}
	return out.String()
}

func (p *sedParser) command() (*sedCommand, error) {
	p.made++
	c := &sedCommand{id: p.made, nth: 1}
	var err error
	if c.from, err = p.address(); err != nil {
		return nil, err
	}
	if p.skip(" \t"); c.from != nil && p.peek() == ',' {
		p.at++
		p.skip(" \t")
		if c.to, err = p.address(); err != nil || c.to == nil {
			return nil, fmt.Errorf("unexpected `,'")
		}
	}
	p.skip(" \t")
	if p.peek() == '!' {
		c.not = true
		p.at++
		p.skip(" \t")
	}
	c.verb = p.peek()
	p.at++
	return c, p.arguments(c)
}

// compare is cmp.
func compare(t *tool) int {
	if len(t.args) < 2 {
		return t.usage("FILE1 FILE2")
	}
	var data [2][]byte
	for i := range data {
		fd, ok := t.open(t.args[i])
		if !ok {
			return 2
		}
		data[i], _ = io.ReadAll(t.p.Reader(fd))
		t.close(fd)
	}
	line := 1
	for i := range min(len(data[0]), len(data[1])) {
		if data[0][i] != data[1][i] {
			t.printf("%s %s differ: char %d, line %d\n", t.args[0], t.args[1], i+1, line)
			return 1
		}
		if data[0][i] == '\n' {
			line++
		}
	}
	if len(data[0]) != len(data[1]) {
		shorter := t.args[0]
		if len(data[1]) < len(data[0]) {
			shorter = t.args[1]
		}
		return t.fail("EOF on %s", shorter)
	}
	return 0
}
