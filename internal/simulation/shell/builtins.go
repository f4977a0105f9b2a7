package shell

import "strings"

// builtin is a command that the shell runs itself. It finds the status at 0.
type builtin func(s *Shell, args []string)

// builtin finds a builtin by name.
func (s *Shell) builtin(name string) (builtin, bool) {
	b := findBuiltin(name)
	if b == nil || bashOnly[name] && s.dialect != Bash {
		return nil, false
	}
	return b, true
}

// specialBuiltins are POSIX's special ones: assignments before them last, and
// a redirection that fails ends the script.
var specialBuiltins = map[string]struct{}{
	":": {}, ".": {}, "break": {}, "continue": {}, "eval": {}, "exec": {}, "exit": {}, "export": {},
	"readonly": {}, "return": {}, "set": {}, "shift": {}, "times": {}, "trap": {}, "unset": {},
}

var bashOnly = map[string]bool{
	"declare": true, "typeset": true, "shopt": true, "mapfile": true, "readarray": true,
}

// findBuiltin is the table of all builtins. It is a switch, since a map would
// depend on itself: builtins run commands, which may be builtins.
func findBuiltin(name string) builtin {
	switch name {
	case ":", "alias", "hash", "history", "shopt", "true", "unalias":
		return func(*Shell, []string) {}
	case ".", "source":
		return (*Shell).source
	case "[", "test":
		return (*Shell).test
	case "bg", "fg":
		return (*Shell).noJobControl
	case "break":
		return func(s *Shell, args []string) { s.leaveLoop(args, flowBreak) }
	case "builtin", "command":
		return (*Shell).command
	case "cd", "chdir":
		return (*Shell).cd
	case "continue":
		return func(s *Shell, args []string) { s.leaveLoop(args, flowContinue) }
	case "declare", "export", "local", "readonly", "typeset":
		return (*Shell).declareWords
	case "echo":
		return (*Shell).echo
	case "eval":
		return (*Shell).eval
	case "exit":
		return (*Shell).exit
	case "false":
		return func(s *Shell, _ []string) { s.status = 1 }
	case "getopts":
		return (*Shell).getopts
	case "jobs":
		return (*Shell).listJobs
	case "kill":
		return (*Shell).kill
	case "let":
		return (*Shell).let
	case "mapfile", "readarray":
		return (*Shell).mapfile
	case "printf":
		return (*Shell).printfCommand
	case "pwd":
		return (*Shell).pwd
	case "read":
		return (*Shell).read
	case "return":
		return (*Shell).returnFrom
	case "set":
		return (*Shell).setOptions
	case "shift":
		return (*Shell).shift
	case "times":
		return func(s *Shell, _ []string) { s.write(1, "0m0.000s 0m0.000s\n0m0.000s 0m0.000s\n") }
	case "trap":
		return (*Shell).trap
	case "type":
		return (*Shell).typeOf
	case "ulimit":
		return (*Shell).ulimit
	case "umask":
		return (*Shell).umask
	case "unset":
		return (*Shell).unsetNames
	case "wait":
		return (*Shell).wait
	}
	return nil
}

// keywords are what `type` calls by that name.
var keywords = map[string]bool{
	"if": true, "then": true, "else": true, "elif": true, "fi": true, "do": true, "done": true, "case": true,
	"esac": true, "while": true, "until": true, "for": true, "{": true, "}": true, "!": true, "in": true,
}

// command runs a builtin or program although there is a function of its name,
// or tells what a name means.
func (s *Shell) command(args []string) {
	rest := args[1:]
	for len(rest) > 0 && strings.HasPrefix(rest[0], "-") {
		switch rest[0] {
		case "-v", "-V":
			for _, name := range rest[1:] {
				s.describeName(name, rest[0] == "-V")
			}
			return
		case "-p", "--":
			rest = rest[1:]
			continue
		}
		s.fail(2, "%s: illegal option %s", args[0], rest[0])
		return
	}
	if len(rest) == 0 {
		return
	}
	if b, ok := s.builtin(rest[0]); ok {
		b(s, rest)
		return
	}
	s.external(rest, s.exported(), false)
}

// describeName prints what a command name means; long as `type` does.
func (s *Shell) describeName(name string, long bool) {
	_, isFunc := s.funcs[name]
	_, isBuiltin := s.builtin(name)
	text, short := "", name
	switch {
	case keywords[name]:
		text = name + " is a shell keyword"
	case isFunc:
		text = name + " is a function"
	case isBuiltin || name == "exec":
		text = name + " is a shell builtin"
	default:
		path, err := s.find(name)
		if err == nil && strings.Contains(name, "/") {
			_, err = s.p.Stat(name)
		}
		if err != nil {
			s.status = 127
			if long {
				s.printf(2, "%s%s\n", s.dialect.prefix(s.name, 0, true), s.dialect.notFound(name))
			}
			return
		}
		text, short = name+" is "+path, path
	}
	if !long {
		text = short
	}
	s.write(1, text+"\n")
}

func (s *Shell) typeOf(args []string) {
	for _, name := range args[1:] {
		s.describeName(name, true)
	}
}
