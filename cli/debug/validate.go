package debug

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/distribution/reference"
	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// complete reads what the flags mean, and says whether a flag gave the
// namespace.
func (o *options) complete(cmd *cobra.Command, args []string) (explicitNamespace bool, err error) {
	dash := cmd.ArgsLenAtDash()
	if dash < 0 {
		dash = len(args)
	}
	o.targets, o.args = args[:dash], args[dash:]
	if !cmd.Flags().Changed("attach") && o.stdin {
		o.attach = true
	}
	o.shareProcessesGiven = cmd.Flags().Changed("share-processes")
	if o.namespace, explicitNamespace, err = o.f.Namespace(); err != nil {
		return false, err
	}
	if o.profile, err = profileNamed(o.profileName); err != nil {
		return false, err
	}
	if o.customFile != "" {
		if o.custom, err = readCustom(o.customFile); err != nil {
			return false, err
		}
	}
	o.client, err = o.f.TypedClient(corev1.SchemeGroupVersion)
	return explicitNamespace, err
}

// readCustom reads the part of a container that is laid over the profile's.
func readCustom(path string) (*corev1.Container, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("must pass a container spec json file for custom profile: %w", err)
	}
	var custom *corev1.Container
	if err := json.Unmarshal(content, &custom); err == nil {
		return custom, nil
	}
	if err := yaml.Unmarshal(content, &custom); err != nil {
		return nil, fmt.Errorf("%s does not contain a valid container spec: %w", path, err)
	}
	return custom, nil
}

func (o *options) validate(cmd *cobra.Command) error {
	if o.attach && cmd.Flags().Changed("attach") && o.image == "" && o.container == "" {
		return errors.New("you must specify --container or create a new container using --image in order to attach.")
	}
	if err := o.validateMode(); err != nil {
		return err
	}
	if err := o.validateContainer(); err != nil {
		return err
	}
	if o.profileName == legacy {
		fmt.Fprintln(o.f.ErrOut, `--profile=legacy is deprecated and planned to be removed in v1.39. It is recommended to specify other profile, for example "--profile=general".`)
	}
	return nil
}

// validateMode checks the flags that go with --copy-to only, or not with it.
func (o *options) validateMode() error {
	if o.copyTo != "" {
		switch {
		case o.image == "" && len(o.setImages) == 0 && len(o.args) == 0:
			return errors.New("you must specify --image, --set-image or command arguments.")
		case len(o.args) > 0 && o.container == "" && o.image == "":
			return errors.New("you must specify an existing container or a new image when specifying args.")
		}
		return nil
	}
	switch {
	case o.replace:
		return errors.New("--replace may only be used with --copy-to.")
	case o.sameNode:
		return errors.New("--same-node may only be used with --copy-to.")
	case len(o.setImages) > 0:
		return errors.New("--set-image may only be used with --copy-to.")
	case o.image == "":
		return errors.New("you must specify --image when not using --copy-to.")
	}
	return nil
}

// validateContainer checks what the container will be. That processes of a
// target may not be seen is told here, before what else is wrong.
func (o *options) validateContainer() error {
	if o.image != "" && !reference.ReferenceRegexp.MatchString(o.image) {
		return fmt.Errorf("invalid image name %q: %w", o.image, reference.ErrReferenceInvalidFormat)
	}
	if len(o.targets) == 0 && len(o.files.Filenames) == 0 {
		return errors.New("NAME or filename is required for debug")
	}
	switch corev1.PullPolicy(o.pullPolicy) {
	case "", corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever:
	default:
		return fmt.Errorf("invalid image pull policy: %s", o.pullPolicy)
	}
	for _, name := range slices.Sorted(maps.Keys(o.setImages)) {
		if image := o.setImages[name]; !reference.ReferenceRegexp.MatchString(image) {
			return fmt.Errorf("invalid image name %q for container %q: %w", image, name, reference.ErrReferenceInvalidFormat)
		}
	}
	if o.target != "" {
		if o.copyTo != "" {
			return errors.New("--target is incompatible with --copy-to. Use --share-processes instead.")
		}
		o.say("Targeting container %q. If you don't see processes from this container it may be because the container runtime doesn't support this feature.", o.target)
	}
	if o.tty && !o.stdin {
		return errors.New("-i/--stdin is required for containers with -t/--tty=true")
	}
	if c := o.custom; c != nil && (c.Name != "" || len(c.Command) > 0 || c.Image != "" || c.Lifecycle != nil || len(c.VolumeDevices) > 0) {
		return errors.New("name, command, image, lifecycle and volume devices are not modifiable via custom profile")
	}
	return nil
}
