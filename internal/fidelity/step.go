package fidelity

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Step is a request of a file of testdata/requests. The files have the form that
// editors know as .http:
//
//	### What it is about
//	# @name made
//	POST /api/v1/namespaces/{{namespace}}/configmaps
//	Accept: application/yaml
//
//	{"metadata": {"name": "a"}}
//
//	###
//	DELETE /api/v1/namespaces/{{namespace}}/configmaps/{{made.response.body.$.metadata.name}}
//
// Title, name, headers and body may be left out. After "# @rest PATH" the step
// waits until controllers leave that object alone. After "# @until CODE" the
// reference is asked again until it answers so: it heeds new policies late. {{NAME}} is a variable, and
// {{NAME.response.body.$.PATH}} is part of the answer to the step of that @name.
type Step struct {
	Title string
	// Name is what later steps call its answer.
	Name string
	// Rest is an object that the reference's controllers must have left alone
	// for a while before the step; empty: none.
	Rest string
	// Until is the status for which the reference is asked again and again; 0: it
	// is asked once.
	Until   int
	Request Request
}

// String is the step's title, else what it asks.
func (s Step) String() string {
	if s.Title != "" {
		return s.Title
	}
	return s.Request.Method + " " + s.Request.Path
}

// ReadSteps reads a file.
func ReadSteps(path string) ([]Step, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var steps []Step
	for block := range strings.SplitSeq("\n"+string(text), "\n###") {
		if strings.TrimSpace(block) == "" {
			continue
		}
		step, err := readStep(block)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// annotate heeds a comment.
func (s *Step) annotate(comment string) error {
	if name, found := strings.CutPrefix(comment, "@name "); found {
		s.Name = name
	}
	if path, found := strings.CutPrefix(comment, "@rest "); found {
		s.Rest = path
	}
	if code, found := strings.CutPrefix(comment, "@until "); found {
		var err error
		s.Until, err = strconv.Atoi(code)
		return err
	}
	return nil
}

// readStep reads what follows the ### of a step.
func readStep(block string) (Step, error) {
	title, rest, _ := strings.Cut(block, "\n")
	step := Step{Title: strings.TrimSpace(title)}
	head, body, _ := strings.Cut(strings.TrimLeft(rest, "\n"), "\n\n")
	for line := range strings.Lines(head) {
		line = strings.TrimSpace(line)
		comment, isComment := strings.CutPrefix(line, "# ")
		method, path, _ := strings.Cut(line, " ")
		switch {
		case isComment:
			if err := step.annotate(comment); err != nil {
				return step, err
			}
		case step.Request.Method != "":
			step.Request.Header = append(step.Request.Header, line)
		case strings.HasPrefix(path, "/"):
			step.Request.Method, step.Request.Path = method, path
		default:
			return step, fmt.Errorf("%q is not METHOD /PATH", line)
		}
	}
	if step.Request.Method == "" {
		return step, fmt.Errorf("%q asks nothing", block)
	}
	if body = strings.TrimSpace(body); body != "" {
		step.Request.Body = []byte(body)
	}
	return step, nil
}
