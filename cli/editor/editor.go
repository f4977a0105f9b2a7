// Package editor lets the user change objects in their editor and does
// something with the result: edit patches them, create creates them, apply
// keeps them as last applied. When a change is refused, the editor opens again
// with the reason on top.
package editor

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/cli/changecause"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/lastapplied"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/resource"
)

// Session is one edit of some objects, from opening the editor to the end.
type Session struct {
	Factory *factory.Factory
	Print   *output.Flags
	Record  *changecause.Recorder

	Namespace   string
	Validation  string // The fieldValidation of requests.
	Manager     string
	Subresource string
	CRLF        bool // Lines end as on Windows.
	SaveConfig  bool // Keep each object as its own last applied configuration.
	LastApplied bool // What is edited are such configurations.

	// Submit does with an edited object what the session is for.
	Submit func(s *Session, edited *resource.Info) error

	originals    []*resource.Info
	originalText []byte
	results      results
	managed      map[types.UID][]metav1.ManagedFieldsEntry
}

// Parse reads objects from what was written in an editor.
func (s *Session) Parse(data []byte) *resource.Result {
	return s.Factory.NewBuilder().Unstructured().
		Stream(bytes.NewReader(data), "edited-file").
		Subresource(s.Subresource).
		ContinueOnError().Flatten().Do()
}

// Run has the user edit the objects until that is done or given up.
func (s *Session) Run(ctx context.Context, objects []*resource.Info) error {
	s.originals, s.results = objects, results{}
	var edited []byte
	for pass := 0; ; pass++ {
		text, err := s.text(pass, edited)
		if err != nil {
			return s.keep(err, s.results.file)
		}
		before := edited
		var file string
		edited, file, err = launch(ctx, s.Factory, s.extension(), text)
		if err != nil {
			return s.keep(err, s.results.file)
		}
		if pass > 0 && sameContent(before, edited) {
			return s.keep(fmt.Errorf("Edit cancelled, no valid changes were saved."), file)
		}
		if s.results.file != "" {
			os.Remove(s.results.file)
		}
		s.Factory.Log.Infof(4, "editoptions.go:310", "User edited:\n%s", edited)
		if done, err := s.handle(edited, file); done || err != nil {
			return err
		}
	}
}

// text is what the editor opens with: the objects or, after the first pass,
// what the user made of them, below what was wrong with that.
func (s *Session) text(pass int, edited []byte) ([]byte, error) {
	buffer := &bytes.Buffer{}
	var w io.Writer = buffer
	if s.CRLF {
		w = crlfWriter{buffer}
	}
	if s.extension() == ".yaml" {
		s.results.writeHeader(w, s.LastApplied)
	}
	if pass > 0 {
		buffer.Write(withoutComments(edited))
		return buffer.Bytes(), nil
	}
	object := asOne(s.originals)
	var err error
	if s.managed, err = takeManagedFields(object); err != nil {
		return nil, err
	}
	if err := s.printForEditor(object, w); err != nil {
		return nil, err
	}
	s.originalText = buffer.Bytes()
	return s.originalText, nil
}

func (s *Session) extension() string {
	if s.Print.Format == "json" {
		return ".json"
	}
	return ".yaml"
}

func (s *Session) printForEditor(object runtime.Object, w io.Writer) error {
	format := "yaml"
	if s.Print.Format != "" {
		format = s.Print.Format
	}
	printer, err := (&output.Documents{}).Printer(format)
	if err != nil {
		return err
	}
	return printer.PrintObj(object, w)
}

// handle does with the edited text what the session is for; done is false if
// the user has to look at it again.
func (s *Session) handle(edited []byte, file string) (done bool, err error) {
	validator, err := s.Factory.Validator(s.Validation)
	if err != nil {
		return false, err
	}
	if validator != nil {
		if err := validator.ValidateBytes(stripped(edited)); err != nil {
			s.results = results{file: file}
			s.refuse(invalidFile(err), s.originals[0])
			return false, nil
		}
	}
	if why := s.unchanged(edited); why != "" {
		os.Remove(file)
		fmt.Fprintln(s.Factory.ErrOut, why)
		return true, nil
	}
	s.results = results{file: file}
	objects, err := s.Parse(edited).Infos()
	if err != nil {
		s.results.add(fmt.Sprintf("The edited file had a syntax error: %v", err), nil)
		return false, nil
	}
	if err := s.submitAll(objects); err != nil {
		return true, s.keep(err, file)
	}
	switch {
	case s.results.retryable > 0:
		fmt.Fprintf(s.Factory.ErrOut, "You can run `%s replace -f %s` to try this update again.\n", filepath.Base(s.Factory.Program), file)
		return true, failure.Silent
	case s.results.notFound > 0:
		fmt.Fprintf(s.Factory.ErrOut, "The edits you made on deleted resources have been saved to %q\n", file)
		return true, failure.Silent
	case s.results.invalid == 0:
		os.Remove(file)
		return true, nil
	}
	return false, nil
}

func invalidFile(err error) error {
	return apierrors.NewInvalid(corev1.SchemeGroupVersion.WithKind("").GroupKind(), "",
		field.ErrorList{field.Invalid(nil, "The edited file failed validation", err.Error())})
}

// unchanged says why there is nothing to do, if so.
func (s *Session) unchanged(edited []byte) string {
	switch {
	case sameContent(s.originalText, edited):
		return "Edit cancelled, no changes made."
	case !hasContent(edited):
		return "Edit cancelled, saved file was empty."
	}
	return ""
}

func (s *Session) submitAll(objects []*resource.Info) error {
	if err := giveManagedFields(s.managed, objects, s.originals); err != nil {
		return err
	}
	all := resource.InfoListVisitor(objects)
	if err := all.Visit(resource.RequireNamespace(s.Namespace)); err != nil {
		return err
	}
	for _, object := range objects {
		if s.SaveConfig {
			if err := lastapplied.KeepOrUpdate(true, object.Object); err != nil {
				return err
			}
		}
		_ = s.Record.Record(object.Object)
	}
	return all.Visit(func(object *resource.Info, err error) error {
		if err != nil {
			return err
		}
		return s.Submit(s, object)
	})
}

// print tells what was done with an object.
func (s *Session) print(object *resource.Info, operation string) error {
	s.Print.Names.Operation = operation
	printer, err := s.Print.Printer()
	if err != nil {
		return err
	}
	return printer.PrintObj(object.Object, s.Factory.Out)
}

// keep tells where the user's work is when err ends the session.
func (s *Session) keep(err error, file string) error {
	if _, statErr := os.Stat(file); file != "" && !os.IsNotExist(statErr) {
		fmt.Fprintf(s.Factory.ErrOut, "A copy of your changes has been stored to %q\n", file)
	}
	return err
}
