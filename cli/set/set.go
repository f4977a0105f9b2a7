// Package set is "kubectl set": it changes single features of objects, one
// file a subcommand.
package set

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubejig/kubejig/cli/changecause"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/flags"
	"github.com/kubejig/kubejig/cli/help"
	"github.com/kubejig/kubejig/cli/output"
	"github.com/kubejig/kubejig/cli/resource"
)

// New builds the command with its subcommands.
func New(f *factory.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:                   "set SUBCOMMAND",
		DisableFlagsInUseLine: true,
		Short:                 "Set specific features on objects",
		RunE:                  help.Group(f.ErrOut),
	}
	cmd.AddCommand(newImage(f), newResources(f), newSelector(f), newSubject(f), newServiceAccount(f), newEnv(f))
	return cmd
}

// setter is what the subcommands have in common: objects are found, changed,
// patched and printed.
type setter struct {
	print    *output.Flags
	record   *changecause.Recorder
	files    resource.FilenameOptions
	selector string
	all      bool
	local    bool
	manager  string
	dryRun   flags.DryRun

	// stdinInUse says that something else than the objects is read from there.
	stdinInUse bool
	// failed words the server's refusal of a patch, with a %v for it; "" shows
	// errors as they are.
	failed string
	// printUnchanged also prints objects that needed no change.
	printUnchanged bool

	namespace string
	explicit  bool
}

func newSetter(operation, failed string) setter {
	return setter{print: flags.Print(operation), record: &changecause.Recorder{}, failed: failed}
}

const filesUsage = "identifying the resource to get from a server."

func (s *setter) addFlags(cmd *cobra.Command, withSelector bool) {
	flags.AddFilenames(cmd, &s.files, filesUsage)
	s.addCommonFlags(cmd)
	if withSelector {
		flags.AddSelector(cmd, &s.selector)
	}
}

// addCommonFlags registers the flags that all commands below set have.
func (s *setter) addCommonFlags(cmd *cobra.Command) {
	s.print.AddFlags(cmd)
	s.record.AddFlags(cmd)
	cmd.Flags().BoolVar(&s.all, "all", false, "All objects of the types, in the namespace.")
	cmd.Flags().BoolVar(&s.local, "local", false, "Change the objects in the files only; do not ask the server.")
	flags.AddDryRun(cmd)
	flags.AddFieldManager(cmd, &s.manager, "kubectl-set")
}

// complete reads the flags and the kubeconfig.
func (s *setter) complete(cmd *cobra.Command, f *factory.Factory) error {
	if err := s.completeChange(cmd, f); err != nil {
		return err
	}
	return s.completeOutput(f)
}

// completeChange reads how a change is made: recorded, or tried only.
func (s *setter) completeChange(cmd *cobra.Command, f *factory.Factory) error {
	var err error
	s.record.Complete(cmd, f.Args)
	s.dryRun, err = flags.GetDryRun(cmd, f.ErrOut)
	return err
}

// completeOutput reads how it is printed, and the kubeconfig.
func (s *setter) completeOutput(f *factory.Factory) error {
	flags.PrintDryRun(s.print, s.dryRun)
	_, err := s.print.Printer()
	if err != nil {
		return err
	}
	s.namespace, s.explicit, err = f.Namespace()
	if err != nil && s.local && clientcmd.IsEmptyConfig(err) {
		return nil
	}
	return err
}

func (s *setter) checkLocal() error {
	if s.local && s.dryRun == flags.DryRunServer {
		return fmt.Errorf("cannot specify --local and --dry-run=server - did you mean --dry-run=client?")
	}
	return nil
}

// find reads the objects.
func (s *setter) find(f *factory.Factory, args []string) ([]*resource.Info, error) {
	result, err := s.result(f, args)
	if err != nil {
		return nil, err
	}
	return result.Infos()
}

