package rollout

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/waiting"
)

// revisionAnnotation counts a deployment's versions.
const revisionAnnotation = "deployment.kubernetes.io/revision"

type status struct {
	target   target
	watch    bool
	revision int64
	timeout  time.Duration
}

func newStatus(f *factory.Factory) *cobra.Command {
	o := &status{}
	cmd := &cobra.Command{
		Use:                   "status (TYPE NAME | TYPE/NAME) [flags]",
		DisableFlagsInUseLine: true,
		Short:                 "Show the status of the rollout",
		RunE:                  func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), f, args) },
	}
	o.target.addFlags(cmd)
	cmd.Flags().BoolVarP(&o.watch, "watch", "w", true, "Wait until the rollout is done.")
	cmd.Flags().Int64Var(&o.revision, "revision", 0, "Fail unless it is this revision that is being rolled out; 0 for any.")
	cmd.Flags().DurationVar(&o.timeout, "timeout", 0, "How long to wait; 0 is for ever.")
	return cmd
}

func (o *status) run(ctx context.Context, f *factory.Factory, args []string) error {
	if err := o.target.require(args); err == nil && o.revision < 0 {
		return fmt.Errorf("revision must be a positive integer: %v", o.revision)
	}
	result, err := o.target.find(f, args)
	if err != nil {
		return err
	}
	found := false
	err = f.UnlessTerminated(ctx, func(ctx context.Context) error {
		return result.Visit(func(info *resource.Info, err error) error {
			if err != nil {
				return err
			}
			found = true
			return o.follow(ctx, f, info)
		})
	})
	if err == nil && !found {
		o.target.sayNothingFound(f)
	}
	return err
}

// follow prints the status, and each that comes after it, until all is done.
func (o *status) follow(ctx context.Context, f *factory.Factory, info *resource.Info) error {
	view, err := viewer(info.Mapping.GroupVersionKind.GroupKind())
	if err != nil {
		return err
	}
	client, err := f.Dynamic()
	if err != nil {
		return err
	}
	where := client.Resource(info.Mapping.Resource).Namespace(info.Namespace)
	err = waiting.For(ctx, f, where, info.Name, o.timeout, func(object *unstructured.Unstructured) (bool, error) {
		if object == nil {
			return true, errors.New("object has been deleted")
		}
		text, done, err := view(object.Object, o.revision)
		if err != nil {
			return false, err
		}
		fmt.Fprint(f.Out, text)
		return done || !o.watch, nil
	})
	if errors.Is(err, waiting.ErrTimeout) {
		return waiting.ErrTimeout
	}
	return err
}

// view words how far a rollout is, and says whether it is done.
type view func(content map[string]any, revision int64) (text string, done bool, err error)

func viewer(kind schema.GroupKind) (view, error) {
	switch kind {
	case schema.GroupKind{Group: "apps", Kind: "Deployment"}:
		return typed(deploymentStatus), nil
	case schema.GroupKind{Group: "apps", Kind: "DaemonSet"}:
		return typed(daemonSetStatus), nil
	case schema.GroupKind{Group: "apps", Kind: "StatefulSet"}:
		return typed(statefulSetStatus), nil
	}
	return nil, fmt.Errorf("no status viewer has been implemented for %v", kind)
}

// typed makes a view of one that looks at a type.
func typed[T any](look func(object *T, revision int64) (string, bool, error)) view {
	return func(content map[string]any, revision int64) (string, bool, error) {
		object := new(T)
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(content, object); err != nil {
			return "", false, fmt.Errorf("failed to convert %T to %T: %v", content, object, err)
		}
		return look(object, revision)
	}
}

