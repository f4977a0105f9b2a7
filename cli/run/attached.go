package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilexec "k8s.io/client-go/util/exec"

	"github.com/kubejig/kubejig/cli/attach"
	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/failure"
	"github.com/kubejig/kubejig/cli/logs"
	"github.com/kubejig/kubejig/cli/pods"
	"github.com/kubejig/kubejig/cli/remote"
)

// earlyLogTimeout is how long to try to get what was printed before we were
// attached.
const earlyLogTimeout = 5 * time.Second

// errCompleted says that the pod's program ended before we could attach.
var errCompleted = errors.New("pod ran to completion")

// runAttached attaches to the pod, ends as its program ends, and then removes
// it if that was asked for. A signal ends us at once, and the pod stays.
func (o *options) runAttached(cmd *cobra.Command, f *factory.Factory, created []createdObject) error {
	err := o.untilEnded(cmd, f, created)
	if o.remove && !errors.Is(err, failure.Silent) {
		o.removeAll(cmd.Context(), f, created)
	}
	return err
}

func (o *options) untilEnded(cmd *cobra.Command, f *factory.Factory, created []createdObject) error {
	ctx := cmd.Context()
	pod, err := pods.ForObject(ctx, f, created[0].object, o.podTimeout)
	if err != nil {
		return err
	}
	session := &attach.Options{
		DetachKeys:  o.detachKeys,
		Session:     remote.Session{Stdin: o.stdin, TTY: o.tty, Quiet: o.quiet},
		CommandName: cmd.Parent().CommandPath() + " attach",
	}
	if err := o.attachTo(ctx, f, pod, session); err != nil {
		return err
	}
	restart := pod.Spec.RestartPolicy
	if o.leaveStdinOpen || restart == corev1.RestartPolicyAlways {
		return nil
	}
	ended, err := pods.WaitFor(ctx, f, pod, o.podTimeout, func(pod *corev1.Pod) (bool, error) {
		failedForGood := pod.Status.Phase == corev1.PodFailed && restart == corev1.RestartPolicyNever
		return pod.Status.Phase == corev1.PodSucceeded || failedForGood, nil
	})
	if err != nil {
		return err
	}
	return outcome(ended)
}

// attachTo attaches when the pod is ready. What was printed before comes
// first; if attaching fails, the log must do.
func (o *options) attachTo(ctx context.Context, f *factory.Factory, pod *corev1.Pod, session *attach.Options) error {
	ready, err := pods.WaitFor(ctx, f, pod, o.podTimeout, func(pod *corev1.Pod) (bool, error) {
		switch pod.Status.Phase {
		case corev1.PodSucceeded, corev1.PodFailed:
			return false, errCompleted
		}
		return pod.Status.Phase == corev1.PodRunning && pods.Ready(pod), nil
	})
	if errors.Is(err, errCompleted) {
		return logs.Print(ctx, f, ready, &corev1.PodLogOptions{})
	}
	if err != nil {
		return err
	}
	early, cancel := context.WithTimeout(ctx, earlyLogTimeout)
	defer cancel()
	later := &corev1.PodLogOptions{}
	if err := logs.Print(early, f, ready, &corev1.PodLogOptions{}); err == nil {
		later.SinceTime = &metav1.Time{Time: f.Now()}
	} else {
		fmt.Fprintf(f.ErrOut, "warning: couldn't fetch pre-attach logs: %v\n", err)
	}
	return session.AttachOrLog(ctx, f, ready, later)
}

// outcome is nil or an error with the program's exit status.
func outcome(pod *corev1.Pod) error {
	switch pod.Status.Phase {
	case corev1.PodSucceeded:
		return nil
	case corev1.PodFailed:
	default:
		return fmt.Errorf("pod %s/%s left in phase %s", pod.Namespace, pod.Name, pod.Status.Phase)
	}
	statuses := pod.Status.ContainerStatuses
	if len(statuses) == 0 || statuses[0].State.Terminated == nil || statuses[0].State.Terminated.ExitCode == 0 {
		return fmt.Errorf("pod %s/%s failed with unknown exit code", pod.Namespace, pod.Name)
	}
	ended := statuses[0].State.Terminated
	return utilexec.CodeExitError{
		Err:  fmt.Errorf("pod %s/%s terminated (%s)\n%s", pod.Namespace, pod.Name, ended.Reason, ended.Message),
		Code: int(ended.ExitCode),
	}
}

// removeAll deletes what was created; that it was there is enough.
func (o *options) removeAll(ctx context.Context, f *factory.Factory, created []createdObject) {
	for _, c := range created {
		accessor, err := meta.Accessor(c.object)
		if err != nil {
			continue
		}
		infos, err := f.NewBuilder().Unstructured().ContinueOnError().
			NamespaceParam(accessor.GetNamespace()).DefaultNamespace().
			ResourceNames(c.where.Resource+"."+c.where.Group, accessor.GetName()).
			Flatten().Do().IgnoreErrors(apierrors.IsNotFound).Infos()
		if err != nil {
			fmt.Fprintf(f.ErrOut, "error: %v\n", err)
			continue
		}
		for _, info := range infos {
			if _, err := o.deletion.Delete(info); err == nil && !o.quiet {
				fmt.Fprintln(f.Out, o.deletion.Message(info))
			}
		}
	}
}
