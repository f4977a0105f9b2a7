// Package patch is "kubectl patch".
package patch

import (
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/spf13/cobra"
	evanphx "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubejig/kubejig/cli/changecause"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/scheme"
	"github.com/kubejig/kubejig/internal/jsonpatch"
)

type options struct {
	print  *output.Flags
	record *changecause.Recorder
	files  resource.FilenameOptions

	patch, patchFile, kind string
	local                  bool
	manager, subresource   string
	dryRun                 flags.DryRun
}

// patchTypes are the values of --type.
func patchTypes() map[string]types.PatchType {
	return map[string]types.PatchType{
		"json":      types.JSONPatchType,
		"merge":     types.MergePatchType,
		"strategic": types.StrategicMergePatchType,
	}
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{print: flags.Print("patched"), record: &changecause.Recorder{}}
	cmd := &cobra.Command{
		Use:                   "patch (-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE]",
		DisableFlagsInUseLine: true,
		Short:                 "Update fields of a resource",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.record.AddFlags(cmd)
	o.print.AddFlags(cmd)
	set := cmd.Flags()
	set.StringVarP(&o.patch, "patch", "p", "", "The patch, as JSON or YAML.")
	set.StringVar(&o.patchFile, "patch-file", "", "File with the patch.")
	set.StringVar(&o.kind, "type", "strategic", "Sort of the patch; one of [json merge strategic]")
	flags.AddDryRun(cmd)
	flags.AddFilenames(cmd, &o.files, "identifying the resource to update")
	set.BoolVar(&o.local, "local", false, "Change the objects in the files only; do not ask the server.")
	flags.AddFieldManager(cmd, &o.manager, "kubectl-patch")
	flags.AddSubresource(cmd, &o.subresource, "Patch this subresource of the object.")
	return cmd
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	var err error
	o.record.Complete(cmd, f.Args)
	if o.dryRun, err = flags.GetDryRun(cmd, f.ErrOut); err != nil {
		return err
	}
	namespace, explicit, err := f.Namespace()
	if err != nil && !(o.local && clientcmd.IsEmptyConfig(err)) {
		return err
	}
	if err := o.validate(args); err != nil {
		return err
	}
	data, err := o.read()
	if err != nil {
		return err
	}
	builder := f.NewBuilder().Unstructured().ContinueOnError().LocalParam(o.local).
		NamespaceParam(namespace).DefaultNamespace()
	result := builder.FilenameParam(explicit, &o.files).Subresource(o.subresource).
		ResourceTypeOrNameArgs(false, args...).Flatten().Do()
	if err := result.Err(); err != nil {
		return err
	}
	count := 0
	err = result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		count++
		return o.apply(f, info, data)
	})
	if err == nil && count == 0 {
		return fmt.Errorf("no objects passed to patch")
	}
	return err
}

func (o *options) validate(args []string) error {
	_, known := patchTypes()[strings.ToLower(o.kind)]
	switch {
	case o.patch != "" && o.patchFile != "":
		return fmt.Errorf("cannot specify --patch and --patch-file together")
	case o.patch == "" && o.patchFile == "":
		return fmt.Errorf("must specify --patch or --patch-file containing the contents of the patch")
	case o.local && len(args) != 0:
		return fmt.Errorf("cannot specify --local and server resources")
	case o.local && o.dryRun == flags.DryRunServer:
		return fmt.Errorf("cannot specify --local and --dry-run=server - did you mean --dry-run=client?")
	case o.kind != "" && !known:
		return fmt.Errorf("--type must be one of [json merge strategic], not %q", o.kind)
	}
	return nil
}

func (o *options) read() ([]byte, error) {
	data := []byte(o.patch)
	if o.patchFile != "" {
		var err error
		if data, err = os.ReadFile(o.patchFile); err != nil {
			return nil, fmt.Errorf("unable to read patch file: %v", err)
		}
	}
	data, err := yaml.ToJSON(data)
	if err != nil {
		return nil, fmt.Errorf("unable to parse %q: %v", o.patch, err)
	}
	return data, nil
}

func (o *options) patchType() types.PatchType {
	if o.kind == "" {
		return types.StrategicMergePatchType
	}
	return patchTypes()[strings.ToLower(o.kind)]
}

func (o *options) apply(f *factory.Factory, info *resource.Info, data []byte) error {
	var patched runtime.Object
	var err error
	if o.local || o.dryRun == flags.DryRunClient {
		patched, err = o.here(info, data)
	} else {
		patched, err = o.onServer(info, data)
	}
	if err != nil {
		return err
	}
	o.print.Names.Operation = "patched"
	if reflect.DeepEqual(info.Object, patched) {
		o.print.Names.Operation = "patched (no change)"
	}
	printer, err := o.print.Printer()
	if err != nil {
		return err
	}
	return printer.PrintObj(patched, f.Out)
}

func (o *options) onServer(info *resource.Info, data []byte) (runtime.Object, error) {
	helper := resource.NewHelper(info.Client, info.Mapping).
		DryRun(o.dryRun == flags.DryRunServer).
		WithFieldManager(o.manager).
		WithSubresource(o.subresource)
	patched, err := helper.Patch(info.Namespace, info.Name, o.patchType(), data, nil)
	if err != nil {
		if apierrors.IsUnsupportedMediaType(err) {
			return nil, fmt.Errorf("%s is not supported by %s: %w", o.patchType(), info.Mapping.GroupVersionKind, err)
		}
		return nil, err
	}
	cause, err := o.record.Patch(patched)
	if err != nil || len(cause) == 0 {
		return patched, nil
	}
	if recorded, err := helper.Patch(info.Namespace, info.Name, types.MergePatchType, cause, nil); err == nil {
		patched = recorded
	}
	return patched, nil
}

func (o *options) here(info *resource.Info, data []byte) (runtime.Object, error) {
	before, err := runtime.Encode(unstructured.UnstructuredJSONScheme, info.Object)
	if err != nil {
		return nil, err
	}
	after, err := patchJSON(o.patchType(), before, data, info.Object.GetObjectKind().GroupVersionKind())
	if err != nil {
		return nil, err
	}
	return runtime.Decode(unstructured.UnstructuredJSONScheme, after)
}

// patchJSON applies a patch as the server would.
func patchJSON(kind types.PatchType, before, data []byte, of schema.GroupVersionKind) ([]byte, error) {
	switch kind {
	case types.JSONPatchType:
		patch, err := evanphx.DecodePatch(data)
		if err != nil {
			return nil, err
		}
		after, err := jsonpatch.Apply(patch, before)
		if err != nil && strings.Contains(err.Error(), "doc is missing key") {
			_, key, _ := strings.Cut(err.Error(), "key: ")
			return nil, fmt.Errorf("Object to be patched is missing field (%s)", key)
		}
		return after, err
	case types.MergePatchType:
		return evanphx.MergePatch(before, data)
	}
	typed, err := scheme.Scheme().New(of)
	if err != nil {
		return nil, fmt.Errorf("strategic merge patch is not supported for %s locally, try --type merge", of)
	}
	return strategicpatch.StrategicMergePatch(before, data, typed)
}
