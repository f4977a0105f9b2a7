package create

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/lastapplied"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/scheme"
)

// generators are the subcommands, in the order of the help.
func generators() []func(*factory.Factory) *cobra.Command {
	return []func(*factory.Factory) *cobra.Command{
		newNamespace, newQuota, newSecret, newConfigMap, newServiceAccount, newService, newDeployment,
		newClusterRole, newClusterRoleBinding, newRole, newRoleBinding, newPodDisruptionBudget,
		newPriorityClass, newJob, newCronJob, newIngress, newToken,
	}
}

// generator is what the subcommands have in common: an object made from flags
// is created and printed.
type generator struct {
	// resource is where the object is created.
	resource schema.GroupVersionResource
	// clusterScoped objects have no namespace.
	clusterScoped bool
	// failed words the server's refusal, with a %v for it; "" leaves it bare.
	failed string
	// make makes the object. namespace is "" unless a flag named one.
	make func(in input) (runtime.Object, error)

	print      *output.Flags
	saveConfig bool
	manager    string
}

// input is what an object is made from, besides the generator's own flags.
type input struct {
	ctx     context.Context
	f       *factory.Factory
	name    string
	command []string // What follows the name.
	// namespace is the one to work in; ownNamespace is what the object itself
	// is to say, "" unless a flag named one.
	namespace, ownNamespace string
}

// command builds the subcommand around g.
func (g *generator) command(f *factory.Factory, cmd *cobra.Command) *cobra.Command {
	g.print = flags.Print("created")
	cmd.DisableFlagsInUseLine = true
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return g.run(cmd, f, args) }
	g.print.AddFlags(cmd)
	flags.AddSaveConfig(cmd, &g.saveConfig)
	flags.AddValidate(cmd)
	flags.AddDryRun(cmd)
	flags.AddFieldManager(cmd, &g.manager, fieldManager)
	return cmd
}

func (g *generator) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	name, err := nameArgument(cmd, args)
	if err != nil {
		return err
	}
	client, err := f.TypedClient(g.resource.GroupVersion())
	if err != nil {
		return err
	}
	namespace, explicit, err := f.Namespace()
	if err != nil {
		return err
	}
	dryRun, err := flags.GetDryRun(cmd, f.ErrOut)
	if err != nil {
		return err
	}
	flags.PrintDryRun(g.print, dryRun)
	printer, err := g.print.Printer()
	if err != nil {
		return err
	}
	validation, err := flags.GetValidate(cmd)
	if err != nil {
		return err
	}
	in := input{ctx: cmd.Context(), f: f, name: name, command: args[1:], namespace: namespace}
	if explicit {
		in.ownNamespace = namespace
	}
	obj, err := g.make(in)
	if err != nil {
		return err
	}
	if err := lastapplied.KeepOrUpdate(g.saveConfig, obj); err != nil {
		return err
	}
	if dryRun != flags.DryRunClient {
		options := metav1.CreateOptions{FieldManager: g.manager, FieldValidation: validation, DryRun: dryRun.Options()}
		if obj, err = g.send(in, client, obj, options); err != nil {
			return g.wrap(err)
		}
	}
	return printer.PrintObj(obj, f.Out)
}

// send creates the object and returns it as the server stored it.
func (g *generator) send(in input, client rest.Interface, obj runtime.Object, options metav1.CreateOptions) (runtime.Object, error) {
	return client.Post().
		NamespaceIfScoped(in.namespace, !g.clusterScoped).
		Resource(g.resource.Resource).
		VersionedParams(&options, scheme.ParameterCodec()).
		Body(obj).
		Do(in.ctx).
		Get()
}

func (g *generator) wrap(err error) error {
	if g.failed == "" {
		return err
	}
	return fmt.Errorf(g.failed, err)
}

// nameArgument is the one argument in front of "--".
func nameArgument(cmd *cobra.Command, args []string) (string, error) {
	count := cmd.ArgsLenAtDash()
	if count == -1 {
		count = len(args)
	}
	if count != 1 {
		return "", failure.Usage(cmd, "exactly one NAME is required, got %d", count)
	}
	return args[0], nil
}

// requireName refuses an empty name, for the kinds that check it here.
func requireName(name string) error {
	if name == "" {
		return fmt.Errorf("name must be specified")
	}
	return nil
}
