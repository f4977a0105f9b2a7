package userland

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// sedParser reads a script.
type sedParser struct {
	text     string
	at       int
	extended bool
	made     int
	lastRE   *regexp.Regexp
}

func (p *sedParser) peek() byte {
	if p.at >= len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *sedParser) skip(set string) {
	for p.at < len(p.text) && strings.IndexByte(set, p.text[p.at]) >= 0 {
		p.at++
	}
}

// commands reads up to the end, or to the } of a block.
func (p *sedParser) commands(inBlock bool) ([]*sedCommand, error) {
	var out []*sedCommand
	for {
		p.skip(" \t\n;")
		switch {
		case p.at >= len(p.text):
			if inBlock {
				return nil, fmt.Errorf("unmatched `{'")
			}
			return out, nil
		case p.peek() == '#':
			p.line()
			continue
		case p.peek() == '}' && inBlock:
			p.at++
			return out, nil
		}
		c, err := p.command()
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
}

func (p *sedParser) arguments(c *sedCommand) error {
	var err error
	switch c.verb {
	case '{':
		c.block, err = p.commands(true)
	case 's':
		err = p.substitution(c)
	case 'y':
		delim := p.peek()
		p.at++
		if c.text, err = p.until(delim, false); err == nil {
			c.flags, err = p.until(delim, false)
		}
	case 'a', 'i', 'c':
		c.text = p.textArgument()
	case ':', 't', 'b':
		p.skip(" \t")
		c.text = strings.TrimRight(p.word(), " \t")
	case 'q', 'Q':
		p.skip(" \t")
		c.text = p.word()
	case 'p', 'P', 'd', 'D', '=', 'h', 'H', 'g', 'G', 'x', 'n', 'N':
	default:
		err = fmt.Errorf("unknown command: `%c'", c.verb)
	}
	return err
}

func (p *sedParser) word() string {
	start := p.at
	for p.at < len(p.text) && strings.IndexByte("; \n}", p.text[p.at]) < 0 {
		p.at++
	}
	return p.text[start:p.at]
}

// line reads the rest of the line.
func (p *sedParser) line() string {
	line, _, _ := strings.Cut(p.text[p.at:], "\n")
	p.at += len(line)
	return line
}

// textArgument reads the text of a, i and c, in one line or after a backslash.
func (p *sedParser) textArgument() string {
	p.skip(" \t")
	if strings.HasPrefix(p.text[p.at:], "\\\n") {
		p.at += 2
	} else if p.peek() == '\\' {
		p.at++
	}
	text := p.line()
	for strings.HasSuffix(text, "\\") && p.at < len(p.text) {
		p.at++
		text = strings.TrimSuffix(text, "\\") + "\n" + p.line()
	}
	return text
}

func (p *sedParser) address() (*sedAddress, error) {
	switch c := p.peek(); {
	case c == '$':
		p.at++
		return &sedAddress{last: true}, nil
	case c == '+' || c >= '0' && c <= '9':
		a := &sedAddress{plus: c == '+'}
		if a.plus {
			p.at++
		}
		a.line = p.digits()
		if p.peek() == '~' {
			p.at++
			a.step = p.digits()
		}
		return a, nil
	case c == '/' || c == '\\':
		if p.at++; c == '\\' {
			c = p.peek()
			p.at++
		}
		text, err := p.until(c, true)
		if err != nil {
			return nil, err
		}
		flags := ""
		if p.peek() == 'I' {
			p.at++
			flags = "i"
		}
		re, err := p.compile(text, flags)
		return &sedAddress{re: re}, err
	}
	return nil, nil
}

func (p *sedParser) digits() int {
	start := p.at
	for p.peek() >= '0' && p.peek() <= '9' {
		p.at++
	}
	n, _ := strconv.Atoi(p.text[start:p.at])
	return n
}

// until reads up to a delimiter, which a backslash hides.
func (p *sedParser) until(delim byte, expression bool) (string, error) {
	var out strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		switch {
		case c == delim:
			p.at++
			return out.String(), nil
		case c == '\\' && p.at+1 < len(p.text):
			p.at++
			if next := p.text[p.at]; next != delim {
				if next == '\n' {
					out.WriteByte('\n')
				} else {
					out.WriteByte('\\')
					out.WriteByte(next)
				}
			} else {
				out.WriteByte(delim)
			}
		case c == '[' && expression:
			end := bracketEnd(p.text, p.at)
			out.WriteString(p.text[p.at:end])
			p.at = end - 1
		default:
			out.WriteByte(c)
		}
		p.at++
	}
	return "", fmt.Errorf("unterminated `s' command")
}

func (p *sedParser) substitution(c *sedCommand) error {
	delim := p.peek()
	p.at++
	expr, err := p.until(delim, true)
	if err != nil {
		return err
	}
	if c.text, err = p.until(delim, false); err != nil {
		return err
	}
	for strings.IndexByte("gpiIme0123456789", p.peek()) >= 0 && p.peek() != 0 {
		if d := p.peek(); d >= '0' && d <= '9' {
			c.nth = p.digits()
			continue
		}
		c.flags += string(p.peek())
		p.at++
	}
	c.re, err = p.compile(expr, c.flags)
	return err
}

func (p *sedParser) compile(expr, flags string) (*regexp.Regexp, error) {
	if expr == "" && p.lastRE != nil {
		return p.lastRE, nil
	}
	if !p.extended {
		expr = basicToExtended(expr)
	}
	expr = posixClasses(expr)
	if strings.ContainsAny(flags, "iI") {
		expr = "(?i)" + expr
	}
	re, err := regexp.Compile(expr)
	p.lastRE = re
	return re, err
}
