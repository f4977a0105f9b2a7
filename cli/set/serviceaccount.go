package set

import (
	"errors"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/cli/factory"
)

type serviceAccount struct{ setter }

func newServiceAccount(f *factory.Factory) *cobra.Command {
	o := &serviceAccount{newSetter("serviceaccount updated", "failed to patch ServiceAccountName %v")}
	o.printUnchanged = true
	cmd := &cobra.Command{
		Use:                   "serviceaccount (-f FILENAME | TYPE NAME) SERVICE_ACCOUNT",
		DisableFlagsInUseLine: true,
		Aliases:               []string{"sa"},
		Short:                 "Update the service account of a resource",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.addFlags(cmd, false)
	return cmd
}

func (o *serviceAccount) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if err := o.complete(cmd, f); err != nil {
		return err
	}
	if err := o.checkLocal(); err != nil {
		return err
	}
	if len(args) == 0 {
		return errors.New("serviceaccount is required")
	}
	name := args[len(args)-1]
	resources := args[:len(args)-1]
	if o.local {
		resources = nil
	}
	infos, err := o.find(f, resources)
	if err != nil {
		return err
	}
	return o.change(f, infos, func(object runtime.Object) error {
		spec, err := podSpec(object)
		if err != nil {
			return err
		}
		spec.ServiceAccountName = name
		return nil
	})
}
