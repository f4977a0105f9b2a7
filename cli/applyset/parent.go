package applyset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/klog/v2"

	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/resource"
)

// parentTypeLabel is on definitions of custom resources that may be parents.
const parentTypeLabel = "applyset.kubernetes.io/is-parent-type"

// parent is the object that keeps a set's book.
type parent struct {
	mapping         *meta.RESTMapping
	namespace, name string
}

// String is how messages and users write it.
func (p parent) String() string {
	return fmt.Sprintf("%s.%s/%s", p.mapping.Resource.Resource, p.mapping.Resource.Group, p.name)
}

func (p parent) namespaced() bool { return namespaced(p.mapping) }

// builtIn says whether the parent is of a kind that always may be one, and
// that is created where it is missing.
func (p parent) builtIn() bool {
	kinds := []schema.GroupVersionResource{secrets(), {Version: "v1", Resource: "configmaps"}}
	return slices.Contains(kinds, p.mapping.Resource)
}

func secrets() schema.GroupVersionResource {
	return schema.GroupVersionResource{Version: "v1", Resource: "secrets"}
}

func parseParent(reference string, mapper meta.RESTMapper) (parent, error) {
	resource, name := secrets(), reference
	if kind, rest, ok := strings.Cut(reference, "/"); ok {
		resource, name = schema.ParseGroupResource(kind).WithVersion(""), rest
	}
	if name == "" {
		return parent{}, errors.New("name cannot be blank")
	}
	kind, err := mapper.KindFor(resource)
	if err != nil {
		return parent{}, err
	}
	mapping, err := mapper.RESTMapping(kind.GroupKind())
	return parent{mapping: mapping, name: name}, err
}

// Validate refuses parents that can not be.
func (s *Set) Validate(ctx context.Context) error {
	var errs []error
	if s.parent.namespaced() && s.parent.namespace == "" {
		errs = append(errs, fmt.Errorf("namespace is required to use namespace-scoped ApplySet"))
	}
	if !s.parent.builtIn() {
		allowed, err := s.allowsParents(ctx, s.parent.mapping.Resource.GroupResource())
		if err != nil {
			errs = append(errs, fmt.Errorf("identifying allowed custom resource parent types: %w", err))
		}
		if !allowed {
			errs = append(errs, fmt.Errorf("resource %q is not permitted as an ApplySet parent", s.parent.mapping.Resource))
		}
	}
	return utilerrors.NewAggregate(errs)
}

// allowsParents asks whether the definition of a custom resource says that its
// objects may be parents.
func (s *Set) allowsParents(ctx context.Context, wanted schema.GroupResource) (bool, error) {
	definitions := schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	list, err := s.dynamic.Resource(definitions).List(ctx, metav1.ListOptions{LabelSelector: parentTypeLabel})
	if err != nil {
		return false, err
	}
	for _, definition := range list.Items {
		if definition.GetName() == wanted.String() {
			return true, nil
		}
	}
	return false, nil
}

// readParent reads what the set had before, if the parent is there and is
// ours.
func (s *Set) readParent() error {
	object, err := resource.NewHelper(s.client, s.parent.mapping).Get(s.parent.namespace, s.parent.name)
	if apierrors.IsNotFound(err) {
		if !s.parent.builtIn() {
			return fmt.Errorf("custom resource ApplySet parents cannot be created automatically")
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("failed to fetch ApplySet parent object %q: %w", s.parent, err)
	}
	accessor, err := meta.Accessor(object)
	if err != nil {
		return fmt.Errorf("getting metadata from parent object %q: %w", s.parent, err)
	}
	if err := s.checkParent(accessor); err != nil {
		return err
	}
	if s.before, err = parseContents(accessor.GetAnnotations(), s.mapper); err != nil {
		return fmt.Errorf("parsing ApplySet annotation on %q: %w", s.parent, err)
	}
	if s.parent.namespaced() {
		s.before.namespaces[s.parent.namespace] = true
	}
	return nil
}

// checkParent refuses objects that are no parents, or the parents of others.
func (s *Set) checkParent(object metav1.Object) error {
	manager, ok := object.GetAnnotations()[toolingAnnotation]
	if !ok {
		return fmt.Errorf("ApplySet parent object %q already exists and is missing required annotation %q", s.parent, toolingAnnotation)
	}
	if i := strings.LastIndex(manager, "/"); i >= 0 {
		manager = manager[:i]
	}
	if manager != tool {
		return fmt.Errorf("ApplySet parent object %q already exists and is managed by tooling %q instead of %q", s.parent, manager, tool)
	}
	id, ok := object.GetLabels()[idLabel]
	if !ok {
		return fmt.Errorf("ApplySet parent object %q exists and does not have required label %s", s.parent, idLabel)
	}
	if id != s.id() {
		return fmt.Errorf("ApplySet parent object %q exists and has incorrect value for label %q (got: %s, want: %s)", s.parent, idLabel, id, s.id())
	}
	return nil
}

// updateParent notes contents in the parent, which is created if need be. What
// others have written there is taken from them.
func (s *Set) updateParent(c contents) error {
	data, err := json.Marshal(s.parentWith(c))
	if err != nil {
		return fmt.Errorf("failed to encode patch for ApplySet parent: %w", err)
	}
	err = s.applyParent(data, false)
	if apierrors.IsConflict(err) {
		klog.Warningf("WARNING: failed to update ApplySet: %s\nApplySet field manager %s should own these fields. Retrying with conflicts forced.", err, manager)
		err = s.applyParent(data, true)
	}
	if err != nil {
		return fmt.Errorf("failed to update ApplySet: %w", err)
	}
	return nil
}

func (s *Set) applyParent(data []byte, force bool) error {
	if s.dryRun == flags.DryRunClient {
		return nil
	}
	helper := resource.NewHelper(s.client, s.parent.mapping).
		DryRun(s.dryRun == flags.DryRunServer).WithFieldManager(manager).WithFieldValidation(s.validation)
	_, err := helper.Patch(s.parent.namespace, s.parent.name, types.ApplyPatchType, data, &metav1.PatchOptions{Force: &force})
	return err
}

// parentWith is the part of the parent that is ours.
func (s *Set) parentWith(c contents) *metav1.PartialObjectMetadata {
	version, kind := s.parent.mapping.GroupVersionKind.ToAPIVersionAndKind()
	return &metav1.PartialObjectMetadata{
		TypeMeta: metav1.TypeMeta{APIVersion: version, Kind: kind},
		ObjectMeta: metav1.ObjectMeta{
			Name:      s.parent.name,
			Namespace: s.parent.namespace,
			Labels:    map[string]string{idLabel: s.id()},
			Annotations: map[string]string{
				toolingAnnotation:              tooling(),
				kindsAnnotation:                strings.Join(c.kindNames(), ","),
				additionalNamespacesAnnotation: strings.Join(c.additional(s.parent.namespace), ","),
			},
		},
	}
}
