// Package get is "kubectl get": it shows objects, once or as they change.
//
// The server makes the columns of tables; only -o forms and custom columns
// are made here.
package get

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/raw"
	"github.com/kubejig/kubejig/cli/resource"
)

// options are the flags of get.
type options struct {
	print printFlags
	files resource.FilenameOptions

	raw                    string
	watch, watchOnly       bool
	outputWatchEvents      bool
	ignoreNotFound         bool
	allNamespaces          bool
	serverPrint            bool
	chunkSize              int64
	selector, fields       string
	subresource, namespace string
	explicitNamespace      bool

	// Beyond kubectl.
	everyKind, decode bool
	namespaces        []string
	since             time.Duration
	filters           []fieldSet // Of the field selector, what we have to choose by.

	// namespaceColumn is set once a table has had one.
	namespaceColumn bool
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{chunkSize: flags.ChunkSize, serverPrint: true, print: newPrintFlags()}
	cmd := &cobra.Command{
		Use: fmt.Sprintf("get [(-o|--output=)%s] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags]",
			strings.Join(o.print.allowedFormats(), "|")),
		DisableFlagsInUseLine: true,
		Short:                 "Display one or many resources",
		Example: `  # A table of the pods in the namespace, and one with more columns
  kubectl get pods
  kubectl get pods -o wide

  # One object as YAML
  kubectl get deployment web -o yaml

  # Several kinds by label, in all namespaces
  kubectl get services,deployments -l app=web -A

  # Chosen columns
  kubectl get pods -o custom-columns=NAME:.metadata.name,IMAGE:.spec.containers[0].image

  # Really all objects of the namespace; a Secret's values as they are
  kubejig get all --every-kind
  kubejig get secret token --decode`,
		SuggestFor: []string{"list", "ls"},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.complete(f, cmd, args); err != nil {
				return err
			}
			if err := o.validate(); err != nil {
				return err
			}
			return o.run(cmd.Context(), f, args)
		},
	}
	o.print.addFlags(cmd)
	set := cmd.Flags()
	set.StringVar(&o.raw, "raw", "", "Path to ask of the server as it is, through the kubeconfig's connection.")
	set.BoolVarP(&o.watch, "watch", "w", false, "Keep showing changes after what is there.")
	set.BoolVar(&o.watchOnly, "watch-only", false, "Show changes only, not what is there.")
	set.BoolVar(&o.outputWatchEvents, "output-watch-events", false, "Show watch events with their types; what is there shows as ADDED.")
	set.BoolVar(&o.ignoreNotFound, "ignore-not-found", false, "Say nothing, and succeed, if a named object does not exist.")
	set.BoolVar(&o.serverPrint, "server-print", true, "Have the server make the table's columns.")
	flags.AddFieldSelector(cmd, &o.fields)
	flags.AddAllNamespaces(cmd, &o.allNamespaces)
	flags.AddFilenames(cmd, &o.files, "identifying the resource to get from a server.")
	flags.AddChunkSize(cmd, &o.chunkSize)
	flags.AddSelector(cmd, &o.selector)
	flags.AddSubresource(cmd, &o.subresource, "Get this subresource of the object.")
	set.BoolVar(&o.everyKind, "every-kind", false, "With the type \"all\": all objects of every kind that can be listed, except events; with -A also those without a namespace.")
	set.BoolVar(&o.decode, "decode", false, "Show the values of Secrets as they are, in stringData; as YAML unless -o says otherwise.")
	set.StringSliceVar(&o.namespaces, "namespaces", nil, "Several namespaces to look in; comma-separated, or given several times.")
	set.DurationVar(&o.since, "since", 0, "Only objects that were made within the last 5s, 2m or 3h.")
	return cmd
}

// complete reads what the flags leave to the kubeconfig and to each other.
func (o *options) complete(f *factory.Factory, cmd *cobra.Command, args []string) error {
	if o.raw != "" {
		if len(args) > 0 {
			return fmt.Errorf("arguments may not be passed when --raw is specified")
		}
		return nil
	}
	o.fields, o.filters = splitFieldSelector(o.fields)
	if o.decode && o.print.human() {
		o.print.output = "yaml"
	}
	var err error
	o.namespace, o.explicitNamespace, err = f.Namespace()
	if err != nil {
		return err
	}
	if o.allNamespaces {
		o.explicitNamespace = false
	}
	if output := o.print.output; strings.Contains(output, "custom-columns") || output == "yaml" || strings.Contains(output, "json") {
		o.serverPrint = false
	}
	switch sorted := o.print.sortBy != ""; {
	case o.watch && sorted:
		fmt.Fprintf(f.ErrOut, "warning: --watch requested, --sort-by will be ignored for watch events received\n")
	case o.watchOnly && sorted:
		fmt.Fprintf(f.ErrOut, "warning: --watch-only requested, --sort-by will be ignored\n")
	case !o.watch && !o.watchOnly && len(args) == 0 && flags.NoFiles(&o.files):
		return noResourceNamed(f.ErrOut, cmd)
	}
	return nil
}

