package set

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/scheme"
)

type env struct {
	setter
	containers, from, prefix string
	params, keys             []string
	list, resolve, overwrite bool

	warnings *printers.WarningPrinter
}

func newEnv(f *factory.Factory) *cobra.Command {
	o := &env{setter: newSetter("env updated", "failed to patch env update to pod template: %v")}
	cmd := &cobra.Command{
		Use:                   "env RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N",
		DisableFlagsInUseLine: true,
		Short:                 "Update environment variables on a pod template",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.addFlags(cmd, true)
	set := cmd.Flags()
	set.StringVarP(&o.containers, "containers", "c", "*", "Names of the containers; * stands for anything.")
	set.StringVar(&o.from, "from", "", "ConfigMap or Secret, as TYPE/NAME, whose keys become variables.")
	set.StringVar(&o.prefix, "prefix", "", "Put this in front of the names.")
	set.StringArrayVarP(&o.params, "env", "e", nil, "Variable, as KEY=VALUE; may be given several times.")
	set.StringSliceVar(&o.keys, "keys", nil, "Keys to take of --from, comma-separated.")
	set.BoolVar(&o.list, "list", false, "Show the environment instead of changing it.")
	set.BoolVar(&o.resolve, "resolve", false, "With --list: show the values of references.")
	set.BoolVar(&o.overwrite, "overwrite", true, "Change variables that have another value already.")
	return cmd
}

func (o *env) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if o.all && o.selector != "" {
		return fmt.Errorf("cannot set --all and --selector at the same time")
	}
	resources, specs, ok := split(args)
	if !ok {
		return fmt.Errorf("all resources must be specified before environment changes: %s", strings.Join(args, " "))
	}
	if err := o.complete(cmd, f); err != nil {
		return err
	}
	o.warnings = printers.NewWarningPrinter(f.ErrOut, printers.WarningPrinterOptions{Color: printers.AllowsColorOutput(f.ErrOut)})
	if err := o.validate(resources); err != nil {
		return err
	}
	changes, err := parseVariables(append(o.params, specs...), f.In)
	if err != nil {
		return err
	}
	o.stdinInUse = slices.Contains(o.params, "-") || slices.Contains(specs, "-")
	if o.from != "" {
		taken, err := o.take(f)
		if err != nil {
			return err
		}
		changes.set = append(changes.set, taken...)
	}
	for i := range changes.set {
		changes.set[i].Name = o.prefix + changes.set[i].Name
	}
	infos, err := o.find(f, o.named(resources...))
	if err != nil {
		return err
	}
	if o.list {
		for _, info := range infos {
			if err := o.apply(cmd, f, info.Object, changes); err != nil {
				return nil // What could be shown has been.
			}
		}
		return nil
	}
	return o.change(f, infos, func(object runtime.Object) error {
		return o.apply(cmd, f, object, changes)
	})
}

// split tells resources from the variables after them.
func split(args []string) (resources, specs []string, ok bool) {
	variable := regexp.MustCompile(`(?ms)^(.+)\=(.*)$`)
	for _, arg := range args {
		isVariable := variable.MatchString(arg) || strings.HasSuffix(arg, "-")
		switch {
		case isVariable:
			specs = append(specs, arg)
		case len(specs) > 0:
			return nil, nil, false
		default:
			resources = append(resources, arg)
		}
	}
	return resources, specs, true
}

func (o *env) validate(resources []string) error {
	if err := o.checkLocal(); err != nil {
		return err
	}
	switch {
	case len(o.files.Filenames) == 0 && len(resources) < 1:
		return fmt.Errorf("one or more resources must be specified as <resource> <name> or <resource>/<name>")
	case o.list && o.print.Format != "":
		return fmt.Errorf("--list and --output may not be specified together")
	case len(o.keys) > 0 && o.from == "":
		return fmt.Errorf("when specifying --keys, a configmap or secret must be provided with --from")
	}
	return nil
}

// named are the objects to ask a server for: none with --local.
func (o *env) named(resources ...string) []string {
	if o.local {
		return nil
	}
	return resources
}

// take makes variables of the keys of a ConfigMap or Secret.
func (o *env) take(f *factory.Factory) ([]corev1.EnvVar, error) {
	infos, err := o.find(f, o.named(o.from))
	if err != nil {
		return nil, err
	}
	var variables []corev1.EnvVar
	for _, info := range infos {
		switch from := info.Object.(type) {
		case *corev1.Secret:
			for _, key := range o.wanted(slices.Sorted(maps.Keys(from.Data))) {
				variables = append(variables, corev1.EnvVar{Name: o.nameOf(key), ValueFrom: &corev1.EnvVarSource{
					SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: from.Name}, Key: key},
				}})
			}
		case *corev1.ConfigMap:
			for _, key := range o.wanted(slices.Sorted(maps.Keys(from.Data))) {
				variables = append(variables, corev1.EnvVar{Name: o.nameOf(key), ValueFrom: &corev1.EnvVarSource{
					ConfigMapKeyRef: &corev1.ConfigMapKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: from.Name}, Key: key},
				}})
			}
		default:
			return nil, fmt.Errorf("unsupported resource specified in --from")
		}
	}
	return variables, nil
}

func (o *env) wanted(keys []string) []string {
	if len(o.keys) == 0 {
		return keys
	}
	return slices.DeleteFunc(keys, func(key string) bool { return !slices.Contains(o.keys, key) })
}

// nameOf makes a variable's name of a key.
func (o *env) nameOf(key string) string {
	name := strings.ToUpper(regexp.MustCompile("[^a-zA-Z0-9_]").ReplaceAllString(key, "_"))
	if name != key {
		o.warnings.Print(fmt.Sprintf("key %s transferred to %s", key, name))
	}
	return name
}

// apply changes, or lists, the variables of the chosen containers.
func (o *env) apply(cmd *cobra.Command, f *factory.Factory, object runtime.Object, changes variables) error {
	spec, err := podSpec(object)
	if err != nil {
		return err
	}
	name, err := meta.NewAccessor().Name(object)
	if err != nil {
		return err
	}
	kind := kindOf(object)
	selected := selectContainers(spec, o.containers)
	if len(selected) == 0 {
		o.warnings.Print(fmt.Sprintf("%s/%s does not have any containers matching %q", kind, name, o.containers))
		return nil
	}
	unresolved := false
	for _, container := range selected {
		if !o.overwrite {
			if err := changes.conflict(container.Env); err != nil {
				return err
			}
		}
		container.Env = changes.apply(container.Env)
		if o.list {
			fmt.Fprintf(f.Out, "# %s %s, container %s\n", kind, name, container.Name)
			l := &lister{f: f, namespace: o.namespace, resolve: o.resolve, object: object, container: container}
			unresolved = !l.list(cmd.Context()) || unresolved
		}
	}
	if unresolved {
		return errors.New("failed to retrieve valueFrom references")
	}
	return nil
}

func kindOf(object runtime.Object) string {
	if kind := object.GetObjectKind().GroupVersionKind().Kind; kind != "" {
		return kind
	}
	kinds, _, err := scheme.Scheme().ObjectKinds(object)
	if err != nil || len(kinds) == 0 {
		return ""
	}
	return kinds[0].Kind
}
