package debug

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubejig/kubejig/cli/attach"
	"github.com/kubejig/kubejig/cli/logs"
	"github.com/kubejig/kubejig/cli/pods"
	"github.com/kubejig/kubejig/cli/remote"
)

// attachTo waits for the container and attaches to it. Of one that has ended,
// and of one that can not be attached to, the log is shown.
func (o *options) attachTo(ctx context.Context, command string, pod *corev1.Pod, container string) error {
	started, err := o.waitForStart(ctx, pod, container)
	if err != nil {
		return err
	}
	session := attach.Options{
		Container:   container,
		Session:     remote.Session{Stdin: o.stdin, TTY: o.tty, Quiet: o.quiet},
		CommandName: command,
	}
	log := &corev1.PodLogOptions{Container: container}
	if state := stateOf(started, container); state.Terminated != nil {
		return logs.Print(ctx, o.f, started, log)
	}
	return session.AttachOrLog(ctx, o.f, started, log)
}

// waitForStart waits until the container runs or has ended, and tells what it
// is waiting for.
func (o *options) waitForStart(ctx context.Context, pod *corev1.Pod, container string) (*corev1.Pod, error) {
	warnings := printers.NewWarningPrinter(o.f.ErrOut, printers.WarningPrinterOptions{Color: printers.AllowsColorOutput(o.f.ErrOut)})
	return pods.WaitFor(ctx, o.f, pod, 0, func(pod *corev1.Pod) (bool, error) {
		state := stateOf(pod, container)
		if !o.quiet && state.Waiting != nil && state.Waiting.Message != "" {
			warnings.Print(fmt.Sprintf("container %s: %s", container, state.Waiting.Message))
		}
		return state.Running != nil || state.Terminated != nil, nil
	})
}

// stateOf is the container's state; empty if it has none yet.
func stateOf(pod *corev1.Pod, container string) corev1.ContainerState {
	s := &pod.Status
	for _, status := range slices.Concat(s.InitContainerStatuses, s.ContainerStatuses, s.EphemeralContainerStatuses) {
		if status.Name == container {
			return status.State
		}
	}
	return corev1.ContainerState{}
}
