package set

import (
	"fmt"
	"maps"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"github.com/kubejig/kubejig/cli/factory"
)

type resources struct {
	setter
	containers, limits, requests string
}

func newResources(f *factory.Factory) *cobra.Command {
	o := &resources{setter: newSetter("resource requirements updated", "failed to patch resources update to pod template %v")}
	cmd := &cobra.Command{
		Use:                   "resources (-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]",
		DisableFlagsInUseLine: true,
		Short:                 "Update resource requests/limits on objects with pod templates",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.addFlags(cmd, true)
	cmd.Flags().StringVarP(&o.containers, "containers", "c", "*", "Names of the containers; * stands for anything.")
	cmd.Flags().StringVar(&o.limits, "limits", "", "Limits, as 'cpu=100m,memory=256Mi'.")
	cmd.Flags().StringVar(&o.requests, "requests", "", "Requests, as 'cpu=100m,memory=256Mi'.")
	return cmd
}

func (o *resources) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if err := o.complete(cmd, f); err != nil {
		return err
	}
	infos, err := o.find(f, args)
	if err != nil {
		return err
	}
	if err := o.checkLocal(); err != nil {
		return err
	}
	if o.all && o.selector != "" {
		return fmt.Errorf("cannot set --all and --selector at the same time")
	}
	if o.limits == "" && o.requests == "" {
		return fmt.Errorf("you must specify an update to requests or limits (in the form of --requests/--limits)")
	}
	limits, err := parseResources(o.limits)
	if err != nil {
		return err
	}
	requests, err := parseResources(o.requests)
	if err != nil {
		return err
	}
	var missing []error
	err = o.change(f, infos, func(object runtime.Object) error {
		spec, err := podSpec(object)
		if err != nil {
			return err
		}
		selected := selectContainers(spec, o.containers)
		if len(selected) == 0 {
			missing = append(missing, fmt.Errorf("error: unable to find container named %s", o.containers))
		}
		for _, container := range selected {
			container.Resources.Limits = with(container.Resources.Limits, limits)
			container.Resources.Requests = with(container.Resources.Requests, requests)
		}
		return nil
	})
	return utilerrors.NewAggregate(append(missing, flatten(err)...))
}

func with(list, changes corev1.ResourceList) corev1.ResourceList {
	if list == nil && len(changes) > 0 {
		list = corev1.ResourceList{}
	}
	maps.Copy(list, changes)
	return list
}

func parseResources(spec string) (corev1.ResourceList, error) {
	if spec == "" {
		return nil, nil
	}
	list := corev1.ResourceList{}
	for _, part := range strings.Split(spec, ",") {
		pair := strings.Split(part, "=")
		if len(pair) != 2 {
			return nil, fmt.Errorf("invalid argument syntax %v, expected <resource>=<value>", part)
		}
		quantity, err := resource.ParseQuantity(pair[1])
		if err != nil {
			return nil, err
		}
		list[corev1.ResourceName(pair[0])] = quantity
	}
	return list, nil
}
