package delete

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/metadata"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/kinds"
	"github.com/kubejig/kubejig/cli/reader"
	"github.com/kubejig/kubejig/cli/resource"
)

// guardVariable is the environment variable that turns the guard on.
const guardVariable = "KUBEJIG_GUARD"

// maxShown is how many objects of a kind are named.
const maxShown = 5

// errCancelled is the user's no.
var errCancelled = errors.New("deletion is cancelled")

// guard finds out what else goes when an object is deleted.
type guard struct {
	f        *factory.Factory
	metadata metadata.Interface
	reader   reader.Reader
	all      []kinds.Resource // Read when first needed.
}

// askGuard tells what goes with the objects that are to be deleted and, if
// anything does, asks. A dry run is told and not asked.
func (o *options) askGuard(ctx context.Context, f *factory.Factory) error {
	if slices.Contains(o.files.Filenames, "-") {
		return errors.New("--guard can not be used with -f -: the answer is read from there")
	}
	result := o.find(f)
	if o.ignoreNotFound {
		result.IgnoreErrors(apierrors.IsNotFound)
	}
	infos, err := result.Infos()
	if err != nil {
		return err
	}
	client, err := kinds.Metadata(f)
	if err != nil {
		return err
	}
	g := &guard{f: f, metadata: client, reader: reader.New(f)}
	var text strings.Builder
	for _, info := range infos {
		if err := g.tell(ctx, &text, info); err != nil {
			return err
		}
	}
	if text.Len() == 0 {
		return nil
	}
	fmt.Fprintf(f.ErrOut, "With what is to be deleted goes:\n%s", text.String())
	if o.DryRun != flags.DryRunNone {
		return nil
	}
	fmt.Fprint(f.ErrOut, "Type yes to delete all that: ")
	answer, err := bufio.NewReader(f.In).ReadString('\n')
	if answer == "" && err != nil {
		return fmt.Errorf("%w: there is nobody to answer; with --guard=false there is no question", errCancelled)
	}
	if !strings.EqualFold(strings.TrimSpace(answer), "yes") {
		return errCancelled
	}
	return nil
}

// tell writes what goes with one object, nothing if only itself does.
func (g *guard) tell(ctx context.Context, w io.Writer, info *resource.Info) error {
	switch info.Mapping.GroupVersionKind.GroupKind() {
	case schema.GroupKind{Kind: "Namespace"}:
		return g.tellNamespace(ctx, w, info.Name)
	case schema.GroupKind{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}:
		return g.tellDefinition(ctx, w, info.Name)
	case schema.GroupKind{Kind: "PersistentVolumeClaim"}:
		return g.tellClaim(ctx, w, info.Namespace, info.Name)
	case schema.GroupKind{Kind: "PersistentVolume"}:
		return g.tellVolume(ctx, w, info.Name)
	}
	return nil
}

// resources are those of a choice.
func (g *guard) resources(chosen func(kinds.Resource) bool) ([]kinds.Resource, error) {
	if g.all == nil {
		all, err := kinds.Listable(g.f)
		if err != nil {
			return nil, fmt.Errorf("it is not known what would go: %w", err)
		}
		g.all = all
	}
	return slices.DeleteFunc(slices.Clone(g.all), func(r kinds.Resource) bool { return !chosen(r) }), nil
}

func (g *guard) tellNamespace(ctx context.Context, w io.Writer, name string) error {
	inside, err := g.resources(func(r kinds.Resource) bool { return r.Namespaced && r.Kind != "Event" })
	if err != nil {
		return err
	}
	return g.tellObjects(ctx, w, "namespace "+name, name, inside)
}

// tellDefinition tells of the custom resources of a definition, which is named
// by their resource and group.
func (g *guard) tellDefinition(ctx context.Context, w io.Writer, name string) error {
	custom, err := g.resources(func(r kinds.Resource) bool { return r.GroupResource().String() == name })
	if err != nil {
		return err
	}
	return g.tellObjects(ctx, w, "customresourcedefinition "+name, "", custom)
}

// tellObjects writes the number and the names of the objects of some kinds.
// What makes itself anew with its owner is counted, not named.
func (g *guard) tellObjects(ctx context.Context, w io.Writer, what, namespace string, resources []kinds.Resource) error {
	var mu sync.Mutex
	names := map[string][]string{}
	total := 0
	errs := kinds.ForEach(ctx, resources, func(ctx context.Context, r kinds.Resource) error {
		return kinds.Each(ctx, g.metadata, r, namespace, func(object *metav1.PartialObjectMetadata) {
			mu.Lock()
			defer mu.Unlock()
			total++
			name := object.Name
			if namespace == "" && object.Namespace != "" {
				name = object.Namespace + "/" + name
			}
			if metav1.GetControllerOf(object) == nil {
				names[r.GroupResource().String()] = append(names[r.GroupResource().String()], name)
			}
		})
	})
	if len(errs) > 0 {
		return fmt.Errorf("it is not known what would go with %s: %w", what, errors.Join(errs...))
	}
	if total == 0 {
		return nil
	}
	fmt.Fprintf(w, "  %s: %d objects\n", what, total)
	for _, kind := range slices.Sorted(maps.Keys(names)) {
		fmt.Fprintf(w, "    %s: %s\n", kind, shorten(names[kind]))
	}
	return nil
}

// shorten lists names, and how many more there are.
func shorten(names []string) string {
	slices.Sort(names)
	text := strings.Join(names[:min(len(names), maxShown)], ", ")
	if more := len(names) - maxShown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func (g *guard) tellClaim(ctx context.Context, w io.Writer, namespace, name string) error {
	claim := &corev1.PersistentVolumeClaim{}
	err := g.reader.Get(ctx, corev1.SchemeGroupVersion.WithResource("persistentvolumeclaims"), namespace, name, claim)
	if err != nil || claim.Spec.VolumeName == "" {
		return ignoreNotFound(err)
	}
	volume := &corev1.PersistentVolume{}
	err = g.reader.Get(ctx, corev1.SchemeGroupVersion.WithResource("persistentvolumes"), "", claim.Spec.VolumeName, volume)
	switch {
	case err != nil:
		fmt.Fprintf(w, "  persistentvolumeclaim %s: what becomes of its volume %s is not known: %v\n", name, claim.Spec.VolumeName, err)
	case volume.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete:
		fmt.Fprintf(w, "  persistentvolumeclaim %s: its volume %s, with the data\n", name, volume.Name)
	}
	return nil
}

func (g *guard) tellVolume(ctx context.Context, w io.Writer, name string) error {
	volume := &corev1.PersistentVolume{}
	err := g.reader.Get(ctx, corev1.SchemeGroupVersion.WithResource("persistentvolumes"), "", name, volume)
	if err != nil {
		return ignoreNotFound(err)
	}
	if claim := volume.Spec.ClaimRef; claim != nil {
		fmt.Fprintf(w, "  persistentvolume %s: the volume of the claim %s/%s\n", name, claim.Namespace, claim.Name)
	}
	return nil
}

func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
