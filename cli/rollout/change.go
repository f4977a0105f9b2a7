package rollout

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/strategicpatch"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/resource"
)

// restartedAt is changed to have all pods made anew.
const restartedAt = "kubectl.kubernetes.io/restartedAt"

// change is a subcommand that changes each workload in one way.
type change struct {
	target  target
	print   *output.Flags
	manager string
	done    string // What has been done, for the message.
	// apply changes the object; its error says why that is not possible.
	apply func(runtime.Object) error
	// unchanged is what becomes of an object that apply left as it was.
	unchanged func(name string) (message string, err error)
}

func newPause(f *factory.Factory) *cobra.Command {
	c := &change{done: "paused", apply: func(object runtime.Object) error {
		deployment, ok := object.(*appsv1.Deployment)
		switch {
		case !ok:
			return errors.New("pausing is not supported")
		case deployment.Spec.Paused:
			return errors.New("is already paused")
		}
		deployment.Spec.Paused = true
		return nil
	}}
	return c.command(f, "pause RESOURCE", "Mark the provided resource as paused")
}

func newResume(f *factory.Factory) *cobra.Command {
	c := &change{done: "resumed", apply: func(object runtime.Object) error {
		deployment, ok := object.(*appsv1.Deployment)
		switch {
		case !ok:
			return errors.New("resuming is not supported")
		case !deployment.Spec.Paused:
			return errors.New("is not paused")
		}
		deployment.Spec.Paused = false
		return nil
	}}
	return c.command(f, "resume RESOURCE", "Resume a paused resource")
}

func newRestart(f *factory.Factory) *cobra.Command {
	c := &change{done: "restarted"}
	c.apply = func(object runtime.Object) error {
		template, err := restartable(object)
		if err != nil {
			return err
		}
		if template.Annotations == nil {
			template.Annotations = map[string]string{}
		}
		template.Annotations[restartedAt] = f.Now().Format(time.RFC3339)
		return nil
	}
	c.unchanged = func(name string) (string, error) {
		return "", fmt.Errorf("failed to create patch for %v: if restart has already been triggered within the past second, please wait before attempting to trigger another", name)
	}
	return c.command(f, "restart RESOURCE", "Restart a resource")
}

func restartable(object runtime.Object) (*corev1.PodTemplateSpec, error) {
	switch object := object.(type) {
	case *appsv1.Deployment:
		if object.Spec.Paused {
			return nil, errors.New("can't restart paused deployment (run rollout resume first)")
		}
		return &object.Spec.Template, nil
	case *appsv1.DaemonSet:
		return &object.Spec.Template, nil
	case *appsv1.StatefulSet:
		return &object.Spec.Template, nil
	}
	return nil, errors.New("restarting is not supported")
}

func (c *change) command(f *factory.Factory, use, short string) *cobra.Command {
	c.print = flags.Print(c.done)
	if c.unchanged == nil {
		c.unchanged = func(string) (string, error) { return "already " + c.done, nil }
	}
	cmd := &cobra.Command{
		Use:                   use,
		DisableFlagsInUseLine: true,
		Short:                 short,
		RunE:                  func(_ *cobra.Command, args []string) error { return c.run(f, args) },
	}
	c.print.AddFlags(cmd)
	c.target.addFlags(cmd)
	flags.AddFieldManager(cmd, &c.manager, fieldManager)
	return cmd
}

// run changes what can be changed and reports all that can not.
func (c *change) run(f *factory.Factory, args []string) error {
	result, err := c.target.find(f, args)
	if err != nil {
		return err
	}
	var errs []error
	infos, err := result.Infos()
	if err != nil {
		errs = append(errs, err)
	}
	if len(infos) == 0 && len(errs) == 0 {
		c.target.sayNothingFound(f)
		return nil
	}
	for _, info := range infos {
		if err := c.changeOne(f, info); err != nil {
			errs = append(errs, err)
		}
	}
	return utilerrors.NewAggregate(errs)
}

func (c *change) changeOne(f *factory.Factory, info *resource.Info) error {
	before, err := json.Marshal(info.Object)
	if err != nil {
		return err
	}
	if err := c.apply(info.Object); err != nil {
		return fmt.Errorf("error: %s %q %v", info.Mapping.Resource.GroupResource(), info.Name, err)
	}
	after, err := json.Marshal(info.Object)
	if err != nil {
		return err
	}
	patch, err := strategicpatch.CreateTwoWayMergePatch(before, after, info.Object)
	if err != nil {
		return err
	}
	message := c.done
	if bytes.Equal(patch, []byte("{}")) {
		if message, err = c.unchanged(info.Name); err != nil {
			return err
		}
	} else {
		patched, err := resource.NewHelper(info.Client, info.Mapping).WithFieldManager(c.manager).
			Patch(info.Namespace, info.Name, types.StrategicMergePatchType, patch, nil)
		if err != nil {
			return fmt.Errorf("failed to patch: %v", err)
		}
		if err := info.Refresh(patched, true); err != nil {
			return err
		}
	}
	c.print.Names.Operation = message
	printer, err := c.print.Printer()
	if err != nil {
		return err
	}
	return printer.PrintObj(info.Object, f.Out)
}
