package shell

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"github.com/kubejig/kubejig/internal/simulation/filesystem"
)

// saved is the descriptors as they were before redirections.
type saved struct {
	fds    map[int]int
	opened []int // of the process, to close
}

// redirect carries out redirections. What it returns must be given to restore,
// also when it reports failure.
func (s *Shell) redirect(list []*syntax.Redirect) (saved, bool) {
	if len(list) == 0 {
		return saved{}, true
	}
	before := saved{fds: s.fds}
	s.fds = maps.Clone(s.fds)
	for _, r := range list {
		fd, ok := s.redirectOne(r)
		if fd >= 0 {
			before.opened = append(before.opened, fd)
		}
		if !ok {
			if s.flow == flowNone {
				s.status = 1
				if s.dialect == Dash {
					s.status = 2
				}
			}
			return before, false
		}
	}
	return before, true
}

func (s *Shell) restore(before saved) {
	if before.fds == nil {
		return
	}
	for _, fd := range before.opened {
		s.p.Close(fd)
	}
	s.fds = before.fds
}

// redirectOne carries out one redirection and returns the descriptor of the
// process that it opened, or -1.
func (s *Shell) redirectOne(r *syntax.Redirect) (int, bool) {
	target := 1
	switch r.Op {
	case syntax.RdrIn, syntax.RdrInOut, syntax.DplIn, syntax.Hdoc, syntax.DashHdoc, syntax.WordHdoc:
		target = 0
	}
	if r.N != nil {
		target, _ = strconv.Atoi(r.N.Value)
	}
	switch r.Op {
	case syntax.Hdoc, syntax.DashHdoc:
		body := r.Hdoc
		if r.Op == syntax.DashHdoc {
			body = withoutTabs(body)
		}
		text, ok := s.document(body)
		if !ok {
			return -1, false
		}
		return s.point(target, s.p.OpenBytes([]byte(text))), true
	case syntax.WordHdoc:
		text, ok := s.literal(r.Word)
		if !ok {
			return -1, false
		}
		return s.point(target, s.p.OpenBytes([]byte(text+"\n"))), true
	}
	word, ok := s.literal(r.Word)
	if !ok {
		return -1, false
	}
	if r.Op == syntax.DplIn || r.Op == syntax.DplOut {
		return -1, s.duplicate(target, word)
	}
	return s.redirectFile(r.Op, target, word)
}

// withoutTabs is a here document without the tabs at the starts of its lines.
func withoutTabs(body *syntax.Word) *syntax.Word {
	if body == nil {
		return nil
	}
	out := *body
	out.Parts = slices.Clone(body.Parts)
	for i, part := range out.Parts {
		lit, ok := part.(*syntax.Lit)
		if !ok {
			continue
		}
		stripped := *lit
		for strings.Contains(stripped.Value, "\n\t") {
			stripped.Value = strings.ReplaceAll(stripped.Value, "\n\t", "\n")
		}
		if i == 0 {
			stripped.Value = strings.TrimLeft(stripped.Value, "\t")
		}
		out.Parts[i] = &stripped
	}
	return &out
}

func (s *Shell) point(target, fd int) int {
	s.fds[target] = fd
	return fd
}

// duplicate carries out n>&word.
func (s *Shell) duplicate(target int, word string) bool {
	if word == "-" {
		delete(s.fds, target)
		return true
	}
	n, err := strconv.Atoi(word)
	if err != nil {
		s.complain("%s: bad fd number", word)
		return false
	}
	fd, ok := s.fds[n]
	if !ok {
		s.complain("%d: %v", n, filesystem.EBADF)
		return false
	}
	s.fds[target] = fd
	return true
}

const (
	forReading = filesystem.OpenRead
	forWriting = filesystem.OpenWrite | filesystem.OpenCreate
)

func (s *Shell) redirectFile(op syntax.RedirOperator, target int, path string) (int, bool) {
	flags := forWriting | filesystem.OpenTruncate
	switch op {
	case syntax.RdrIn:
		flags = forReading
	case syntax.RdrInOut:
		flags = forReading | forWriting
	case syntax.AppOut, syntax.AppAll:
		flags = forWriting | filesystem.OpenAppend
	case syntax.RdrOut:
		if s.options.noclobber {
			if info, err := s.p.Stat(path); err == nil && info.Kind == filesystem.Regular {
				s.complain("can't create %s: %v", path, filesystem.EEXIST)
				return -1, false
			}
		}
	}
	fd, err := s.p.Open(path, flags, 0o666)
	if err != nil {
		s.complain("%s", s.dialect.redirectError(path, op != syntax.RdrIn, err))
		return -1, false
	}
	if op == syntax.RdrAll || op == syntax.AppAll {
		s.fds[2] = fd
	}
	return s.point(target, fd), true
}
