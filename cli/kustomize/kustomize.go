// Package kustomize is "kubectl kustomize". It is the only package that imports
// kustomize besides kustomization, which is for -k.
package kustomize

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	_ "sigs.k8s.io/kustomize/kustomize/v5/commands/build" // By this module kustomize finds its version.
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/kubejig/kubejig/cli/factory"
)

type options struct {
	output, restrictor, reorder string
	plugins, managedBy          bool
	helm                        types.HelmConfig
	functions                   types.FnPluginLoadingOptions
}

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "kustomize DIR",
		Short: "Build a kustomization target from a directory or URL",
		Long:  "Build the objects of the kustomization in a folder, by default the current one, or in a folder of a git repository given by its URL.",
		Example: `  # A folder
  kubectl kustomize overlays/production

  # A folder of a repository
  kubectl kustomize https://github.com/kubernetes-sigs/kustomize.git/examples/helloWorld?ref=v1.0.6`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.addFlags(cmd)
	return cmd
}

func (o *options) addFlags(cmd *cobra.Command) {
	set := cmd.Flags()
	set.StringVarP(&o.output, "output", "o", "", "File or folder to write to; a folder gets a file for each object.")
	set.BoolVar(&o.functions.Network, "network", false, "Let functions that ask for it use the network.")
	set.StringVar(&o.functions.NetworkName, "network-name", "bridge", "Docker network of functions.")
	set.StringArrayVar(&o.functions.Mounts, "mount", nil, "Storage that functions can read.")
	set.StringArrayVarP(&o.functions.Env, "env", "e", nil, "Environment variables of functions.")
	set.BoolVar(&o.functions.AsCurrentUser, "as-current-user", false, "Run functions as your user and group.")
	set.StringVar(&o.restrictor, "load-restrictor", types.LoadRestrictionsRootOnly.String(),
		fmt.Sprintf("With %s, kustomizations may read files outside of their folder.", types.LoadRestrictionsNone))
	set.BoolVar(&o.plugins, "enable-alpha-plugins", false, "Use kustomize plugins.")
	set.StringVar(&o.reorder, "reorder", string(krusty.ReorderOptionLegacy),
		fmt.Sprintf("Order of the objects: %s puts namespaces first and webhooks last, %s keeps it.", krusty.ReorderOptionLegacy, krusty.ReorderOptionNone))
	set.BoolVar(&o.managedBy, "enable-managedby-label", false, "Add the label "+konfig.ManagedbyLabelKey+".")
	set.BoolVar(&o.helm.Enabled, "enable-helm", false, "Use the generator that inflates Helm charts.")
	set.StringVar(&o.helm.Command, "helm-command", "helm", "Helm program.")
	set.StringArrayVar(&o.helm.ApiVersions, "helm-api-versions", nil, "API versions that charts find in the cluster.")
	set.StringVar(&o.helm.KubeVersion, "helm-kube-version", "", "Version of Kubernetes that charts find.")
	set.BoolVar(&o.helm.Debug, "helm-debug", false, "Let the generator print what it does.")
	_ = set.MarkDeprecated("reorder", "use the new 'sortOptions' field in kustomization.yaml instead.")
	_ = set.MarkDeprecated("enable-managedby-label", "The flag `enable-managedby-label` has been deprecated. Use the `managedByLabel` option in the `buildMetadata` field instead.")
	_ = cmd.RegisterFlagCompletionFunc("load-restrictor", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return restrictors(), cobra.ShellCompDirectiveNoFileComp
	})
}

func restrictors() []string {
	return []string{types.LoadRestrictionsNone.String(), types.LoadRestrictionsRootOnly.String()}
}

func (o *options) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("specify one path to %s", konfig.DefaultKustomizationFileName())
	}
	target := filesys.SelfDir
	if len(args) == 1 {
		target = args[0]
	}
	if f.Dir != "" && !strings.Contains(target, ":") {
		target = f.Path(target)
	}
	settings, err := o.settings(f, cmd.Flags().Changed("reorder"))
	if err != nil {
		return err
	}
	built, err := krusty.MakeKustomizer(settings).Run(filesys.MakeFsOnDisk(), target)
	if err != nil {
		return err
	}
	return o.write(f, built)
}

func (o *options) settings(f *factory.Factory, reordered bool) (*krusty.Options, error) {
	settings := krusty.MakeDefaultOptions()
	switch o.restrictor {
	case types.LoadRestrictionsNone.String():
		settings.LoadRestrictions = types.LoadRestrictionsNone
	case types.LoadRestrictionsRootOnly.String(), "":
		settings.LoadRestrictions = types.LoadRestrictionsRootOnly
	default:
		return nil, fmt.Errorf("illegal flag value --load-restrictor %s; legal values: %v", o.restrictor,
			[]string{types.LoadRestrictionsRootOnly.String(), types.LoadRestrictionsNone.String()})
	}
	legal := []string{string(krusty.ReorderOptionLegacy), string(krusty.ReorderOptionNone)}
	if o.reorder != legal[0] && o.reorder != legal[1] {
		return nil, fmt.Errorf("illegal flag value --reorder %s; legal values: %v", o.reorder, legal)
	}
	settings.Reorder = krusty.ReorderOptionUnspecified
	if reordered {
		settings.Reorder = krusty.ReorderOption(o.reorder)
	}
	helm := o.helm
	if o.plugins {
		settings.PluginConfig = types.EnabledPluginConfig(types.BploUseStaticallyLinked)
		settings.PluginConfig.FnpLoadingOptions = o.functions
		helm.Enabled = settings.PluginConfig.HelmConfig.Enabled
	}
	settings.PluginConfig.HelmConfig = helm
	settings.AddManagedbyLabel = o.managedBy || f.Getenv(konfig.EnableManagedbyLabelEnv) == "on"
	return settings, nil
}

func (o *options) write(f *factory.Factory, built resmap.ResMap) error {
	output := f.Path(o.output)
	if o.output != "" {
		if info, err := os.Stat(output); err == nil && info.IsDir() {
			return writeFolder(output, built)
		}
	}
	text, err := built.AsYaml()
	if err != nil {
		return err
	}
	if o.output != "" {
		return os.WriteFile(output, text, 0o666)
	}
	_, err = f.Out.Write(text)
	return err
}

// writeFolder writes a file for each object. Names tell namespaces apart where
// there are several.
func writeFolder(folder string, built resmap.ResMap) error {
	groups := built.GroupedByCurrentNamespace()
	for namespace, objects := range groups {
		prefix := ""
		if len(groups) > 1 {
			prefix = strings.ToLower(namespace) + "_"
		}
		for _, object := range objects {
			if err := writeObject(folder, prefix, object); err != nil {
				return err
			}
		}
	}
	for _, object := range built.ClusterScoped() {
		if err := writeObject(folder, "", object); err != nil {
			return err
		}
	}
	return nil
}

func writeObject(folder, prefix string, object *resource.Resource) error {
	fields, err := object.Map()
	if err != nil {
		return err
	}
	text, err := yaml.Marshal(fields)
	if err != nil {
		return err
	}
	name := prefix + strings.ToLower(object.GetGvk().StringWoEmptyField()) + "_" + strings.ToLower(object.GetName()) + ".yaml"
	return os.WriteFile(filepath.Join(folder, name), text, 0o666)
}
