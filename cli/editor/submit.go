package editor

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/mergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/kubejig/kubejig/cli/lastapplied"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/scheme"
)

// Patch changes objects on the server as they were changed in the editor.
// With show, the patches are printed too.
func Patch(show bool) func(*Session, *resource.Info) error {
	return func(s *Session, edited *resource.Info) error {
		before, after, err := s.versions(edited)
		if err != nil {
			return err
		}
		if reflect.DeepEqual(before, after) {
			return s.print(edited, "skipped")
		}
		kind, patch, err := makePatch(edited, before, after)
		if err != nil {
			return err
		}
		if show {
			fmt.Fprintf(s.Factory.Out, "Patch: %s\n", patch)
		}
		patched, err := s.helper(edited).Patch(edited.Namespace, edited.Name, kind, patch, nil)
		if err != nil {
			s.refuse(err, edited)
			return nil
		}
		if err := edited.Refresh(patched, true); err != nil {
			return err
		}
		return s.print(edited, "edited")
	}
}

// Create creates the edited objects.
func Create(s *Session, edited *resource.Info) error {
	created, err := s.helper(edited).Create(edited.Namespace, true, edited.Object)
	if err != nil {
		return err
	}
	if err := edited.Refresh(created, true); err != nil {
		return err
	}
	return s.print(edited, "created")
}

// KeepLastApplied keeps the edited objects as last applied configurations.
func KeepLastApplied(s *Session, edited *resource.Info) error {
	before, after, err := s.versions(edited)
	if err != nil {
		return err
	}
	if reflect.DeepEqual(before, after) {
		return s.print(edited, "skipped")
	}
	patch, _, err := lastapplied.Patch(edited.Object)
	if err != nil {
		return err
	}
	client, err := s.Factory.ClientForMapping(edited.Mapping)
	if err != nil {
		return err
	}
	helper := resource.NewHelper(client, edited.Mapping).WithFieldManager(s.Manager).WithFieldValidation(s.Validation)
	if _, err := helper.Patch(s.Namespace, edited.Name, types.MergePatchType, patch, nil); err != nil {
		return err
	}
	return s.print(edited, "edited")
}

func (s *Session) helper(object *resource.Info) *resource.Helper {
	return resource.NewHelper(object.Client, object.Mapping).
		WithFieldManager(s.Manager).
		WithFieldValidation(s.Validation).
		WithSubresource(s.Subresource)
}

// versions are an object as it was and as it was edited, as JSON.
func (s *Session) versions(edited *resource.Info) (before, after []byte, err error) {
	accessor := meta.NewAccessor()
	id, err := accessor.UID(edited.Object)
	if err != nil {
		return nil, nil, err
	}
	for _, original := range s.originals {
		originalID, err := accessor.UID(original.Object)
		if err != nil {
			return nil, nil, err
		}
		if originalID != id {
			continue
		}
		if before, err = runtime.Encode(unstructured.UnstructuredJSONScheme, original.Object); err != nil {
			return nil, nil, err
		}
		after, err = runtime.Encode(unstructured.UnstructuredJSONScheme, edited.Object)
		return before, after, err
	}
	return nil, nil, fmt.Errorf("no original object found for %#v", edited.Object)
}

// errIdentity refuses changes that would make another object.
var errIdentity = errors.New("At least one of apiVersion, kind and name was changed")

func makePatch(object *resource.Info, before, after []byte) (types.PatchType, []byte, error) {
	conditions := []mergepatch.PreconditionFunc{
		mergepatch.RequireKeyUnchanged("apiVersion"),
		mergepatch.RequireKeyUnchanged("kind"),
		mergepatch.RequireMetadataKeyUnchanged("name"),
		mergepatch.RequireKeyUnchanged("managedFields"),
	}
	typed, err := scheme.Scheme().New(object.Mapping.GroupVersionKind)
	switch {
	case runtime.IsNotRegisteredError(err):
		patch, err := jsonpatch.CreateMergePatch(before, after)
		if err != nil {
			return "", nil, err
		}
		var fields map[string]any
		if err := json.Unmarshal(patch, &fields); err != nil {
			return "", nil, err
		}
		for _, holds := range conditions {
			if !holds(fields) {
				return "", nil, errIdentity
			}
		}
		return types.MergePatchType, patch, nil
	case err != nil:
		return "", nil, err
	}
	patch, err := strategicpatch.CreateTwoWayMergePatch(before, after, typed, conditions...)
	if mergepatch.IsPreconditionFailed(err) {
		return "", nil, errIdentity
	}
	return types.StrategicMergePatchType, patch, err
}
