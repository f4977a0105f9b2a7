package fidelity

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strings"

	"k8s.io/client-go/util/jsonpath"
)

// Session is a client of one server that remembers what it was told.
type Session struct {
	server    Server
	variables map[string]string
	// answers are those to the steps that have a name.
	answers map[string][]byte
}

// NewSession returns one with variables.
func NewSession(server Server, variables map[string]string) *Session {
	return &Session{server: server, variables: maps.Clone(variables), answers: map[string][]byte{}}
}

// Do sends a step. The error is one of the script.
func (s *Session) Do(ctx context.Context, step Step) (Answer, error) {
	r := step.Request
	var failed error
	fill := func(text string) string {
		filled, err := s.fill(text)
		if err != nil {
			failed = fmt.Errorf("%s: %w", step, err)
		}
		return filled
	}
	r.Path = fill(r.Path)
	r.Header = make([]string, len(step.Request.Header))
	for i, line := range step.Request.Header {
		r.Header[i] = fill(line)
	}
	if r.Body != nil {
		r.Body = []byte(fill(string(r.Body)))
	}
	if failed != nil {
		return Answer{}, failed
	}
	answer := s.server.Do(ctx, r)
	if step.Name != "" {
		s.answers[step.Name] = answer.Body
	}
	return answer, nil
}

// placeholder is {{NAME}} or {{NAME.response.body.$.PATH}}.
var placeholder = regexp.MustCompile(`\{\{([a-zA-Z]+)(?:\.response\.body\.\$(\.[^}]+))?\}\}`)

// fill puts values in the place of placeholders.
func (s *Session) fill(text string) (filled string, err error) {
	filled = placeholder.ReplaceAllStringFunc(text, func(found string) string {
		groups := placeholder.FindStringSubmatch(found)
		name, path := groups[1], groups[2]
		if path == "" {
			value, known := s.variables[name]
			if !known {
				err = fmt.Errorf("there is no variable %s", name)
			}
			return value
		}
		value, problem := part(s.answers[name], path)
		if problem != nil {
			err = fmt.Errorf("%s: %w", found, problem)
		}
		return value
	})
	return filled, err
}

// part is what is at a path of a JSON document.
func part(document []byte, path string) (string, error) {
	var content any
	if err := json.Unmarshal(document, &content); err != nil {
		return "", err
	}
	query := jsonpath.New("part")
	if err := query.Parse("{" + path + "}"); err != nil {
		return "", err
	}
	var b strings.Builder
	err := query.Execute(&b, content)
	return b.String(), err
}
