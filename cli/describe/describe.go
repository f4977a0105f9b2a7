// Package describe is "kubectl describe": it shows objects in detail, with
// what belongs to them.
//
// Each kind has a file, whose function writes one object, in the form of its
// Go type, to a writer of labelled sections (writer.go). What it mentions
// beside the object it reads through related (related.go). Kinds without a
// file are described by their fields (generic.go).
package describe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/page"
	"github.com/kubejig/kubejig/cli/reader"
	"github.com/kubejig/kubejig/cli/resource"
)

// options are the flags of describe.
type options struct {
	files          resource.FilenameOptions
	selector       string
	allNamespaces  bool
	showEvents     bool
	explicitEvents bool
	chunkSize      int64

	namespace         string
	explicitNamespace bool
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{showEvents: true, chunkSize: flags.ChunkSize}
	cmd := &cobra.Command{
		Use:                   "describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)",
		DisableFlagsInUseLine: true,
		Short:                 "Show details of a specific resource or group of resources",
		Long: `Show objects in detail, with what belongs to them, such as events and pods.

An object is chosen by its name, or several by label or by the beginning of
their names: if there is no object of just the given name, all whose names
begin with it are shown.`,
		Example: `  # A node, and a pod
  kubectl describe node node-1
  kubectl describe pods/web

  # The objects of a file
  kubectl describe -f web.yaml

  # All pods of the namespace, those with a label, those of the deployment web
  kubectl describe pods
  kubectl describe pods -l app=web
  kubectl describe pods web`,
		SuggestFor: []string{"inspect"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(f, cmd, args); err != nil {
				return err
			}
			return o.run(cmd.Context(), f, args)
		},
	}
	flags.AddFilenames(cmd, &o.files, "containing the resource to describe")
	flags.AddSelector(cmd, &o.selector)
	flags.AddAllNamespaces(cmd, &o.allNamespaces)
	cmd.Flags().BoolVar(&o.showEvents, "show-events", o.showEvents, "Show the events about each object. By default only if a single object is described.")
	flags.AddChunkSize(cmd, &o.chunkSize)
	return cmd
}

func (o *options) complete(f *factory.Factory, cmd *cobra.Command, args []string) error {
	var err error
	o.namespace, o.explicitNamespace, err = f.Namespace()
	if err != nil {
		return err
	}
	if o.allNamespaces {
		o.explicitNamespace = false
	}
	o.explicitEvents = cmd.Flags().Changed("show-events")
	if len(args) == 0 && flags.NoFiles(&o.files) {
		return fmt.Errorf("You must specify the type of resource to describe. Use \"%s api-resources\" for a complete list of supported resources.\n", cmd.Parent().CommandPath())
	}
	return nil
}

func (o *options) run(ctx context.Context, f *factory.Factory, args []string) error {
	builder := o.builder(f).
		Unstructured().
		ContinueOnError().
		NamespaceParam(o.namespace).DefaultNamespace().AllNamespaces(o.allNamespaces)
	result := builder.FilenameParam(o.explicitNamespace, &o.files).
		LabelSelectorParam(o.selector).
		ResourceTypeOrNameArgs(true, args...).
		RequestChunksOf(o.chunkSize).
		Flatten().
		Do()
	if err := result.Err(); err != nil {
		return err
	}
	var errs []error
	infos, err := result.Infos()
	objects := objectsOf(infos)
	if (err != nil || len(objects) > 1) && !o.explicitEvents {
		o.showEvents = false
	}
	if err != nil {
		if apierrors.IsNotFound(err) && len(args) == 2 {
			return o.runPrefix(ctx, f, err, args[0], args[1])
		}
		errs = append(errs, err)
	}
	errs = append(errs, o.describeAll(ctx, f, objects)...)
	if len(objects) == 0 && len(errs) == 0 {
		o.sayNothingFound(f)
	}
	return utilerrors.NewAggregate(errs)
}

// describeAll prints descriptions, and returns the errors that come up, each
// once.
func (o *options) describeAll(ctx context.Context, f *factory.Factory, objects []object) []error {
	var errs []error
	seen := sets.New[string]()
	separator := ""
	related := o.related(f, objects)
	for _, at := range objects {
		text, err := describe(ctx, f.Now(), related, at)
		if err != nil {
			if !seen.Has(err.Error()) {
				seen.Insert(err.Error())
				errs = append(errs, err)
			}
			continue
		}
		fmt.Fprint(f.Out, separator, text)
		separator = "\n\n"
	}
	return errs
}

// runPrefix describes the objects whose names begin with a prefix, where
// notFound says that none has it for a name.
func (o *options) runPrefix(ctx context.Context, f *factory.Factory, notFound error, kind, prefix string) error {
	infos, err := f.NewDecodingBuilder(page.Serializer).
		Unstructured().
		NamespaceParam(o.namespace).DefaultNamespace().
		ResourceTypeOrNameArgs(true, kind).
		SingleResourceType().
		RequestChunksOf(o.chunkSize).
		Flatten().
		Do().
		Infos()
	if err != nil {
		return err
	}
	matching := slices.DeleteFunc(objectsOf(infos), func(at object) bool { return !strings.HasPrefix(at.name, prefix) })
	if len(matching) == 0 {
		return notFound
	}
	related := o.related(f, matching)
	for _, at := range matching {
		text, err := describe(ctx, f.Now(), related, at)
		if err != nil {
			return err
		}
		fmt.Fprintln(f.Out, text)
	}
	return nil
}

// builder finds the objects: what comes from a file has a name only, what the
// server is asked for comes in pages.
func (o *options) builder(f *factory.Factory) *resource.Builder {
	if flags.NoFiles(&o.files) {
		return f.NewDecodingBuilder(page.Serializer)
	}
	return f.NewBuilder()
}

func (o *options) sayNothingFound(f *factory.Factory) {
	if o.allNamespaces {
		fmt.Fprintln(f.ErrOut, "No resources found")
	} else {
		fmt.Fprintf(f.ErrOut, "No resources found in %s namespace.\n", o.namespace)
	}
}

// many is from how many objects on it is better to read whole collections of
// related objects than what belongs to each object.
const many = 4

func (o *options) related(f *factory.Factory, objects []object) *related {
	r := &related{
		reader:      reader.New(f),
		chunkSize:   o.chunkSize,
		showEvents:  o.showEvents,
		collections: map[collectionKey]any{},
	}
	if len(objects) >= many {
		r.namespaces = map[string]bool{}
		for _, at := range objects {
			r.namespaces[at.namespace] = true
			if at.kind == (schema.GroupKind{Kind: "Namespace"}) {
				r.namespaces[at.name] = true
			}
		}
	}
	return r
}
