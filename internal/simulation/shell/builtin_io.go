package shell

import (
	"strconv"
	"strings"
	"time"

	"mvdan.cc/sh/v3/expand"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

func (s *Shell) echo(args []string) {
	s.write(1, Echo(args[1:], s.dialect == Dash))
}

// Echo is what `echo` prints for arguments. Always says that backslashes are
// escapes without being asked by -e, as in dash.
func Echo(args []string, always bool) string {
	newline, escapes := true, always
	for len(args) > 0 && isEchoOption(args[0], always) {
		for _, letter := range args[0][1:] {
			switch letter {
			case 'n':
				newline = false
			case 'e':
				escapes = true
			case 'E':
				escapes = false
			}
		}
		args = args[1:]
	}
	text := strings.Join(args, " ")
	if escapes {
		var ended bool
		if text, ended = unescape(text); ended {
			return text
		}
	}
	if newline {
		text += "\n"
	}
	return text
}

func isEchoOption(arg string, onlyN bool) bool {
	if len(arg) < 2 || arg[0] != '-' {
		return false
	}
	if onlyN {
		return arg == "-n"
	}
	return strings.Trim(arg[1:], "neE") == ""
}

// unescape interprets backslashes as echo does; \c ends the output.
func unescape(text string) (out string, ended bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			b.WriteByte(text[i])
			continue
		}
		i++
		if at := strings.IndexByte(`abfnrtv\e`, text[i]); at >= 0 {
			b.WriteByte("\a\b\f\n\r\t\v\\\x1b"[at])
			continue
		}
		switch text[i] {
		case 'c':
			return b.String(), true
		case '0':
			i += writeCode(&b, text[i+1:], 3, 8)
		case 'x':
			i += writeCode(&b, text[i+1:], 2, 16)
		default:
			b.WriteByte('\\')
			b.WriteByte(text[i])
		}
	}
	return b.String(), false
}

// writeCode writes the byte whose number text begins with, and returns how
// many digits that took.
func writeCode(b *strings.Builder, text string, digits, base int) int {
	n := 0
	for n < digits && n < len(text) {
		if _, err := strconv.ParseUint(text[n:n+1], base, 8); err != nil {
			break
		}
		n++
	}
	code, _ := strconv.ParseUint("0"+text[:n], base, 16)
	b.WriteByte(byte(code))
	return n
}

func (s *Shell) printfCommand(args []string) {
	args = args[1:]
	variable := ""
	if len(args) > 2 && args[0] == "-v" && s.dialect == Bash {
		variable, args = args[1], args[2:]
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		s.fail(2, "printf: usage: printf FORMAT [ARG]...")
		return
	}
	out, err := Printf(args[0], args[1:])
	if variable != "" {
		s.set(variable, out)
	} else {
		s.write(1, out)
	}
	if err != nil {
		s.fail(1, "printf: %v", err)
	}
}

// readOptions are the options of `read`.
type readOptions struct {
	raw     bool
	prompt  string
	timeout time.Duration
	chars   int
	fd      int
	array   string
	silent  bool
}

// parseRead returns the options and the names.
func (s *Shell) parseRead(args []string) (readOptions, []string, bool) {
	o := readOptions{timeout: -1}
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		letters := args[0][1:]
		args = args[1:]
		for i := 0; i < len(letters); i++ {
			if letters[i] == 'r' || letters[i] == 's' || letters[i] == 'e' {
				o.raw = o.raw || letters[i] == 'r'
				o.silent = o.silent || letters[i] == 's'
				continue
			}
			value := letters[i+1:]
			if value == "" && len(args) > 0 {
				value, args = args[0], args[1:]
			}
			if !o.set(letters[i], value) {
				s.fail(2, "read: illegal option -%c", letters[i])
				return o, nil, false
			}
			break
		}
	}
	return o, args, true
}

func (o *readOptions) set(letter byte, value string) bool {
	switch letter {
	case 'p':
		o.prompt = value
	case 't':
		seconds, _ := strconv.ParseFloat(value, 64)
		o.timeout = time.Duration(seconds * float64(time.Second))
	case 'n', 'N':
		o.chars, _ = strconv.Atoi(value)
	case 'u':
		o.fd, _ = strconv.Atoi(value)
	case 'a':
		o.array = value
	case 'd':
	default:
		return false
	}
	return true
}

