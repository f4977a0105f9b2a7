package apply

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	deletion "github.com/kubejig/kubejig/cli/delete"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/lastapplied"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/threeway"
)

// applyHere creates the object, or patches the one there is.
func (o *options) applyHere(ctx context.Context, f *factory.Factory, helper *resource.Helper, info *resource.Info) error {
	modified, err := lastapplied.Modified(info.Object, true)
	if err != nil {
		return failure.WithSource(fmt.Sprintf("retrieving modified configuration from:\n%s\nfor:", info), info.Source, err)
	}
	if err := info.Get(); err != nil {
		if !apierrors.IsNotFound(err) {
			return failure.WithSource(fmt.Sprintf("retrieving current configuration of:\n%s\nfrom server for:", info), info.Source, err)
		}
		return o.create(f, helper, info)
	}
	o.visited(info)
	o.warnIfNeverApplied(f, info)
	patcher := &threeway.Patcher{Mapping: info.Mapping, Helper: helper, Overwrite: o.overwrite}
	if o.deletion.Force {
		patcher.Replace = o.replacer(ctx, f, helper, info)
	}
	var patch []byte
	var patched runtime.Object
	if o.dryRun == flags.DryRunClient {
		patch, patched, err = patcher.PatchLocally(info.Object, modified)
	} else {
		patch, patched, err = patcher.Patch(ctx, info.Object, modified, info)
	}
	if err != nil {
		return failure.WithSource(fmt.Sprintf("applying patch:\n%s\nto:\n%v\nfor:", patch, info), info.Source, err)
	}
	_ = info.Refresh(patched, true)
	warnIfDeleting(f, info)
	if string(patch) == "{}" {
		return o.printOne(f, info, "unchanged")
	}
	return o.printOne(f, info, "configured")
}

func (o *options) create(f *factory.Factory, helper *resource.Helper, info *resource.Info) error {
	if err := lastapplied.Keep(info.Object); err != nil {
		return failure.WithSource("creating", info.Source, err)
	}
	if object, ok := info.Object.(runtime.Unstructured); ok {
		dropNulls(object.UnstructuredContent())
	}
	if o.dryRun != flags.DryRunClient {
		created, err := helper.Create(info.Namespace, true, info.Object)
		if err != nil {
			return failure.WithSource("creating", info.Source, err)
		}
		_ = info.Refresh(created, true)
	}
	o.visited(info)
	return o.printOne(f, info, "created")
}

// dropNulls takes away fields that are null: they remove fields of an object
// that is there, and mean nothing to a new one.
func dropNulls(value any) {
	switch value := value.(type) {
	case map[string]any:
		for key, field := range value {
			if field == nil {
				delete(value, key)
			} else {
				dropNulls(field)
			}
		}
	case []any:
		for _, item := range value {
			dropNulls(item)
		}
	}
}

func (o *options) warnIfNeverApplied(f *factory.Factory, info *resource.Info) {
	if kept, err := lastapplied.Get(info.Object); err != nil || kept != nil {
		return
	}
	fmt.Fprintf(f.ErrOut, "Warning: resource %[1]s is missing the %[2]s annotation which is required by %[3]s apply. %[3]s apply should only be used on resources created declaratively by either %[3]s create --save-config or %[3]s apply. The missing annotation will be patched automatically.\n",
		info.ObjectName(), lastapplied.Annotation, f.Program)
}

// replacer puts the new configuration in the place of the object, and the old
// object back if that fails.
func (o *options) replacer(ctx context.Context, f *factory.Factory, helper *resource.Helper, info *resource.Info) func(runtime.Object, []byte) (runtime.Object, error) {
	return func(live runtime.Object, modified []byte) (runtime.Object, error) {
		if _, err := o.deletion.Delete(info); err != nil {
			return nil, err
		}
		if err := deletion.Gone(ctx, f, info, "", o.deletion.Timeout); err != nil {
			return nil, err
		}
		object, _, err := unstructured.UnstructuredJSONScheme.Decode(modified, nil, nil)
		if err != nil {
			return nil, err
		}
		created, err := helper.Create(info.Namespace, true, object)
		if err == nil {
			return created, nil
		}
		restored, restoreErr := helper.Create(info.Namespace, true, live)
		if restoreErr != nil {
			return nil, fmt.Errorf("An error occurred force-replacing the existing object with the newly provided one:\n\n%v.\n\nAdditionally, an error occurred attempting to restore the original object:\n\n%v", err, restoreErr)
		}
		return restored, err
	}
}
