// Package compat compares our command line with the reference kubectl: both run
// the same scripts, each against a cluster of its own, and must print the same
// bytes, end with the same status and change the cluster the same number of
// times. The clusters are twins, of one seed, clock and first instant.
//
// testdata holds the scripts, one a command or kind, and known_differences.txt
// what may differ, with the reason. The package is only used by its own test.
package compat

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/txtar"
	"mvdan.cc/sh/v3/shell"
)

// Script is a txtar document: steps, one a line, and the files they use, of which
// those in the folder bin are on the PATH and find kubectl as $KUBECTL. Blank
// lines and lines that begin with # say nothing. A step is one of
//
//	kubectl ARG... [< FILE] [&]     a command line to compare; & leaves it running
//	kubectl ARG... > /dev/full      the same, with a full disk to write its output to
//	kubectl ARG... | sort           the same, whose lines come in any order
//	finish                          waits for its end
//	stop LINES                      interrupts it once it has printed so many lines
//	signal NAME LINES ARG...        runs kubectl and sends it a signal (INT, TERM) once
//	                                it has printed so many lines and, if that is
//	                                none, waits for the cluster
//	show FILE                       compares a file that a command line has written
//	new [OPTION=VALUE...]           fresh twins: clock=auto, nodes=5, authorization=RBAC
//	advance DURATION                cluster time passes
//	env NAME=VALUE...               environment variables from here on, until new
//	answer STATUS METHOD PATH FILE  the servers answer so, with a file's content;
//	                                without arguments: as they do by themselves
//	answer cut METHOD PATH FILE     200 and half of the file, then the connection is cut
//	answer never METHOD PATH        no answer until the client gives up
//	rest                            from here on, only where everything is compared
//
// Words are split and quoted as in a shell; $VARIABLE is replaced by what env
// gave, $FILES by the URL of a server that has the script's files.
type Script struct {
	Name  string
	Steps []Step
	Files []txtar.File
}

// Step is one line of a script.
type Step struct {
	Line int
	// Text is the line as it stands in the script.
	Text string
	// Verb is the line's first word.
	Verb string
	// Words are the others, still quoted.
	Words string
}

// verbs are the steps that there are.
var verbs = []string{"kubectl", "finish", "stop", "signal", "show", "new", "advance", "env", "answer", "rest"}

// ReadScript reads and checks a script.
func ReadScript(path string) (Script, error) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		return Script{}, err
	}
	steps, err := parseSteps(string(archive.Comment))
	if err != nil {
		return Script{}, fmt.Errorf("%s:%w", path, err)
	}
	name := strings.TrimSuffix(filepath.Base(path), ".txtar")
	return Script{Name: name, Steps: steps, Files: archive.Files}, nil
}

func parseSteps(text string) ([]Step, error) {
	var steps []Step
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		verb, words, _ := strings.Cut(line, " ")
		if !slices.Contains(verbs, verb) {
			return nil, fmt.Errorf("%d: unknown step %q", number, verb)
		}
		steps = append(steps, Step{Line: number, Text: line, Verb: verb, Words: words})
	}
	return steps, nil
}

// CommandLine is a step that runs kubectl.
type CommandLine struct {
	Args []string
	// Stdin names the file that it reads; "" is no input.
	Stdin string
	// Full says that its output goes to a full disk.
	Full bool
	// Background says that the script goes on while it runs.
	Background bool
	// Sorted says that the order of its lines means nothing.
	Sorted bool
}

// commandLine splits the words of a step.
func (s Step) commandLine(getenv func(string) string) (CommandLine, error) {
	var c CommandLine
	words := s.Words
	if rest, ok := strings.CutSuffix(words, " &"); ok {
		c.Background, words = true, rest
	}
	if rest, ok := strings.CutSuffix(words, " | sort"); ok {
		c.Sorted, words = true, rest
	}
	words, c.Full = strings.CutSuffix(words, " > /dev/full")
	if i := strings.LastIndex(words, " < "); i >= 0 {
		c.Stdin, words = strings.TrimSpace(words[i+3:]), words[:i]
	}
	args, err := shell.Fields(words, getenv)
	if err != nil {
		return CommandLine{}, fmt.Errorf("%d: %w", s.Line, err)
	}
	c.Args = args
	return c, nil
}