func (s *Shell) read(args []string) {
	o, names, ok := s.parseRead(args[1:])
	if !ok {
		return
	}
	fd, ok := s.fds[o.fd]
	if !ok {
		s.fail(1, "read: %v", filesystem.EBADF)
		return
	}
	if o.prompt != "" {
		s.write(2, o.prompt)
	}
	line, complete := s.readLine(fd, o)
	if !complete {
		s.status = 1
	}
	if o.array != "" {
		s.put(o.array, expand.Variable{Set: true, Kind: expand.Indexed, List: expand.ReadFields(s.config, line, -1, o.raw)})
		return
	}
	if len(names) == 0 {
		s.set("REPLY", line)
		return
	}
	fields := expand.ReadFields(s.prepare(), line, len(names), o.raw)
	for i, name := range names {
		value := ""
		if i < len(fields) {
			value = fields[i]
		}
		if err := s.set(name, value); err != nil {
			s.fail(1, "read: %v", err)
		}
	}
}

// readLine reads up to a newline, and reports whether there was one.
func (s *Shell) readLine(fd int, o readOptions) (string, bool) {
	var line strings.Builder
	for {
		if o.timeout >= 0 {
			if ready, _ := s.p.Ready(o.timeout, fd); ready < 0 {
				return line.String(), false
			}
		}
		var data []byte
		var err error
		if o.chars > 0 {
			data, err = s.p.Read(fd, 1)
		} else {
			data, err = s.p.ReadUntil(fd, '\n')
		}
		line.Write(data)
		if err == filesystem.EINTR {
			s.runTraps()
			if s.flow != flowNone {
				return line.String(), false
			}
			continue
		}
		text := line.String()
		switch {
		case err != nil:
			return text, false
		case o.chars > 0 && len(text) >= o.chars:
			return text, true
		case !strings.HasSuffix(text, "\n"):
		case !o.raw && strings.HasSuffix(text, "\\\n") && !strings.HasSuffix(text, "\\\\\n"):
			line.Reset()
			line.WriteString(strings.TrimSuffix(text, "\\\n"))
		default:
			return strings.TrimSuffix(text, "\n"), true
		}
	}
}

// mapfile reads lines into an array.
func (s *Shell) mapfile(args []string) {
	name, trim := "MAPFILE", false
	for _, arg := range args[1:] {
		if arg == "-t" {
			trim = true
		} else {
			name = arg
		}
	}
	var list []string
	for {
		line, complete := s.readLine(s.fds[0], readOptions{raw: true, timeout: -1})
		if !complete && line == "" {
			break
		}
		if !trim && complete {
			line += "\n"
		}
		list = append(list, line)
	}
	s.put(name, expand.Variable{Set: true, Kind: expand.Indexed, List: list})
}

func (s *Shell) pwd([]string) {
	s.write(1, s.get("PWD")+"\n")
}

func (s *Shell) cd(args []string) {
	dir, show := s.get("HOME"), false
	if len(args) > 1 && (args[1] == "-P" || args[1] == "-L" || args[1] == "--") {
		args = args[1:]
	}
	if len(args) > 1 {
		dir = args[1]
	}
	if dir == "-" {
		dir, show = s.get("OLDPWD"), true
	}
	if dir == "" {
		return
	}
	if err := s.p.Chdir(dir); err != nil {
		if s.dialect == Bash {
			s.fail(1, "cd: %s: %v", dir, err)
		} else {
			s.fail(1, "cd: can't cd to %s: %v", dir, err)
		}
		if s.dialect == Dash {
			s.status = 2
		}
		return
	}
	s.set("OLDPWD", s.get("PWD"))
	s.set("PWD", s.p.Getwd())
	if show {
		s.write(1, s.get("PWD")+"\n")
	}
}

func (s *Shell) umask(args []string) {
	if len(args) == 1 {
		mask := s.p.Umask(0)
		s.p.Umask(mask)
		s.printf(1, "%04o\n", mask)
		return
	}
	mask, err := strconv.ParseUint(args[1], 8, 32)
	if err != nil {
		s.fail(2, "umask: illegal mode: %s", args[1])
		return
	}
	s.p.Umask(uint32(mask))
}

func (s *Shell) ulimit(args []string) {
	for _, arg := range args[1:] {
		if arg == "-n" {
			s.write(1, "1048576\n")
			return
		}
		if arg == "-a" {
			s.write(1, "core file size (blocks)         (-c) unlimited\nfile size (blocks)              (-f) unlimited\n"+
				"open files                      (-n) 1048576\nprocesses                       (-p) unlimited\n")
			return
		}
	}
	s.write(1, "unlimited\n")
}
