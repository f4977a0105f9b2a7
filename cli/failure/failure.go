// Package failure says how errors are shown to users and with which status
// the program ends, by one table for all commands.
//
// Commands return errors; nobody but the program's entry prints them. Errors
// are told apart by their own type, not by what they wrap: a wrapped API error
// reads "error: while doing this: ...", a bare one "Error from server ...".
package failure

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/tools/clientcmd"
	utilexec "k8s.io/client-go/util/exec"

	"github.com/kubejig/kubejig/cli/runlog"
)

// general is the exit status of errors that bring none of their own.
const general = 1

// Silent ends the program with status 1 and no message: what there was to say
// has been said.
var Silent = errors.New("exit")

// withCode is an error with an exit status of its own.
type withCode struct {
	error
	code int
}

func (e withCode) Unwrap() error { return e.error }

// WithCode gives err an exit status other than 1. A nil err stays nil.
func WithCode(err error, code int) error {
	if err == nil {
		return nil
	}
	return withCode{err, code}
}

// Usage is an error in how cmd was called; it points to the command's help.
func Usage(cmd *cobra.Command, format string, args ...any) error {
	return fmt.Errorf("%s\nSee '%s -h' for help and examples", fmt.Sprintf(format, args...), cmd.CommandPath())
}

// WithSource adds to err what was being done and the file that asked for it.
// API errors stay API errors.
func WithSource(doing, source string, err error) error {
	if source == "" {
		return err
	}
	if status, ok := err.(apierrors.APIStatus); ok {
		s := status.Status()
		s.Message = fmt.Sprintf("error when %s %q: %v", doing, source, s.Message)
		return &apierrors.StatusError{ErrStatus: s}
	}
	return fmt.Errorf("error when %s %q: %v", doing, source, err)
}

// Report prints err, if there is anything to print, and returns the exit
// status that goes with it.
func Report(err error, w io.Writer) int {
	text, code := render(err)
	if text != "" {
		if !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		fmt.Fprint(w, text)
	}
	return code
}

// Log tells a log that is talkative enough what the server or the connection
// said, word by word.
func Log(err error, log *runlog.Log) {
	if coded, ok := err.(withCode); ok {
		err = coded.error
	}
	if aggregate, ok := err.(utilerrors.Aggregate); ok && len(aggregate.Errors()) == 1 {
		err = aggregate.Errors()[0]
	}
	if !invalidStatus(err) { // What is wrong with an object is told in full anyway.
		logAll(err, log)
	}
}

func logAll(err error, log *runlog.Log) {
	if aggregate, ok := err.(utilerrors.Aggregate); ok {
		for _, err := range aggregate.Errors() {
			logAll(err, log)
		}
		return
	}
	if status, ok := err.(interface{ DebugError() (string, []any) }); ok {
		format, args := status.DebugError()
		log.Infof(4, "helpers.go:247", format, args...)
	}
	if failed, ok := err.(*url.Error); ok {
		log.Infof(4, "helpers.go:265", "Connection error: %s %s: %v", failed.Op, failed.URL, failed.Err)
	}
}

// render is the table: what is printed for an error, and the exit status.
func render(err error) (text string, code int) {
	if coded, ok := err.(withCode); ok {
		text, _ = render(coded.error)
		return text, coded.code
	}
	if aggregate, ok := err.(utilerrors.Aggregate); ok && len(aggregate.Errors()) == 1 {
		err = aggregate.Errors()[0]
	}
	switch {
	case err == nil:
		return "", 0
	case err == Silent:
		return "", general
	case invalidStatus(err):
		return invalid(err.(*apierrors.StatusError).Status()), general
	case clientcmd.IsConfigurationInvalid(err):
		return Lines("Error in configuration: ", err), general
	}
	switch err := err.(type) {
	case *meta.NoResourceMatchError:
		return noResource(err), general
	case utilerrors.Aggregate:
		return multiple(err.Errors()), general
	case utilexec.ExitError:
		return err.Error(), err.ExitStatus()
	}
	if text, ok := standard(err); ok {
		return text, general
	}
	if text := err.Error(); strings.HasPrefix(text, "error: ") {
		return text, general
	}
	return "error: " + err.Error(), general
}

