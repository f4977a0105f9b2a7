// Package changecause is the flag --record: it notes on objects which command
// line changed them.
//
// It must not import commands.
package changecause

import (
	"encoding/json"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
)

// Annotation holds the command line; "rollout history" shows it.
const Annotation = "kubernetes.io/change-cause"

// Recorder records if --record is given, and else leaves objects as they are.
type Recorder struct {
	on    bool
	cause string
}

// AddFlags registers --record.
func (r *Recorder) AddFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&r.on, "record", false, "Note this command line in an annotation of what it changes.")
	_ = cmd.Flags().MarkDeprecated("record", "--record will be removed in the future")
}

// Complete takes the command line as it was typed, the program in front.
func (r *Recorder) Complete(cmd *cobra.Command, typed []string) {
	if r.on && len(typed) > 0 {
		r.cause = describe(cmd, typed)
	}
}

// describe puts the words of a command line first, and then its flags by their
// long names. It is "" if the line can't be read.
func describe(cmd *cobra.Command, typed []string) string {
	var flags []string
	set := cmd.Flags()
	err := set.ParseAll(typed[1:], func(flag *pflag.Flag, value string) error {
		flags = append(flags, "--"+flag.Name+"="+value)
		return nil
	})
	if err != nil {
		return ""
	}
	words := append([]string{filepath.Base(typed[0])}, set.Args()...)
	return strings.Join(append(words, flags...), " ")
}

// Record notes the command line on an object.
func (r *Recorder) Record(object runtime.Object) error {
	if !r.on {
		return nil
	}
	accessor, err := meta.Accessor(object)
	if err != nil {
		return err
	}
	annotations := accessor.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[Annotation] = r.cause
	accessor.SetAnnotations(annotations)
	return nil
}

// Patch is the JSON merge patch that notes the command line on an object, nil if
// there is nothing to note. The object stays as it is.
func (r *Recorder) Patch(object runtime.Object) ([]byte, error) {
	if !r.on {
		return nil, nil
	}
	recorded := object.DeepCopyObject()
	if err := r.Record(recorded); err != nil {
		return nil, err
	}
	before, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	after, err := json.Marshal(recorded)
	if err != nil {
		return nil, err
	}
	return jsonpatch.CreateMergePatch(before, after)
}