// result finds the objects one by one, so that one that can not be read does
// not keep those before it from being changed.
func (s *setter) result(f *factory.Factory, args []string) (*resource.Result, error) {
	if s.local && len(args) > 0 {
		return nil, resource.LocalResourceError
	}
	builder := f.NewTypedBuilder().
		LocalParam(s.local).ContinueOnError().NamespaceParam(s.namespace).DefaultNamespace()
	builder.FilenameParam(s.explicit, &s.files).Flatten()
	if !s.local {
		builder.LabelSelectorParam(s.selector).ResourceTypeOrNameArgs(s.all, args...).Latest()
	}
	if s.stdinInUse {
		builder.StdinInUse()
	}
	return builder.Do(), nil
}

// change changes each object and prints it. The errors that it gathers from
// change do not keep other objects from being changed.
func (s *setter) change(f *factory.Factory, infos []*resource.Info, change func(runtime.Object) error) error {
	var errs []error
	for _, info := range infos {
		if err := s.changeOne(f, info, change); err != nil {
			errs = append(errs, err)
		}
	}
	return utilerrors.NewAggregate(errs)
}

func (s *setter) changeOne(f *factory.Factory, info *resource.Info, change func(runtime.Object) error) error {
	before, err := json.Marshal(info.Object)
	if err != nil {
		return err
	}
	if err := change(info.Object); err != nil {
		return s.about(info, err)
	}
	_ = s.record.Record(info.Object)
	after, err := json.Marshal(info.Object)
	if err != nil {
		return err
	}
	patch, err := strategicpatch.CreateTwoWayMergePatch(before, after, info.Object)
	if err != nil {
		return s.about(info, err)
	}
	if bytes.Equal(patch, []byte("{}")) && !s.printUnchanged {
		return nil
	}
	changed := info.Object
	if !s.local && s.dryRun != flags.DryRunClient {
		changed, err = resource.NewHelper(info.Client, info.Mapping).
			DryRun(s.dryRun == flags.DryRunServer).
			WithFieldManager(s.manager).
			Patch(info.Namespace, info.Name, types.StrategicMergePatchType, patch, nil)
		if err != nil {
			return s.refused(err)
		}
	}
	printer, err := s.print.Printer()
	if err != nil {
		return err
	}
	return printer.PrintObj(changed, f.Out)
}

// about names the object that could not be changed.
func (s *setter) about(info *resource.Info, err error) error {
	if s.failed == "" {
		return err
	}
	return fmt.Errorf("error: %s %v\n", info.ObjectName(), err)
}

func (s *setter) refused(err error) error {
	if s.failed == "" {
		return err
	}
	return fmt.Errorf(s.failed, err)
}

// podSpec is where an object has its pods, to be changed in its place.
func podSpec(object runtime.Object) (*corev1.PodSpec, error) {
	switch object := object.(type) {
	case *corev1.Pod:
		return &object.Spec, nil
	case *corev1.ReplicationController:
		if object.Spec.Template == nil {
			object.Spec.Template = &corev1.PodTemplateSpec{}
		}
		return &object.Spec.Template.Spec, nil
	case *appsv1.Deployment:
		return &object.Spec.Template.Spec, nil
	case *appsv1.DaemonSet:
		return &object.Spec.Template.Spec, nil
	case *appsv1.ReplicaSet:
		return &object.Spec.Template.Spec, nil
	case *appsv1.StatefulSet:
		return &object.Spec.Template.Spec, nil
	case *batchv1.Job:
		return &object.Spec.Template.Spec, nil
	case *batchv1.CronJob:
		return &object.Spec.JobTemplate.Spec.Template.Spec, nil
	}
	return nil, fmt.Errorf("the object is not a pod or does not have a pod template: %T", object)
}

// selectContainers are the containers whose names a pattern with * fits, and
// after them such init containers.
func selectContainers(spec *corev1.PodSpec, pattern string) []*corev1.Container {
	var selected []*corev1.Container
	for _, containers := range [][]corev1.Container{spec.Containers, spec.InitContainers} {
		for i := range containers {
			if matches(containers[i].Name, pattern) {
				selected = append(selected, &containers[i])
			}
		}
	}
	return selected
}

// matches compares with a pattern in which * stands for anything.
func matches(name, pattern string) bool {
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(name, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		_, after, found := strings.Cut(rest, part)
		if !found {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[last])
}
