package shell

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

func (s *Shell) configure() {
	s.config = &expand.Config{
		Env:      environ{s},
		CmdSubst: s.substitute,
		ProcSubst: func(*syntax.ProcSubst) (string, error) {
			return "", errors.New("process substitution is not supported")
		},
	}
}

// prepare gives the expansion the options of this moment.
func (s *Shell) prepare() *expand.Config {
	s.config.NoUnset = s.options.nounset
	s.config.ReadDir2 = s.readDir
	if s.options.noglob {
		s.config.ReadDir2 = nil
	}
	return s.config
}

// fields expands words to the arguments of a command.
func (s *Shell) fields(words ...*syntax.Word) ([]string, bool) {
	if out, ok := literals(words); ok {
		return out, true
	}
	out, err := expand.Fields(s.prepare(), words...)
	return out, s.expanded(err)
}

// literals are the words as they stand if there is nothing in them to expand.
func literals(words []*syntax.Word) ([]string, bool) {
	out := make([]string, len(words))
	for i, word := range words {
		lit := word.Lit()
		if lit == "" || strings.ContainsAny(lit, `~*?[\{`) {
			return nil, false
		}
		out[i] = lit
	}
	return out, true
}

// literal expands a word to one string.
func (s *Shell) literal(word *syntax.Word) (string, bool) {
	if word == nil {
		return "", true
	}
	out, err := expand.Literal(s.prepare(), word)
	return out, s.expanded(err)
}

func (s *Shell) document(word *syntax.Word) (string, bool) {
	out, err := expand.Document(s.prepare(), word)
	return out, s.expanded(err)
}

func (s *Shell) pattern(word *syntax.Word) (string, bool) {
	out, err := expand.Pattern(s.prepare(), word)
	return out, s.expanded(err)
}

func (s *Shell) arithmetic(expr syntax.ArithmExpr) (int, bool) {
	n, err := expand.Arithm(s.prepare(), expr)
	return n, s.expanded(err)
}

// expanded reports whether an expansion went well. One that did not ends a
// script that is not interactive.
func (s *Shell) expanded(err error) bool {
	if err == nil {
		return true
	}
	var unset expand.UnsetParameterError
	message := err.Error()
	s.status = 2
	if errors.As(err, &unset) {
		if unset.Message == "unbound variable" || unset.Message == "" {
			message = s.dialect.unset(unset.Node.Param.Value)
		}
		if s.dialect == Bash {
			s.status = 1
		}
	} else if strings.Contains(message, "division by zero") {
		message = "divide by zero"
	}
	s.complain("%s", message)
	if !s.interactive {
		s.flow = flowExit
	}
	return false
}

// substitute runs $(...) and writes what it printed.
func (s *Shell) substitute(w io.Writer, cs *syntax.CmdSubst) error {
	if len(cs.Stmts) == 0 {
		s.substStatus = 0
		return nil
	}
	reader, writer := s.p.Pipe()
	sub, files := s.fork(cs.Stmts)
	sub.state.fds[1] = 1
	files[1] = writer
	pid, err := s.p.Spawn(commandOf(sub, s, files))
	if err != nil {
		return err
	}
	s.p.Close(writer)
	_, err = io.Copy(w, s.p.Reader(reader))
	s.p.Close(reader)
	exit, _ := s.p.Wait(pid)
	s.substStatus = exit.Status.ExitCode()
	return err
}

// readDir lists a directory for globbing.
func (s *Shell) readDir(name string) ([]fs.DirEntry, error) {
	if name == "" {
		name = "."
	}
	infos, err := s.p.ReadDir(path.Clean(strings.ReplaceAll(name, `\`, "/")))
	if err != nil {
		return nil, err
	}
	entries := make([]fs.DirEntry, len(infos))
	for i, info := range infos {
		entries[i] = dirEntry{info}
	}
	return entries, nil
}

// dirEntry shows a file as package io/fs does.
type dirEntry struct{ file filesystem.Info }

func (d dirEntry) Name() string               { return d.file.Name }
func (d dirEntry) IsDir() bool                { return d.file.IsDir() }
func (d dirEntry) Info() (fs.FileInfo, error) { return fileInfo(d), nil }
func (d dirEntry) Type() fs.FileMode {
	switch d.file.Kind {
	case filesystem.Directory:
		return fs.ModeDir
	case filesystem.Symlink:
		return fs.ModeSymlink
	default:
		return 0
	}
}

type fileInfo dirEntry

func (f fileInfo) Name() string       { return f.file.Name }
func (f fileInfo) Size() int64        { return f.file.Size }
func (f fileInfo) Mode() fs.FileMode  { return fs.FileMode(f.file.Mode) | dirEntry(f).Type() }
func (f fileInfo) ModTime() time.Time { return f.file.ModTime }
func (f fileInfo) IsDir() bool        { return f.file.IsDir() }
func (f fileInfo) Sys() any           { return nil }