// invalidStatus tells the server's refusal of a field from other 422s.
func invalidStatus(err error) bool {
	status, ok := err.(*apierrors.StatusError)
	return ok && status.Status().Reason == metav1.StatusReasonInvalid
}

// invalid lists the fields that the server refused.
func invalid(status metav1.Status) string {
	text := "The request is invalid"
	details := status.Details
	if details == nil {
		if status.Message != "" {
			text += ": " + status.Message
		}
		return text
	}
	if details.Kind != "" || details.Name != "" {
		text = fmt.Sprintf("The %s %q is invalid", details.Kind, details.Name)
	} else if status.Message != "" && len(details.Causes) == 0 {
		text += ": " + status.Message
	}
	if len(details.Causes) == 0 {
		return text
	}
	return Lines(text+": ", causes(details.Causes))
}

// causes are the distinct causes as errors, in their order.
func causes(all []metav1.StatusCause) error {
	seen := map[string]bool{}
	var distinct []error
	for _, cause := range all {
		text := fmt.Sprintf("%s: %s", cause.Field, cause.Message)
		if !seen[text] {
			seen[text] = true
			distinct = append(distinct, errors.New(text))
		}
	}
	return utilerrors.NewAggregate(distinct)
}

func noResource(err *meta.NoResourceMatchError) string {
	r := err.PartialResource
	text := fmt.Sprintf("the server doesn't have a resource type %q", r.Resource)
	switch {
	case r.Group != "" && r.Version != "":
		return fmt.Sprintf("%s in group %q and version %q", text, r.Group, r.Version)
	case r.Group != "":
		return fmt.Sprintf("%s in group %q", text, r.Group)
	case r.Version != "":
		return fmt.Sprintf("%s in version %q", text, r.Version)
	}
	return text
}

// standard words errors of the server and of the connection to it.
func standard(err error) (string, bool) {
	if status, ok := err.(apierrors.APIStatus); ok {
		switch s := status.Status(); {
		case s.Reason == metav1.StatusReasonUnauthorized:
			return fmt.Sprintf("error: You must be logged in to the server (%s)", s.Message), true
		case s.Reason != "":
			return fmt.Sprintf("Error from server (%s): %s", s.Reason, err), true
		}
		return fmt.Sprintf("Error from server: %s", err), true
	}
	if apierrors.IsUnexpectedObjectError(err) {
		return fmt.Sprintf("Server returned an unexpected response: %s", err), true
	}
	if failed, ok := err.(*url.Error); ok {
		if !strings.Contains(failed.Err.Error(), "connection refused") {
			return fmt.Sprintf("Unable to connect to the server: %v", failed.Err), true
		}
		host := failed.URL
		if server, err := url.Parse(failed.URL); err == nil {
			host = server.Host
		}
		return fmt.Sprintf("The connection to the server %s was refused - did you specify the right host or port?", host), true
	}
	return "", false
}

// Message is err on its own, without the "error: " of unknown ones.
func Message(err error) string {
	if text, ok := standard(err); ok {
		return text
	}
	return err.Error()
}

// Lines is prefix and err, one line for each error that err is made of.
func Lines(prefix string, err error) string {
	aggregate, ok := err.(utilerrors.Aggregate)
	if !ok {
		return fmt.Sprintf("%s%s\n", prefix, err)
	}
	errs := utilerrors.Flatten(aggregate).Errors()
	if len(errs) == 1 {
		return fmt.Sprintf("%s%v\n", prefix, Message(errs[0]))
	}
	var text strings.Builder
	fmt.Fprintln(&text, prefix)
	for _, err := range errs {
		fmt.Fprintf(&text, "* %v\n", Message(err))
	}
	return text.String()
}

func multiple(errs []error) string {
	var text strings.Builder
	for _, err := range errs {
		fmt.Fprintln(&text, Message(err))
	}
	return text.String()
}
