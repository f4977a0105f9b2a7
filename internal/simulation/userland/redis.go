package userland

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// redisCLI is redis-cli: one command, or those on the standard input.
func redisCLI(t *tool) int {
	f, ok := t.parseWith(flagSpec{letters: "h:p:a:n:u:e", stop: true, long: map[string]string{"raw": "R", "no-auth-warning": "W"}}, t.args)
	if !ok {
		return 1
	}
	host, port := f.value("h", "127.0.0.1"), f.number("p", 6379)
	fd, _, err := t.dialHost(host, port, 0)
	if err != nil {
		fmt.Fprintf(t.p.Writer(2), "Could not connect to Redis at %s:%d: %v\n", host, port, err)
		return 1
	}
	c := &redisClient{t: t, fd: fd, r: bufio.NewReader(t.p.Reader(fd)), formatted: t.p.IsTerminal(1)}
	if len(f.rest) > 0 {
		return c.run(f.rest)
	}
	prompt := ""
	if t.p.IsTerminal(0) {
		prompt = fmt.Sprintf("%s:%d> ", host, port)
	}
	t.print(prompt)
	t.flush()
	lines(t.p.Reader(0), func(line string) bool {
		args := quotedFields(line)
		if len(args) > 0 {
			if name := strings.ToLower(args[0]); name == "exit" || name == "quit" {
				return false
			}
			c.run(args)
		}
		t.print(prompt)
		t.flush()
		return true
	})
	return 0
}

// redisClient is a connection to a server.
type redisClient struct {
	t         *tool
	fd        int
	r         *bufio.Reader
	formatted bool // for people
}

func (c *redisClient) run(args []string) int {
	var out strings.Builder
	fmt.Fprintf(&out, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&out, "$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := c.t.p.Write(c.fd, []byte(out.String())); err != nil {
		return c.t.fail("Error: Server closed the connection")
	}
	text, err := c.reply("")
	if err != nil {
		fmt.Fprint(c.t.p.Writer(2), "Error: Server closed the connection\n")
		return 1
	}
	c.t.print(text + "\n")
	return 0
}

// reply reads a reply and shows it; indent stands before the lines of lists.
func (c *redisClient) reply(indent string) (string, error) {
	line, err := c.r.ReadString('\n')
	if err != nil || len(line) < 3 {
		return "", io.ErrUnexpectedEOF
	}
	text := strings.TrimRight(line[1:], "\r\n")
	switch line[0] {
	case '-':
		if c.formatted {
			return "(error) " + text, nil
		}
		return text + "\n", nil
	case ':':
		if c.formatted {
			return "(integer) " + text, nil
		}
	case '$':
		return c.bulk(text)
	case '*':
		return c.list(text, indent)
	}
	return text, nil
}

func (c *redisClient) bulk(size string) (string, error) {
	n, err := strconv.Atoi(size)
	if err != nil || n < 0 {
		if c.formatted {
			return "(nil)", nil
		}
		return "", nil
	}
	data := make([]byte, n+2)
	if _, err := io.ReadFull(c.r, data); err != nil {
		return "", err
	}
	if c.formatted {
		return strconv.Quote(string(data[:n])), nil
	}
	return string(data[:n]), nil
}

func (c *redisClient) list(size, indent string) (string, error) {
	n, _ := strconv.Atoi(size)
	if n <= 0 {
		if c.formatted {
			return "(empty array)", nil
		}
		return "", nil
	}
	var items []string
	for i := range n {
		item, err := c.reply(indent + "   ")
		if err != nil {
			return "", err
		}
		if c.formatted {
			item = fmt.Sprintf("%d) %s", i+1, item)
			if i > 0 {
				item = indent + item
			}
		}
		items = append(items, item)
	}
	return strings.Join(items, "\n"), nil
}
