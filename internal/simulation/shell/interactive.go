package shell

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
	"github.com/kubejig/kubejig/internal/simulation/process"
)

// fromInput runs the commands that stand on the standard input, line by line.
// On a terminal it prompts for them.
func (s *Shell) fromInput() {
	s.inCommand = true
	if s.p.IsTerminal(0) {
		s.interactive = true
	}
	if s.interactive {
		s.p.Catch(process.SIGINT)
		s.p.Ignore(process.SIGTERM, process.SIGQUIT)
	}
	for s.flow != flowExit {
		text, more := s.readCommand()
		if text != "" {
			s.evalLine(text)
		}
		if !more {
			break
		}
	}
	if s.interactive && s.flow != flowExit && s.dialect == Bash {
		s.write(2, "exit\n")
	}
}

func (s *Shell) evalLine(text string) {
	s.evalText(text)
	if s.interactive && s.flow != flowExit {
		s.flow, s.loops, s.calls, s.condition = flowNone, 0, 0, 0
	}
}

// readCommand reads lines until they are a complete command.
func (s *Shell) readCommand() (text string, more bool) {
	for {
		s.runTraps()
		s.prompt(text != "")
		line, err := s.inputLine()
		if err == filesystem.EINTR {
			s.runTraps()
			text = ""
			if s.interactive {
				s.write(2, "\n")
			}
			if s.flow == flowExit {
				return "", false
			}
			continue
		}
		text += line
		if err != nil {
			return text, false
		}
		if _, err := s.parse(text); err == nil || !syntax.IsIncomplete(err) {
			return text, true
		}
	}
}

func (s *Shell) inputLine() (string, error) {
	var line strings.Builder
	for {
		data, err := s.p.ReadUntil(s.fds[0], '\n')
		line.Write(data)
		if err != nil || strings.HasSuffix(line.String(), "\n") {
			return line.String(), err
		}
	}
}

func (s *Shell) prompt(continued bool) {
	if !s.interactive {
		return
	}
	if continued {
		s.write(2, "> ")
		return
	}
	root := s.p.Credential().UID == 0
	user := "root"
	if !root {
		user = "I have no name!"
	}
	host, _, _ := strings.Cut(s.p.Space().Hostname, ".")
	s.write(2, s.dialect.prompt(user, host, s.get("PWD"), s.get("HOME"), root))
}
