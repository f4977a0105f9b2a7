package set

import (
	"fmt"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/resource"
)

type selector struct {
	setter
	resourceVersion string
}

func newSelector(f *factory.Factory) *cobra.Command {
	o := &selector{setter: newSetter("selector updated", "")}
	o.printUnchanged = true
	cmd := &cobra.Command{
		Use:                   "selector (-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]",
		DisableFlagsInUseLine: true,
		Short:                 "Set the selector on a resource",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.files.Recursive = true
	flags.AddFilename(cmd.Flags(), &o.files.Filenames, filesUsage)
	flags.AddRecursive(cmd.Flags(), &o.files.Recursive)
	o.addCommonFlags(cmd)
	cmd.Flags().StringVar(&o.resourceVersion, "resource-version", "", "Version that the object must have.")
	return cmd
}

func (o *selector) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if err := o.completeChange(cmd, f); err != nil {
		return err
	}
	var parsed *metav1.LabelSelector
	if len(args) > 0 {
		var err error
		if parsed, err = metav1.ParseToLabelSelector(args[len(args)-1]); err != nil {
			return err
		}
	}
	if err := o.completeOutput(f); err != nil {
		return err
	}
	if parsed == nil {
		return fmt.Errorf("one selector is required")
	}
	result, err := o.result(f, args[:len(args)-1])
	if err != nil {
		return err
	}
	return result.Visit(func(info *resource.Info, err error) error {
		if err != nil {
			return err
		}
		return o.changeOne(f, info, func(object runtime.Object) error { return o.set(object, parsed) })
	})
}

func (o *selector) set(object runtime.Object, to *metav1.LabelSelector) error {
	service, ok := object.(*corev1.Service)
	if !ok {
		return fmt.Errorf("setting a selector is only supported for Services")
	}
	if len(to.MatchExpressions) > 0 {
		return fmt.Errorf("match expression %v not supported on this object", to.MatchExpressions)
	}
	if o.resourceVersion != "" {
		service.ResourceVersion = o.resourceVersion
	}
	service.Spec.Selector = to.MatchLabels
	return nil
}
