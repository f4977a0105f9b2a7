package editor

import (
	"errors"
	"fmt"
	"io"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubejig/kubejig/cli/resource"
)

// results are what came of the last pass through the editor.
type results struct {
	file    string // Where what the user wrote is.
	reasons []reason

	retryable, notFound, invalid int
}

// reason is why a change was refused.
type reason struct {
	head    string
	details []string
}

func (r *results) add(head string, details []string) {
	r.reasons = append(r.reasons, reason{head, details})
}

// writeHeader explains the file to the user, and what was wrong the last time.
func (r *results) writeHeader(w io.Writer, lastApplied bool) {
	if lastApplied {
		fmt.Fprint(w, "# Please edit the 'last-applied-configuration' annotations below.\n"+
			"# Lines beginning with a '#' will be ignored, and an empty file will abort the edit.\n#\n")
	} else {
		fmt.Fprint(w, "# Please edit the object below. Lines beginning with a '#' will be ignored,\n"+
			"# and an empty file will abort the edit. If an error occurs while saving this file will be\n"+
			"# reopened with the relevant failures.\n#\n")
	}
	for _, reason := range r.reasons {
		colon := ""
		if len(reason.details) > 0 {
			colon = ":"
		}
		fmt.Fprintf(w, "# %s%s\n", commented(reason.head), colon)
		for _, detail := range reason.details {
			fmt.Fprintf(w, "# * %s\n", commented(detail))
		}
		fmt.Fprintln(w, "#")
	}
}

// commented makes all lines of a text comments, but for the first.
func commented(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines[1:] {
		last := i+2 == len(lines)
		if line := &lines[i+1]; !strings.HasPrefix(*line, "#") && !(last && *line == "") {
			*line = "# " + *line
		}
	}
	return strings.Join(lines, "\n")
}

// refuse notes, and tells, that the server did not take an object.
func (s *Session) refuse(err error, object *resource.Info) {
	name := fmt.Sprintf("%s %q", object.Mapping.Resource.GroupResource(), object.Name)
	text := ""
	switch {
	case apierrors.IsInvalid(err):
		s.results.invalid++
		s.results.add(name+" was not valid", causes(err))
		text = name + " is invalid"
	case apierrors.IsNotFound(err):
		s.results.notFound++
		text = name + " could not be found on the server"
	default:
		s.results.retryable++
		text = fmt.Sprintf("%s could not be patched: %v", name, err)
	}
	fmt.Fprintln(s.Factory.ErrOut, "error: "+text)
}

func causes(err error) []string {
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		return nil
	}
	var texts []string
	for _, cause := range status.Status().Details.Causes {
		texts = append(texts, fmt.Sprintf("%s: %s", cause.Field, cause.Message))
	}
	return texts
}
