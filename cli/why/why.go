// Package why is "kubejig why": it says on one screen why an object is pending,
// not ready, restarting or without endpoints, and how to go on.
//
// What an object says of itself is judged by package health. Each kind here
// has a file that follows the matter to what is behind it: a pod's containers,
// volumes and scheduling, a workload's pods, a claim's volumes, a service's
// selector. Only what the server said is stated; what could not be read is
// said to be so.
package why

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/health"
	"github.com/kubejig/kubejig/cli/reader"
	"github.com/kubejig/kubejig/cli/resource"
)

type options struct {
	selector      string
	allNamespaces bool
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:                   "why (POD | TYPE/NAME ... | TYPE [NAME | -l label])",
		DisableFlagsInUseLine: true,
		Short:                 "Say why an object is not ready",
		Long: `Say why an object is pending, not ready, restarting or without endpoints: from its
conditions and containers, its events, and what is behind it. A workload is
followed to its pods, a pod to its volumes and its scheduling, a claim to the
volumes that it could bind, a service to the pods that it selects.

Of several objects only those are shown that are not as they should be.`,
		Example: `  # A pod, a deployment, a claim, a service
  kubejig why web-5d8f
  kubejig why deployment/web
  kubejig why pvc data
  kubejig why service/web

  # Whatever is wrong with the pods and jobs of the namespace
  kubejig why pods,jobs`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return failure.Usage(cmd, "name a pod, or TYPE/NAME")
			}
			return o.run(cmd.Context(), f, args)
		},
	}
	flags.AddSelector(cmd, &o.selector)
	flags.AddAllNamespaces(cmd, &o.allNamespaces)
	return cmd
}

func (o *options) run(ctx context.Context, f *factory.Factory, args []string) error {
	namespace, _, err := f.Namespace()
	if err != nil {
		return err
	}
	infos, err := o.find(f, namespace, args)
	if err != nil {
		return err
	}
	x := &explainer{reader: reader.New(f), now: f.Now}
	shown := 0
	for _, info := range infos {
		object, ok := info.Object.(*unstructured.Unstructured)
		if !ok {
			return fmt.Errorf("%s can not be explained", info.ObjectName())
		}
		a := x.explain(ctx, object)
		if len(infos) > 1 && a.health.State == health.Ready && len(a.causes) == 0 {
			continue
		}
		if shown++; shown > 1 {
			fmt.Fprintln(f.Out)
		}
		a.write(f.Out, f.Now(), f.Program, namespaceFlag(f, info.Namespace))
	}
	switch {
	case len(infos) == 0:
		return errors.New("no matching resources found")
	case shown == 0:
		fmt.Fprintf(f.Out, "All %d objects are ready.\n", len(infos))
	}
	return nil
}

// Tell writes to w why an object, as the server had it last, is not ready. It
// says nothing of objects that are.
func Tell(ctx context.Context, f *factory.Factory, w io.Writer, object runtime.Object) {
	found, ok := object.(*unstructured.Unstructured)
	if !ok {
		return
	}
	x := &explainer{reader: reader.New(f), now: f.Now}
	a := x.explain(context.WithoutCancel(ctx), found) // The time that ran out was for the wait.
	if a.health.State == health.Ready {
		return
	}
	a.write(w, f.Now(), f.Program, namespaceFlag(f, found.GetNamespace()))
}

// namespaceFlag is what command lines about a namespace end with: nothing if
// it is that of the kubeconfig.
func namespaceFlag(f *factory.Factory, namespace string) string {
	current, explicit, err := f.Namespace()
	if namespace == "" || err == nil && !explicit && namespace == current {
		return ""
	}
	return " -n " + namespace
}

// find reads the objects; a name alone is that of a pod.
func (o *options) find(f *factory.Factory, namespace string, args []string) ([]*resource.Info, error) {
	read := func(args ...string) ([]*resource.Info, error) {
		return f.NewBuilder().Unstructured().ContinueOnError().
			NamespaceParam(namespace).DefaultNamespace().AllNamespaces(o.allNamespaces).
			LabelSelectorParam(o.selector).
			ResourceTypeOrNameArgs(true, args...).
			RequestChunksOf(flags.ChunkSize).Latest().Flatten().Do().Infos()
	}
	if len(args) == 1 && !strings.ContainsAny(args[0], "/,") && !o.isType(f, args[0]) {
		return read("pods", args[0])
	}
	return read(args...)
}

func (o *options) isType(f *factory.Factory, arg string) bool {
	mapper, err := f.ToRESTMapper()
	if err != nil {
		return true // Whatever is wrong, the builder says it.
	}
	versioned, group := schema.ParseResourceArg(arg)
	if versioned != nil {
		if _, err := mapper.ResourceFor(*versioned); err == nil {
			return true
		}
	}
	_, err = mapper.ResourceFor(group.WithVersion(""))
	return err == nil
}

// explainer finds out about objects.
type explainer struct {
	reader reader.Reader
	now    func() time.Time
}

// explain answers for one object.
func (x *explainer) explain(ctx context.Context, object *unstructured.Unstructured) *answer {
	a := &answer{
		kind: object.GetKind(), namespace: object.GetNamespace(), name: object.GetName(),
		health: health.Of(object),
	}
	a.add(deletion(object, x.now())...)
	switch object.GroupVersionKind().GroupKind() {
	case schema.GroupKind{Kind: "Pod"}:
		as(ctx, a, object, x.pod)
	case schema.GroupKind{Kind: "Service"}:
		as(ctx, a, object, x.service)
	case schema.GroupKind{Kind: "PersistentVolumeClaim"}:
		as(ctx, a, object, x.claim)
	case schema.GroupKind{Kind: "Node"}:
		as(ctx, a, object, x.node)
	case schema.GroupKind{Group: batchv1.GroupName, Kind: "Job"}:
		as(ctx, a, object, x.job)
	case schema.GroupKind{Group: batchv1.GroupName, Kind: "CronJob"}:
		as(ctx, a, object, x.cronJob)
	case schema.GroupKind{Group: appsv1.GroupName, Kind: "Deployment"}:
		as(ctx, a, object, x.deployment)
	case schema.GroupKind{Group: appsv1.GroupName, Kind: "ReplicaSet"},
		schema.GroupKind{Group: appsv1.GroupName, Kind: "StatefulSet"},
		schema.GroupKind{Group: appsv1.GroupName, Kind: "DaemonSet"},
		schema.GroupKind{Kind: "ReplicationController"}:
		x.podOwner(ctx, a, object)
	default:
		x.other(ctx, a, object)
	}
	return a
}

// as has an object explained as a value of its Go type.
func as[T any](ctx context.Context, a *answer, object *unstructured.Unstructured, explain func(context.Context, *answer, *T)) {
	typed := new(T)
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, typed); err != nil {
		a.add(causef("it can not be read as a %s: %v", a.kind, err))
		return
	}
	explain(ctx, a, typed)
}
