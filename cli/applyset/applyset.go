// Package applyset keeps the book on what apply --prune --applyset has applied.
// A set has a parent, an object of the cluster whose annotations say in which
// kinds and namespaces its members are; the members carry the set's label. What
// carries it and was not applied again is to be pruned.
//
// The specification, of which the labels and annotations are, is Kubernetes
// enhancement 3659. Sets are kubectl's, whatever name we are called by.
package applyset

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/internal/version"
)

// The labels and annotations of parents, and the label of members.
const (
	idLabel                        = "applyset.kubernetes.io/id"
	partOfLabel                    = "applyset.kubernetes.io/part-of"
	toolingAnnotation              = "applyset.kubernetes.io/tooling"
	kindsAnnotation                = "applyset.kubernetes.io/contains-group-kinds"
	resourcesAnnotation            = "applyset.kubernetes.io/contains-group-resources" // Kubernetes 1.27's, in the place of kinds.
	additionalNamespacesAnnotation = "applyset.kubernetes.io/additional-namespaces"
)

// The tool that sets belong to, and the owner of what it writes to parents.
const (
	tool    = "kubectl"
	manager = tool + "-applyset"
)

// Set is one ApplySet during one apply.
type Set struct {
	parent  parent
	mapper  meta.RESTMapper
	client  resource.RESTClient // For the parent's kind.
	dynamic dynamic.Interface

	dryRun     flags.DryRun
	validation string

	before, after contents
	applied       map[types.UID]bool
}

// New is the set with a parent given as [RESOURCE[.GROUP]/]NAME, by default a
// Secret. Its changes go as far as dryRun says and are checked as validation
// says.
func New(f *factory.Factory, reference string, dryRun flags.DryRun, validation string) (*Set, error) {
	mapper, err := f.ToRESTMapper()
	if err != nil {
		return nil, err
	}
	parent, err := parseParent(reference, mapper)
	if err != nil {
		return nil, fmt.Errorf("invalid parent reference %q: %w", reference, err)
	}
	// Only a namespace that was asked for: what is pruned must not depend on a
	// kubeconfig's context.
	if namespace, explicit, err := f.Namespace(); err == nil && explicit && parent.namespaced() {
		parent.namespace = namespace
	}
	client, err := f.ClientForMapping(parent.mapping)
	if err != nil {
		return nil, fmt.Errorf("failed to initialize RESTClient for ApplySet: %w", err)
	}
	dynamic, err := f.Dynamic()
	if err != nil {
		return nil, err
	}
	return &Set{
		parent: parent, mapper: mapper, client: client, dynamic: dynamic, dryRun: dryRun, validation: validation,
		before: newContents(), after: newContents(), applied: map[types.UID]bool{},
	}, nil
}

// id names the set in labels.
func (s *Set) id() string {
	kind := s.parent.mapping.GroupVersionKind
	hash := sha256.Sum256([]byte(strings.Join([]string{s.parent.name, s.parent.namespace, kind.Kind, kind.Group}, ".")))
	return fmt.Sprintf("applyset-%s-v1", base64.RawURLEncoding.EncodeToString(hash[:]))
}

// Label makes objects members.
func (s *Set) Label(infos []*resource.Info) error {
	for _, info := range infos {
		accessor, err := meta.Accessor(info.Object)
		if err != nil {
			return fmt.Errorf("getting accessor: %w", err)
		}
		labels := accessor.GetLabels()
		if _, there := labels[partOfLabel]; there {
			return fmt.Errorf("ApplySet label %q already set in input data", partOfLabel)
		}
		if labels == nil {
			labels = map[string]string{}
		}
		labels[partOfLabel] = s.id()
		accessor.SetLabels(labels)
	}
	return nil
}

// Begin reads the parent and, before anything is applied, notes there what
// will be: members must not get lost if apply is interrupted.
func (s *Set) Begin(infos []*resource.Info) error {
	if err := s.readParent(); err != nil {
		return err
	}
	for _, info := range infos {
		s.after.add(info.Mapping, info.Namespace)
	}
	return s.updateParent(s.before.union(s.after))
}

// Visit keeps an object that was applied from being pruned.
func (s *Set) Visit(info *resource.Info) {
	if accessor, err := meta.Accessor(info.Object); err == nil {
		s.applied[accessor.GetUID()] = true
	}
}

// Each calls do for every member that was not applied this time, and then
// notes in the parent what is left. If anything fails, the parent goes on to
// tell of the members there were.
func (s *Set) Each(ctx context.Context, do func(*meta.RESTMapping, *unstructured.Unstructured) error) error {
	members, err := s.members(ctx)
	if err != nil {
		return err
	}
	for _, m := range members {
		if s.applied[m.object.GetUID()] {
			continue
		}
		if err := do(m.mapping, m.object); err != nil {
			return fmt.Errorf("pruning %v: %w", m, err)
		}
	}
	if err := s.updateParent(s.after); err != nil {
		return fmt.Errorf("apply and prune succeeded, but ApplySet update failed: %w", err)
	}
	return nil
}

// tooling is what parents say of who manages them.
func tooling() string { return tool + "/" + version.Git }
