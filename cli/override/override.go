// Package override changes generated objects by a patch from the command
// line, for run and expose.
package override

import (
	"fmt"

	"github.com/spf13/cobra"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/kubejig/kubejig/cli/scheme"
)

// Flags are --overrides and --override-type.
type Flags struct{ patch, kind string }

// AddFlags registers the flags.
func (o *Flags) AddFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.patch, "overrides", "", "Patch, as JSON, that changes the generated object before it is sent.")
	cmd.Flags().StringVar(&o.kind, "override-type", "merge", "Sort of the patch: json, merge or strategic.")
}

// Apply is the object as patched; an object without a patch stays the same.
func (o *Flags) Apply(object, typed runtime.Object) (runtime.Object, error) {
	if o.patch == "" {
		return object, nil
	}
	encoder := unstructured.NewJSONFallbackEncoder(scheme.Codecs().LegacyCodec(scheme.Scheme().PrioritizedVersionsAllGroups()...))
	before, err := runtime.Encode(encoder, object)
	if err != nil {
		return nil, err
	}
	after, err := o.apply(before, typed)
	if err != nil {
		return nil, err
	}
	return runtime.Decode(scheme.Codecs().UniversalDecoder(scheme.Scheme().PrioritizedVersionsAllGroups()...), after)
}

func (o *Flags) apply(before []byte, typed runtime.Object) ([]byte, error) {
	switch o.kind {
	case "json":
		patch, err := jsonpatch.DecodePatch([]byte(o.patch))
		if err != nil {
			return nil, err
		}
		return patch.Apply(before)
	case "merge", "":
		return jsonpatch.MergePatch(before, []byte(o.patch))
	case "strategic":
		return strategicpatch.StrategicMergePatch(before, []byte(o.patch), typed)
	}
	return nil, fmt.Errorf("invalid override type: %v", o.kind)
}
