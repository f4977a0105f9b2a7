package set

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/pairs"
)

type image struct{ setter }

func newImage(f *factory.Factory) *cobra.Command {
	o := &image{newSetter("image updated", "failed to patch image update to pod template: %v")}
	cmd := &cobra.Command{
		Use:                   "image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N",
		DisableFlagsInUseLine: true,
		Short:                 "Update the image of a pod template",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd, f, args) },
	}
	o.addFlags(cmd, true)
	return cmd
}

func (o *image) run(cmd *cobra.Command, f *factory.Factory, args []string) error {
	if err := o.complete(cmd, f); err != nil {
		return err
	}
	resources, specs, err := pairs.Split(args, "image")
	if err != nil {
		return err
	}
	images, err := pairs.Parse(specs, "image")
	if err != nil {
		return err
	}
	infos, err := o.find(f, resources)
	if err != nil {
		return err
	}
	if err := o.validate(resources, images.Set); err != nil {
		return err
	}
	var missing []error
	err = o.change(f, infos, func(object runtime.Object) error {
		spec, err := podSpec(object)
		if err != nil {
			return err
		}
		missing = append(missing, setImages(spec, images.Set)...)
		return nil
	})
	return utilerrors.NewAggregate(append(missing, flatten(err)...))
}

// flatten is the errors that err is made of.
func flatten(err error) []error {
	var aggregate utilerrors.Aggregate
	if errors.As(err, &aggregate) {
		return aggregate.Errors()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

func (o *image) validate(resources []string, images map[string]string) error {
	var errs []error
	if o.all && o.selector != "" {
		errs = append(errs, fmt.Errorf("cannot set --all and --selector at the same time"))
	}
	if len(resources) < 1 && flags.NoFiles(&o.files) {
		errs = append(errs, fmt.Errorf("one or more resources must be specified as <resource> <name> or <resource>/<name>"))
	}
	if _, every := images["*"]; len(images) < 1 {
		errs = append(errs, fmt.Errorf("at least one image update is required"))
	} else if len(images) > 1 && every {
		errs = append(errs, fmt.Errorf("all containers are already specified by *, but saw more than one container_name=container_image pairs"))
	}
	if err := o.checkLocal(); err != nil {
		errs = append(errs, err)
	}
	return utilerrors.NewAggregate(errs)
}

// setImages sets the images of containers by name, * for all, and returns an
// error for each name that there is not.
func setImages(spec *corev1.PodSpec, images map[string]string) []error {
	var missing []error
	for _, name := range slices.Sorted(maps.Keys(images)) {
		found := false
		for _, containers := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
			for i := range containers {
				if name == "*" || containers[i].Name == name {
					containers[i].Image = images[name]
					found = true
				}
			}
		}
		if !found {
			missing = append(missing, fmt.Errorf("error: unable to find container named %q", name))
		}
	}
	return missing
}
