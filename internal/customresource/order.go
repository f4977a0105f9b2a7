package customresource

import (
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// inOrder puts what a schema says of an object into an order that is the same
// in every run: that in which it was found, but for the fields of an object,
// which are visited as a map is and are sorted by name here.
func inOrder(errs field.ErrorList) field.ErrorList {
	findings := make([]finding, len(errs))
	for i, err := range errs {
		findings[i] = finding{steps: stepsOf(err), err: err}
	}
	sortFields(findings, 0)
	for i, f := range findings {
		errs[i] = f.err
	}
	return errs
}

// finding is an error and the steps from the object to the value that it is
// about: names, and indexes as [0.
type finding struct {
	steps []string
	err   *field.Error
}

// sortFields sorts each run of findings about the fields of one object, which
// is so many steps down, and goes on with each field.
func sortFields(findings []finding, depth int) {
	for len(findings) > 0 {
		if len(findings[0].steps) <= depth {
			findings = findings[1:]
			continue
		}
		run := findings
		if end := slices.IndexFunc(findings, func(f finding) bool { return len(f.steps) <= depth }); end > 0 {
			run = findings[:end]
		}
		slices.SortStableFunc(run, func(a, b finding) int { return compareSteps(a.steps[depth], b.steps[depth]) })
		for rest := run; len(rest) > 0; {
			same := 1
			for same < len(rest) && rest[same].steps[depth] == rest[0].steps[depth] {
				same++
			}
			sortFields(rest[:same], depth+1)
			rest = rest[same:]
		}
		findings = findings[len(run):]
	}
}

// compareSteps leaves the elements of a list as they were found: in order.
func compareSteps(a, b string) int {
	if strings.HasPrefix(a, "[") && strings.HasPrefix(b, "[") {
		return 0
	}
	return strings.Compare(a, b)
}

// subject finds what an error without a field is about, in its words.
var subject = regexp.MustCompile(`^"([^"]*)" must |in ([^ ]+)$`)

// stepsOf leads to the value whose schema was broken: that of a missing field
// is the object that lacks it.
func stepsOf(err *field.Error) []string {
	path := err.Field
	if path == "" || path == "<nil>" {
		if found := subject.FindStringSubmatch(err.Detail); found != nil {
			path = found[1] + found[2]
		}
	}
	if path == "" || path == "<nil>" {
		return nil
	}
	steps := strings.Split(strings.ReplaceAll(path, "[", ".["), ".")
	if err.Type == field.ErrorTypeRequired {
		steps = steps[:len(steps)-1]
	}
	return steps
}
