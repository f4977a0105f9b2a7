// Package threeway changes an object on the server from what it is to what a
// configuration says, and takes away only what an earlier configuration had:
// the patch is made of three objects, the last applied, the new, and the live
// one.
package threeway

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/apimachinery/pkg/util/mergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/lastapplied"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/scheme"
)

const (
	maxRetries    = 5           // Of patches that met a newer object.
	retryAtOnce   = 1           // So many of them without a pause.
	pauseForRetry = time.Second // Before each of the others.
)

// Patcher patches objects of one kind.
type Patcher struct {
	Mapping *meta.RESTMapping
	Helper  *resource.Helper
	// Overwrite settles conflicts between the live object and the new
	// configuration for the latter, instead of failing.
	Overwrite bool
	// ResourceVersion, if set, is the version that the live object must have.
	ResourceVersion string
	// Replace, if set, puts the configuration in the place of an object that
	// can not be patched to it.
	Replace func(live runtime.Object, modified []byte) (runtime.Object, error)
}

// Patch sends the patch that makes modified of live, and returns it with the
// object as it is then; a patch of {} is not sent. When the object on the
// server is newer than live, it is read and patched again.
func (p *Patcher) Patch(ctx context.Context, live runtime.Object, modified []byte, info *resource.Info) ([]byte, runtime.Object, error) {
	patch, patched, err := p.try(live, modified, info)
	for i := 1; i <= maxRetries && apierrors.IsConflict(err); i++ {
		if i > retryAtOnce {
			if err := pause(ctx); err != nil {
				return nil, nil, err
			}
		}
		if live, err = p.Helper.Get(info.Namespace, info.Name); err != nil {
			return nil, nil, err
		}
		patch, patched, err = p.try(live, modified, info)
	}
	if err == nil {
		return patch, patched, nil
	}
	if p.Replace != nil && (apierrors.IsConflict(err) || apierrors.IsInvalid(err)) {
		replaced, err := p.Replace(live, modified)
		return modified, replaced, err
	}
	return patch, patched, failure.WithSource("patching", info.Source, err)
}

func pause(ctx context.Context) error {
	timer := time.NewTimer(pauseForRetry)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (p *Patcher) try(live runtime.Object, modified []byte, info *resource.Info) ([]byte, runtime.Object, error) {
	made, err := p.make(live, modified)
	if err != nil {
		return nil, nil, err
	}
	if made.empty() {
		return made.data, live, nil
	}
	if p.ResourceVersion != "" {
		if made.data, err = withVersion(made.data, p.ResourceVersion); err != nil {
			return nil, nil, fmt.Errorf("failed to insert resourceVersion in patch: %w", err)
		}
	}
	patched, err := p.Helper.Patch(info.Namespace, info.Name, made.kind, made.data, nil)
	return made.data, patched, err
}

// PatchLocally is Patch without the server: it computes what the object would
// be.
func (p *Patcher) PatchLocally(live runtime.Object, modified []byte) ([]byte, runtime.Object, error) {
	made, err := p.make(live, modified)
	if err != nil {
		return nil, nil, err
	}
	if made.empty() {
		return made.data, live, nil
	}
	var patched []byte
	if made.kind == types.StrategicMergePatchType {
		patched, err = strategicpatch.StrategicMergePatch(made.current, made.data, made.typed)
	} else {
		patched, err = jsonpatch.MergePatch(made.current, made.data)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("applying patch locally: %w", err)
	}
	object, _, err := unstructured.UnstructuredJSONScheme.Decode(patched, nil, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("decoding locally patched object: %w", err)
	}
	return made.data, object, nil
}

// patch is a patch of the live object in current.
type patch struct {
	kind    types.PatchType
	data    []byte
	current []byte
	typed   runtime.Object // Of the object's kind, where it is built in.
}

func (p patch) empty() bool { return string(p.data) == "{}" }

// make computes the patch: a strategic one for built-in kinds, whose types say
// how lists merge, and a JSON merge patch for all others.
func (p *Patcher) make(live runtime.Object, modified []byte) (patch, error) {
	made := patch{}
	var err error
	if made.current, err = runtime.Encode(unstructured.UnstructuredJSONScheme, live); err != nil {
		return made, fmt.Errorf("serializing current configuration from:\n%v\nfor: %w", live, err)
	}
	original, err := lastapplied.Get(live)
	if err != nil {
		return made, fmt.Errorf("retrieving original configuration from:\n%v\nfor: %w", live, err)
	}
	made.typed, err = scheme.Scheme().New(p.Mapping.GroupVersionKind)
	switch {
	case err == nil:
		made.kind = types.StrategicMergePatchType
		made.data, err = p.strategic(made.typed, original, modified, made.current)
	case runtime.IsNotRegisteredError(err):
		made.kind = types.MergePatchType
		made.data, err = merge(original, modified, made.current)
	default:
		return made, fmt.Errorf("getting instance of versioned object for %v: %w", p.Mapping.GroupVersionKind, err)
	}
	if err != nil {
		return made, fmt.Errorf("creating patch with:\noriginal:\n%s\nmodified:\n%s\ncurrent:\n%s\nfor: %w", original, modified, made.current, err)
	}
	return made, nil
}

func (p *Patcher) strategic(typed runtime.Object, original, modified, current []byte) ([]byte, error) {
	lists, err := strategicpatch.NewPatchMetaFromStruct(typed)
	if err != nil {
		return nil, err
	}
	return strategicpatch.CreateThreeWayMergePatch(original, modified, current, lists, p.Overwrite)
}

func merge(original, modified, current []byte) ([]byte, error) {
	made, err := jsonmergepatch.CreateThreeWayJSONMergePatch(original, modified, current,
		mergepatch.RequireKeyUnchanged("apiVersion"),
		mergepatch.RequireKeyUnchanged("kind"),
		mergepatch.RequireMetadataKeyUnchanged("name"))
	if mergepatch.IsPreconditionFailed(err) {
		return nil, fmt.Errorf("%s", "At least one of apiVersion, kind and name was changed")
	}
	return made, err
}

func withVersion(data []byte, version string) ([]byte, error) {
	var object map[string]any
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, err
	}
	if err := unstructured.SetNestedField(object, version, "metadata", "resourceVersion"); err != nil {
		return nil, err
	}
	return json.Marshal(object)
}
