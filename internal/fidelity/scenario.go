package fidelity

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// Scenario is what happens in a namespace of its own: steps, and the objects
// that they create. It is read from a txtar archive whose comment has a step a
// line; lines that begin with # are for people. In objects and patches,
// $NAMESPACE, $NOW and $UID(PATH) stand for what the server has there.
//
//	create FILE                        the YAML documents of a file
//	patch RESOURCE/NAME PATCH          a merge patch, YAML in flow style
//	status RESOURCE/NAME PATCH         the same of the status
//	scale RESOURCE/NAME REPLICAS       through the subresource
//	finalize RESOURCE/NAME             takes the finalizers away
//	approve|deny NAME                  a CertificateSigningRequest
//	delete RESOURCE/NAME [PROPAGATION] Background, Foreground or Orphan
//	pods SELECTOR WHICH STATE [CODE]   what a kubelet would say of pods
//	label SELECTOR WHICH PATCH         a merge patch of pods
//	evict SELECTOR WHICH               through the subresource
//	reap [SELECTOR [WHICH]]            terminating pods are gone, as after their grace period
//	pass DURATION                      lets time pass
//	rest [DURATION]                    waits until nothing changes, and compares
//
// WHICH of the pods is `all` or how many, in the order of their names; those
// that are in the state already are left out, and those that terminate unless
// they are reaped. STATE is running, ready, unready, succeeded or failed, the
// latter with its container's exit code.
type Scenario struct {
	// Name is the file's, without its end, and the namespace.
	Name  string
	Steps []Action
	files map[string][]byte
}

// Action is a step: a line of a scenario.
type Action struct {
	Line int
	Verb string
	Args []string
}

func (s Action) String() string {
	return fmt.Sprintf("line %d: %s %s", s.Line, s.Verb, strings.Join(s.Args, " "))
}

// argumentsOf are how many arguments a step takes, at least and at most; the
// last takes the rest of the line.
var argumentsOf = map[string][2]int{
	"create": {1, 1}, "patch": {2, 2}, "status": {2, 2}, "scale": {2, 2}, "finalize": {1, 1},
	"approve": {1, 1}, "deny": {1, 1}, "delete": {1, 2}, "pods": {3, 4}, "label": {3, 3},
	"evict": {2, 2}, "reap": {0, 2}, "pass": {1, 1}, "rest": {0, 1},
}

// ReadScenario reads a file.
func ReadScenario(path string) (Scenario, error) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		return Scenario{}, err
	}
	s := Scenario{Name: strings.TrimSuffix(filepath.Base(path), ".txtar"), files: map[string][]byte{}}
	for _, f := range archive.Files {
		s.files[f.Name] = f.Data
	}
	for i, line := range strings.Split(string(archive.Comment), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		step, err := parseAction(i+1, line)
		if err != nil {
			return Scenario{}, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
		if step.Verb == "create" && s.files[step.Args[0]] == nil {
			return Scenario{}, fmt.Errorf("%s:%d: no file %s", path, i+1, step.Args[0])
		}
		s.Steps = append(s.Steps, step)
	}
	return s, nil
}

func parseAction(number int, line string) (Action, error) {
	verb, rest, _ := strings.Cut(line, " ")
	bounds, known := argumentsOf[verb]
	if !known {
		return Action{}, fmt.Errorf("unknown step %q", verb)
	}
	step := Action{Line: number, Verb: verb}
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		if len(step.Args) == bounds[1]-1 {
			step.Args = append(step.Args, rest)
			break
		}
		var arg string
		arg, rest, _ = strings.Cut(rest, " ")
		step.Args = append(step.Args, arg)
	}
	if len(step.Args) < bounds[0] || bounds[1] < len(step.Args) {
		return Action{}, fmt.Errorf("%s takes %d to %d arguments, not %d", verb, bounds[0], bounds[1], len(step.Args))
	}
	return step, nil
}
