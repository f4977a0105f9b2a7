// Package tree is "kubejig tree": an object between its owners and its
// dependents, by the owner references of all objects that can be listed.
package tree

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/kinds"
	"github.com/kubejig/kubejig/cli/resource"
)

// New builds the command.
func New(f *factory.Factory) *cobra.Command {
	selector := ""
	cmd := &cobra.Command{
		Use:                   "tree (TYPE/NAME ... | TYPE [NAME | -l label])",
		DisableFlagsInUseLine: true,
		Short:                 "Show what owns an object and what it owns",
		Long: `Show an object below its owners and above its dependents, as their owner references
tell, with the state and the age of each. Objects of all kinds that can be
listed are looked at, custom resources too, except events.`,
		Example: `  # From the deployment down to its pods
  kubejig tree deployment/web

  # From a pod up to what it was made by
  kubejig tree pod/web-5d8f-x2x4q

  # All that belongs to the cron jobs of the namespace
  kubejig tree cronjobs`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return failure.Usage(cmd, "name an object as TYPE/NAME")
			}
			return run(cmd.Context(), f, selector, args)
		},
	}
	flags.AddSelector(cmd, &selector)
	return cmd
}

func run(ctx context.Context, f *factory.Factory, selector string, args []string) error {
	namespace, _, err := f.Namespace()
	if err != nil {
		return err
	}
	infos, err := f.NewBuilder().Unstructured().
		NamespaceParam(namespace).DefaultNamespace().LabelSelectorParam(selector).
		ResourceTypeOrNameArgs(true, args...).
		RequestChunksOf(flags.ChunkSize).Latest().Flatten().Do().Infos()
	if err != nil {
		return err
	}
	if len(infos) == 0 {
		return errors.New("no matching resources found")
	}
	resources, err := kinds.Listable(f)
	if err != nil {
		if len(resources) == 0 {
			return err
		}
		fmt.Fprintf(f.ErrOut, "Warning: some kinds are missing: %v\n", err)
	}
	mapper, err := f.ToRESTMapper()
	if err != nil {
		return err
	}
	c, err := newCluster(f, mapper)
	if err != nil {
		return err
	}
	g, errs := c.read(ctx, resources, scopeOf(infos))
	for _, err := range errs {
		fmt.Fprintf(f.ErrOut, "Warning: not looked at: %v\n", err)
	}
	var roots []*node
	for _, info := range infos {
		asked := g.add(identityOf(info))
		c.findOwners(ctx, g, asked)
		roots = append(roots, g.treesOf(asked)...)
	}
	roots = distinct(roots)
	c.judge(ctx, roots)
	return write(f.Out, f.Now(), roots)
}

// scopeOf is the namespace in which dependents can be: that of the objects, or
// all if they are in several or in none.
func scopeOf(infos []*resource.Info) string {
	namespace := infos[0].Namespace
	for _, info := range infos {
		if info.Namespace != namespace || info.Mapping.Scope.Name() == meta.RESTScopeNameRoot {
			return ""
		}
	}
	return namespace
}