// noResourceNamed tells the user that there is nothing to get.
func noResourceNamed(errOut io.Writer, cmd *cobra.Command) error {
	program := cmd.Parent().CommandPath()
	fmt.Fprintf(errOut, "You must specify the type of resource to get. Use \"%s api-resources\" for a complete list of supported resources.\n\n", program)
	return failure.Usage(cmd, "Required resource not specified.\nUse \"%s explain <resource>\" for a detailed description of that resource (e.g. %[1]s explain pods).", program)
}

func (o *options) validate() error {
	if o.raw != "" {
		if o.watch || o.watchOnly || o.selector != "" {
			return fmt.Errorf("--raw may not be specified with other flags that filter the server request or alter the output")
		}
		if o.print.output != "" {
			return fmt.Errorf("--raw and --output are mutually exclusive")
		}
		if err := factory.ValidRawPath(o.raw); err != nil {
			return fmt.Errorf("--raw must be a valid URL path: %v", err)
		}
	}
	if output := o.print.output; o.print.showLabels && output != "" && output != "wide" {
		return fmt.Errorf("--show-labels option cannot be used with %s printer", output)
	}
	if output := o.print.output; len(o.print.columnLabels) > 0 && strings.HasPrefix(output, "custom-columns") {
		return fmt.Errorf("--label-columns option cannot be used with %s printer", output)
	}
	if o.outputWatchEvents && !o.watch && !o.watchOnly {
		return fmt.Errorf("--output-watch-events option can only be used with --watch or --watch-only")
	}
	return nil
}

func (o *options) run(ctx context.Context, f *factory.Factory, args []string) error {
	if o.raw != "" {
		return raw.Get(ctx, f, o.raw)
	}
	if err := o.checkScope(); err != nil {
		return err
	}
	if o.watch || o.watchOnly {
		return o.runWatch(ctx, f, args)
	}
	if o.everyKind {
		var err error
		if args, err = o.everyKindArgs(f, args); err != nil {
			return err
		}
	}
	chunkSize := o.chunkSize
	if o.print.sortBy != "" {
		chunkSize = 0 // What comes in pieces can not be sorted.
	}
	if o.streams() {
		return o.stream(f, args, chunkSize)
	}
	all, err := o.find(f, args, chunkSize)
	if err != nil {
		return err
	}
	all.infos = o.filter(f, all.infos)
	if o.decode {
		decodeSecrets(all.infos)
	}
	if o.print.human() {
		return o.printTables(f, all)
	}
	return o.printObjects(f, all)
}

// query is what get and watch ask for alike.
func (o *options) query(f *factory.Factory, args []string, namespace string) *resource.Builder {
	builder := f.NewBuilder()
	if o.needsNoObjects() {
		builder = f.NewDecodingBuilder(newPageSerializer)
	}
	builder = builder.
		Unstructured().
		NamespaceParam(namespace).DefaultNamespace().AllNamespaces(o.allNamespaces)
	return builder.FilenameParam(o.explicitNamespace, &o.files).
		LabelSelectorParam(o.selector).
		FieldSelectorParam(o.fields).
		ResourceTypeOrNameArgs(true, args...).
		Latest().
		TransformRequests(o.askForTable)
}

// needsNoObjects says whether what the server sends is printed as it is.
func (o *options) needsNoObjects() bool {
	printed := o.streams() || o.serverPrint && o.print.human() && o.print.sortBy == "" && !o.filtered()
	return printed && !o.watch && !o.watchOnly && flags.NoFiles(&o.files)
}

// askForTable makes the server answer with a table, if it can.
func (o *options) askForTable(request *rest.Request) {
	if !o.serverPrint || !o.print.human() {
		return
	}
	request.SetHeader("Accept", strings.Join([]string{
		fmt.Sprintf("application/json;as=Table;v=v1;g=%s", metav1.GroupName),
		fmt.Sprintf("application/json;as=Table;v=v1beta1;g=%s", metav1.GroupName),
		"application/json",
	}, ","))
	if o.print.sortBy != "" || len(o.filters) > 0 {
		request.Param("includeObject", "Object")
	}
}
