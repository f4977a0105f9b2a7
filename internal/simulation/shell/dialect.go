package shell

import (
	"fmt"
)

// Dialect is the shell that is imitated where shells differ.
type Dialect uint8

// The dialects.
const (
	Ash  Dialect = iota // busybox, Alpine
	Dash                // Debian's and Ubuntu's sh
	Bash
)

func (d Dialect) version() string {
	if d == Bash {
		return "GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)"
	}
	return "BusyBox v1.36.1 multi-call binary."
}

// prefix begins a message. Ash and bash give the line of a script file, dash
// of any script.
func (d Dialect) prefix(name string, line uint, command bool) string {
	switch {
	case d == Dash && line > 0:
		return fmt.Sprintf("%s: %d: ", name, line)
	case command && d == Bash && line > 0, !command && line > 0:
		return fmt.Sprintf("%s: line %d: ", name, line)
	default:
		return name + ": "
	}
}

func (d Dialect) notFound(name string) string {
	if d == Bash {
		return name + ": command not found"
	}
	return name + ": not found"
}

func (d Dialect) cantOpen(path string, err error) string {
	switch d {
	case Bash:
		return path + ": " + err.Error()
	case Dash:
		return "0: cannot open " + path + ": No such file"
	default:
		return "can't open '" + path + "': " + err.Error()
	}
}

// redirectError is the message for a file that a redirection can't open.
func (d Dialect) redirectError(path string, create bool, err error) string {
	switch {
	case d == Bash:
		return fmt.Sprintf("%s: %v", path, err)
	case create && err.Error() == "No such file or directory" && d == Ash:
		return fmt.Sprintf("can't create %s: nonexistent directory", path)
	case create && d == Dash:
		return fmt.Sprintf("cannot create %s: %v", path, err)
	case create:
		return fmt.Sprintf("can't create %s: %v", path, err)
	case d == Dash:
		return fmt.Sprintf("cannot open %s: No such file", path)
	case err.Error() == "No such file or directory":
		return fmt.Sprintf("can't open %s: no such file", path)
	default:
		return fmt.Sprintf("can't open %s: %v", path, err)
	}
}

func (d Dialect) unset(name string) string {
	if d == Bash {
		return name + ": unbound variable"
	}
	return name + ": parameter not set"
}

func (d Dialect) syntaxError(name string, line uint, text string) string {
	switch d {
	case Bash:
		return fmt.Sprintf("%s: -c: line %d: syntax error: %s", name, line, text)
	case Dash:
		return fmt.Sprintf("%s: %d: Syntax error: %s", name, line, text)
	default:
		return fmt.Sprintf("%s: syntax error: %s", name, text)
	}
}

// prompt is what an interactive shell shows before a command.
func (d Dialect) prompt(user, host, dir, home string, root bool) string {
	sign := "$"
	if root {
		sign = "#"
	}
	if home != "" && dir == home {
		dir = "~"
	}
	switch d {
	case Bash:
		return fmt.Sprintf("%s@%s:%s%s ", user, host, dir, sign)
	case Dash:
		return sign + " "
	default:
		return fmt.Sprintf("%s %s ", dir, sign)
	}
}
