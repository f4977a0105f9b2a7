package apply

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubejig/kubejig/cli/applyset"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/prune"
	"github.com/kubejig/kubejig/cli/resource"
)

// pruner finds objects that are no more in the configurations.
type pruner interface {
	// Visit tells of an object that is.
	Visit(*resource.Info)
	// Each calls a function for every one that is not, after all visits.
	Each(context.Context, func(*meta.RESTMapping, *unstructured.Unstructured) error) error
}

func (o *options) completePruning(f *factory.Factory) error {
	var err error
	if o.applySet != "" {
		if o.set, err = applyset.New(f, o.applySet, o.dryRun, o.validation); err != nil {
			return err
		}
		o.pruner = o.set
	}
	if !o.prune {
		return nil
	}
	finder, err := o.finder(f)
	if err != nil {
		return err
	}
	if o.set == nil {
		o.pruner = finder
	}
	return nil
}

// finder looks through the allowed kinds.
func (o *options) finder(f *factory.Factory) (*prune.Finder, error) {
	mapper, err := f.ToRESTMapper()
	if err != nil {
		return nil, err
	}
	client, err := f.Dynamic()
	if err != nil {
		return nil, err
	}
	finder, err := prune.NewFinder(mapper, client, o.selector, o.pruneAllowlist, f.ErrOut)
	if err == nil && o.explicit {
		finder.VisitNamespace(o.namespace)
	}
	return finder, err
}

func (o *options) validatePruning(ctx context.Context) error {
	if o.set != nil {
		if !o.prune {
			return fmt.Errorf("--applyset requires --prune")
		}
		if err := o.set.Validate(ctx); err != nil {
			return err
		}
	}
	switch {
	case !o.prune:
	case o.deletion.Force:
		return fmt.Errorf("--force cannot be used with --prune")
	case o.set != nil && o.all:
		return fmt.Errorf("--all is incompatible with --applyset")
	case o.set != nil && o.selector != "":
		return fmt.Errorf("--selector is incompatible with --applyset")
	case o.set != nil && len(o.pruneAllowlist) > 0:
		return fmt.Errorf("--prune-allowlist is incompatible with --applyset")
	case o.set != nil:
	case !o.all && o.selector == "":
		return fmt.Errorf("all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector")
	case o.serverSide:
		return fmt.Errorf("--prune is in alpha and doesn't currently work on objects created by server-side apply")
	}
	return nil
}

// pruneAll deletes what was applied once and is no more in the configurations.
func (o *options) pruneAll(ctx context.Context, f *factory.Factory) error {
	if o.pruner == nil {
		return nil
	}
	client, err := f.Dynamic()
	if err != nil {
		return err
	}
	printer, err := o.printer("pruned")
	if err != nil {
		return err
	}
	return o.pruner.Each(ctx, func(mapping *meta.RESTMapping, object *unstructured.Unstructured) error {
		if o.dryRun != flags.DryRunClient {
			options := o.deletion.APIOptions()
			options.DryRun = o.dryRun.Options()
			err := client.Resource(mapping.Resource).Namespace(object.GetNamespace()).Delete(ctx, object.GetName(), options)
			if err != nil {
				return err
			}
		}
		return printer.PrintObj(object, f.Out)
	})
}
