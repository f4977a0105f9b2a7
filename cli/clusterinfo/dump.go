package clusterinfo

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/logs"
	"github.com/kubejig/kubejig/cli/output"
)

// podTimeout is the default of --pod-running-timeout.
const podTimeout = 20 * time.Second

type dumper struct {
	f       *factory.Factory
	print   *output.Flags
	printer printers.ResourcePrinter

	folder        string
	namespaces    []string
	allNamespaces bool
	podTimeout    time.Duration
}

func newDump(f *factory.Factory) *cobra.Command {
	d := &dumper{f: f, print: flags.Print("").WithDefault("json"), podTimeout: podTimeout}
	cmd := &cobra.Command{
		Use:   "dump",
		Short: "Dump relevant information for debugging and diagnosis",
		Long:  "Dump the nodes, and of the namespaces kube-system and the current one the events, workloads, services, pods and logs.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return d.run(cmd.Context())
		},
	}
	d.print.AddFlags(cmd)
	set := cmd.Flags()
	set.StringVar(&d.folder, "output-directory", "", "Folder to write into, a file for each list; empty or '-' is standard output.")
	set.StringSliceVar(&d.namespaces, "namespaces", nil, "Namespaces to dump.")
	flags.AddAllNamespaces(cmd, &d.allNamespaces)
	flags.AddPodRunningTimeout(cmd, &d.podTimeout)
	return cmd
}

// dumped are the lists of a namespace, in order, and the names of their files.
func dumped() []dumpedList {
	core, apps := corev1.SchemeGroupVersion, appsv1.SchemeGroupVersion
	return []dumpedList{
		{core, "events", "events", &corev1.EventList{}},
		{core, "replicationcontrollers", "replication-controllers", &corev1.ReplicationControllerList{}},
		{core, "services", "services", &corev1.ServiceList{}},
		{apps, "daemonsets", "daemonsets", &appsv1.DaemonSetList{}},
		{apps, "deployments", "deployments", &appsv1.DeploymentList{}},
		{apps, "replicasets", "replicasets", &appsv1.ReplicaSetList{}},
		{core, "pods", "pods", &corev1.PodList{}},
	}
}

type dumpedList struct {
	version        schema.GroupVersion
	resource, file string
	list           runtime.Object
}

func (d *dumper) run(ctx context.Context) error {
	var err error
	if d.printer, err = d.print.Printer(); err != nil {
		return err
	}
	if err := flags.CheckPodRunningTimeout(d.podTimeout); err != nil {
		return err
	}
	if err := d.dump(ctx, "", dumpedList{corev1.SchemeGroupVersion, "nodes", "nodes", &corev1.NodeList{}}); err != nil {
		return err
	}
	namespaces, err := d.chosenNamespaces(ctx)
	if err != nil {
		return err
	}
	for _, namespace := range namespaces {
		if err := d.dumpNamespace(ctx, namespace); err != nil {
			return err
		}
	}
	if d.intoFiles() {
		fmt.Fprintf(d.f.Out, "Cluster info dumped to %s\n", d.folder)
	}
	return nil
}

func (d *dumper) chosenNamespaces(ctx context.Context) ([]string, error) {
	switch {
	case d.allNamespaces:
		list := &corev1.NamespaceList{}
		if err := d.read(ctx, "", dumpedList{corev1.SchemeGroupVersion, "namespaces", "", list}); err != nil {
			return nil, err
		}
		var names []string
		for _, namespace := range list.Items {
			names = append(names, namespace.Name)
		}
		return names, nil
	case len(d.namespaces) > 0:
		return d.namespaces, nil
	}
	current, _, err := d.f.Namespace()
	return []string{metav1.NamespaceSystem, current}, err
}

func (d *dumper) dumpNamespace(ctx context.Context, namespace string) error {
	for _, what := range dumped() {
		if err := d.dump(ctx, namespace, what); err != nil {
			return err
		}
		list, ok := what.list.(*corev1.PodList)
		if !ok {
			continue
		}
		for i := range list.Items {
			if err := d.dumpLogs(ctx, &list.Items[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *dumper) dump(ctx context.Context, namespace string, what dumpedList) error {
	if err := d.read(ctx, namespace, what); err != nil {
		return err
	}
	return d.write(filepath.Join(namespace, what.file)+d.extension(), func(w io.Writer) error {
		return d.printer.PrintObj(what.list, w)
	})
}

func (d *dumper) read(ctx context.Context, namespace string, what dumpedList) error {
	client, err := d.f.TypedClient(what.version)
	if err != nil {
		return err
	}
	return client.Get().NamespaceIfScoped(namespace, namespace != "").Resource(what.resource).Do(ctx).Into(what.list)
}

func (d *dumper) extension() string {
	switch d.print.Format {
	case "json", "yaml":
		return "." + d.print.Format
	}
	return ".txt"
}

func (d *dumper) intoFiles() bool { return d.folder != "" && d.folder != "-" }

// write writes a file of the dump, or a part of standard output.
func (d *dumper) write(name string, fn func(io.Writer) error) error {
	if !d.intoFiles() {
		return fn(d.f.Out)
	}
	name = filepath.Join(d.folder, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = fn(file)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return err
}

func (d *dumper) dumpLogs(ctx context.Context, pod *corev1.Pod) error {
	return d.write(filepath.Join(pod.Namespace, pod.Name, "logs")+".txt", func(w io.Writer) error {
		for _, container := range pod.Spec.InitContainers {
			d.dumpLog(ctx, w, pod, container.Name)
		}
		for _, container := range pod.Spec.Containers {
			d.dumpLog(ctx, w, pod, container.Name)
		}
		return nil
	})
}

// dumpLog writes the log of a container, or why there is none.
func (d *dumper) dumpLog(ctx context.Context, w io.Writer, pod *corev1.Pod, container string) {
	fmt.Fprintf(w, "==== START logs for container %s of pod %s/%s ====\n", container, pod.Namespace, pod.Name)
	defer fmt.Fprintf(w, "==== END logs for container %s of pod %s/%s ====\n", container, pod.Namespace, pod.Name)
	sources, err := logs.Find(ctx, d.f, pod, logs.Selection{
		Options:    &corev1.PodLogOptions{Container: container},
		PodTimeout: d.podTimeout,
	})
	if err != nil {
		fmt.Fprintf(w, "Create log request error: %s\n", err)
		return
	}
	for _, source := range sources {
		text, err := source.Request.DoRaw(ctx)
		if err != nil {
			fmt.Fprintf(w, "Request log error: %s\n", err)
			return
		}
		w.Write(text)
	}
}
