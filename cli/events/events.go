// Package events is "kubectl events".
package events

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/scheme"
)

type options struct {
	print                           *output.Flags
	allNamespaces, watch, noHeaders bool
	object                          string
	types                           []string
	chunkSize                       int64
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{print: flags.Print("events"), chunkSize: flags.ChunkSize}
	cmd := &cobra.Command{
		Use: fmt.Sprintf("events [(-o|--output=)%s] [--for TYPE/NAME] [--watch] [--types=Normal,Warning]",
			strings.Join(o.print.Formats(), "|")),
		DisableFlagsInUseLine: true,
		Short:                 "List events",
		Long:                  "List events in the order of their times: all of a namespace, or those about one object.",
		RunE:                  func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context(), f) },
	}
	set := cmd.Flags()
	set.BoolVarP(&o.watch, "watch", "w", false, "After listing, go on with events as they come.")
	flags.AddAllNamespaces(cmd, &o.allNamespaces)
	set.StringVar(&o.object, "for", "", "Only events about this object, TYPE/NAME.")
	set.StringSliceVar(&o.types, "types", nil, "Only events of these types: Normal, Warning.")
	set.BoolVar(&o.noHeaders, "no-headers", false, "Leave out the line of column names.")
	flags.AddChunkSize(cmd, &o.chunkSize)
	o.print.AddFlags(cmd)
	return cmd
}

func (o *options) run(ctx context.Context, f *factory.Factory) error {
	namespace, _, err := f.Namespace()
	if err != nil {
		return err
	}
	query := metav1.ListOptions{Limit: flags.ChunkSize}
	if o.object != "" {
		if query.FieldSelector, err = about(f, o.object); err != nil {
			return err
		}
	}
	var printer printers.ResourcePrinter = &table{now: f.Now, noHeaders: o.noHeaders, withNamespace: o.allNamespaces}
	if o.print.Format != "" {
		if printer, err = o.print.Printer(); err != nil {
			return err
		}
	}
	for _, kind := range o.types {
		if !strings.EqualFold(kind, "Normal") && !strings.EqualFold(kind, "Warning") {
			return fmt.Errorf("valid --types are Normal or Warning")
		}
	}
	scope := namespace
	if o.allNamespaces {
		scope = metav1.NamespaceAll
	}
	if o.watch {
		return o.follow(ctx, f, scope, query, printer)
	}
	list, err := o.list(ctx, f, scope, query)
	if err != nil {
		return err
	}
	if len(list.Items) == 0 {
		if o.allNamespaces {
			fmt.Fprintln(f.ErrOut, "No events found.")
		} else {
			fmt.Fprintf(f.ErrOut, "No events found in %s namespace.\n", namespace)
		}
		return nil
	}
	w := printers.GetNewTabWriter(f.Out)
	_ = printer.PrintObj(list, w) // Like kubectl, which has no word on formats that fit no list.
	w.Flush()
	return nil
}

// about is the selector of events about the object, which is TYPE/NAME.
func about(f *factory.Factory, object string) (string, error) {
	typed, name, found := strings.Cut(object, "/")
	switch {
	case !found:
		return "", fmt.Errorf("--for must be in resource/name form")
	case strings.Contains(name, "/"):
		return "", fmt.Errorf("arguments in resource/name form may not have more than one slash")
	}
	mapper, err := f.ToRESTMapper()
	if err != nil {
		return "", err
	}
	kind, err := kindOf(mapper, typed)
	if err != nil || name == "" {
		return "", err
	}
	return fields.AndSelectors(
		fields.OneTermEqualSelector("involvedObject.kind", kind.Kind),
		fields.OneTermEqualSelector("involvedObject.apiVersion", kind.GroupVersion().String()),
		fields.OneTermEqualSelector("involvedObject.name", name),
	).String(), nil
}

func kindOf(mapper meta.RESTMapper, typed string) (schema.GroupVersionKind, error) {
	full, short := schema.ParseResourceArg(strings.ToLower(typed))
	if full != nil {
		if found, err := mapper.ResourceFor(*full); err == nil {
			return mapper.KindFor(found)
		}
	}
	found, err := mapper.ResourceFor(short.WithVersion(""))
	if err != nil {
		return schema.GroupVersionKind{}, err
	}
	return mapper.KindFor(found)
}

// list reads all events that are asked for, oldest first.
func (o *options) list(ctx context.Context, f *factory.Factory, namespace string, query metav1.ListOptions) (*corev1.EventList, error) {
	client, err := f.TypedClient(corev1.SchemeGroupVersion)
	if err != nil {
		return nil, err
	}
	all := &corev1.EventList{TypeMeta: metav1.TypeMeta{Kind: "EventList", APIVersion: "v1"}}
	err = resource.FollowContinue(&query, func(query metav1.ListOptions) (runtime.Object, error) {
		piece := &corev1.EventList{}
		err := client.Get().NamespaceIfScoped(namespace, namespace != "").Resource("events").
			VersionedParams(&query, scheme.ParameterCodec()).Do(ctx).Into(piece)
		if err != nil {
			return nil, resource.EnhanceListError(err, query, "events")
		}
		for _, event := range piece.Items {
			if o.wants(&event) {
				all.Items = append(all.Items, withKind(event))
			}
		}
		return piece, nil
	})
	sort.Slice(all.Items, func(i, j int) bool { return lastSeen(&all.Items[i]).Before(lastSeen(&all.Items[j])) })
	return all, err
}

func (o *options) wants(event *corev1.Event) bool {
	return len(o.types) == 0 || slices.ContainsFunc(o.types, func(kind string) bool {
		return strings.EqualFold(kind, event.Type)
	})
}

func withKind(event corev1.Event) corev1.Event {
	event.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Event"))
	return event
}

func lastSeen(event *corev1.Event) time.Time {
	switch {
	case event.Series != nil:
		return event.Series.LastObservedTime.Time
	case !event.LastTimestamp.IsZero():
		return event.LastTimestamp.Time
	}
	return event.EventTime.Time
}

func (o *options) follow(ctx context.Context, f *factory.Factory, namespace string, query metav1.ListOptions, printer printers.ResourcePrinter) error {
	client, err := f.TypedClient(corev1.SchemeGroupVersion)
	if err != nil {
		return err
	}
	query.Watch = true
	changes, err := client.Get().NamespaceIfScoped(namespace, namespace != "").Resource("events").
		VersionedParams(&query, scheme.ParameterCodec()).Watch(ctx)
	if err != nil {
		return err
	}
	return f.UnlessTerminated(ctx, func(ctx context.Context) error {
		return o.printChanges(ctx, f.Out, printer, changes)
	})
}

func (o *options) printChanges(ctx context.Context, out io.Writer, printer printers.ResourcePrinter, changes watch.Interface) error {
	defer changes.Stop()
	w := printers.GetNewTabWriter(out)
	for {
		select {
		case <-ctx.Done():
			return failure.Silent
		case change, ok := <-changes.ResultChan():
			if !ok {
				return nil
			}
			event, isEvent := change.Object.(*corev1.Event)
			if !isEvent || change.Type == watch.Deleted || !o.wants(event) {
				continue
			}
			shown := withKind(*event)
			_ = printer.PrintObj(&shown, w)
			w.Flush()
		}
	}
}