func deploymentStatus(deployment *appsv1.Deployment, revision int64) (string, bool, error) {
	if revision > 0 {
		running, err := revisionOf(deployment.Annotations)
		if err != nil {
			return "", false, fmt.Errorf("cannot get the revision of deployment %q: %v", deployment.Name, err)
		}
		if running != revision {
			return "", false, fmt.Errorf("desired revision (%d) is different from the running revision (%d)", revision, running)
		}
	}
	if deployment.Generation > deployment.Status.ObservedGeneration {
		return "Waiting for deployment spec update to be observed...\n", false, nil
	}
	for _, condition := range deployment.Status.Conditions {
		if condition.Type == appsv1.DeploymentProgressing && condition.Reason == "ProgressDeadlineExceeded" {
			return "", false, fmt.Errorf("deployment %q exceeded its progress deadline", deployment.Name)
		}
	}
	waiting := fmt.Sprintf("Waiting for deployment %q rollout to finish: ", deployment.Name)
	status := deployment.Status
	switch wanted := deployment.Spec.Replicas; {
	case wanted != nil && status.UpdatedReplicas < *wanted:
		return fmt.Sprintf("%s%d out of %d new replicas have been updated...\n", waiting, status.UpdatedReplicas, *wanted), false, nil
	case status.Replicas > status.UpdatedReplicas:
		return fmt.Sprintf("%s%d old replicas are pending termination...\n", waiting, status.Replicas-status.UpdatedReplicas), false, nil
	case status.AvailableReplicas < status.UpdatedReplicas:
		return fmt.Sprintf("%s%d of %d updated replicas are available...\n", waiting, status.AvailableReplicas, status.UpdatedReplicas), false, nil
	}
	return fmt.Sprintf("deployment %q successfully rolled out\n", deployment.Name), true, nil
}

// revisionOf is 0 for an object that has none yet.
func revisionOf(annotations map[string]string) (int64, error) {
	text, ok := annotations[revisionAnnotation]
	if !ok {
		return 0, nil
	}
	return strconv.ParseInt(text, 10, 64)
}

func daemonSetStatus(set *appsv1.DaemonSet, _ int64) (string, bool, error) {
	if set.Spec.UpdateStrategy.Type != appsv1.RollingUpdateDaemonSetStrategyType {
		return "", true, fmt.Errorf("rollout status is only available for %s strategy type", appsv1.RollingUpdateDaemonSetStrategyType)
	}
	if set.Generation > set.Status.ObservedGeneration {
		return "Waiting for daemon set spec update to be observed...\n", false, nil
	}
	waiting := fmt.Sprintf("Waiting for daemon set %q rollout to finish: ", set.Name)
	switch wanted := set.Status.DesiredNumberScheduled; {
	case set.Status.UpdatedNumberScheduled < wanted:
		return fmt.Sprintf("%s%d out of %d new pods have been updated...\n", waiting, set.Status.UpdatedNumberScheduled, wanted), false, nil
	case set.Status.NumberAvailable < wanted:
		return fmt.Sprintf("%s%d of %d updated pods are available...\n", waiting, set.Status.NumberAvailable, wanted), false, nil
	}
	return fmt.Sprintf("daemon set %q successfully rolled out\n", set.Name), true, nil
}

func statefulSetStatus(set *appsv1.StatefulSet, _ int64) (string, bool, error) {
	if set.Spec.UpdateStrategy.Type != appsv1.RollingUpdateStatefulSetStrategyType {
		return "", true, fmt.Errorf("rollout status is only available for %s strategy type", appsv1.RollingUpdateStatefulSetStrategyType)
	}
	status := set.Status
	if status.ObservedGeneration == 0 || set.Generation > status.ObservedGeneration {
		return "Waiting for statefulset spec update to be observed...\n", false, nil
	}
	wanted := set.Spec.Replicas
	if wanted != nil && status.ReadyReplicas < *wanted {
		return fmt.Sprintf("Waiting for %d pods to be ready...\n", *wanted-status.ReadyReplicas), false, nil
	}
	if rolling := set.Spec.UpdateStrategy.RollingUpdate; rolling != nil {
		if wanted != nil && rolling.Partition != nil && status.UpdatedReplicas < *wanted-*rolling.Partition {
			return fmt.Sprintf("Waiting for partitioned roll out to finish: %d out of %d new pods have been updated...\n",
				status.UpdatedReplicas, *wanted-*rolling.Partition), false, nil
		}
		return fmt.Sprintf("partitioned roll out complete: %d new pods have been updated...\n", status.UpdatedReplicas), true, nil
	}
	if status.UpdateRevision != status.CurrentRevision {
		return fmt.Sprintf("waiting for statefulset rolling update to complete %d pods at revision %s...\n",
			status.UpdatedReplicas, status.UpdateRevision), false, nil
	}
	return fmt.Sprintf("statefulset rolling update complete %d pods at revision %s...\n", status.CurrentReplicas, status.CurrentRevision), true, nil
}
