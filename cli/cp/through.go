package cp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"

	"github.com/kubejig/kubejig/cli/exec"
	"github.com/kubejig/kubejig/cli/pods"
	"github.com/kubejig/kubejig/cli/remote"
)

// An ephemeral container runs until it finds this file, since nobody can remove
// it, or for a day, if nobody tells it.
const (
	endMark   = "/tmp/.copied"
	runScript = "i=0; until [ -e " + endMark + " ] || [ $i -ge 86400 ]; do sleep 1; i=$((i+1)); done"
)

// endTimeout is how long it may take to tell the ephemeral container to end.
const endTimeout = 10 * time.Second

// through adds an ephemeral container to the pod of a place, which sees the
// processes of the place's container and with them its files, and returns the
// place as that sees it. The copy then needs no tar but the ephemeral
// container's. See
// https://kubernetes.io/docs/tasks/debug/debug-application/debug-running-pod/#ephemeral-container
func (c *copier) through(ctx context.Context, where place) (seen place, end func(), err error) {
	pod, err := pods.Get(ctx, c.f, where.namespace, where.pod)
	if err != nil {
		return place{}, nil, err
	}
	target, err := exec.Container(c.f, pod, c.container, c.f.ErrOut)
	if err != nil {
		return place{}, nil, err
	}
	if share := pod.Spec.ShareProcessNamespace; share != nil && *share {
		return place{}, nil, fmt.Errorf("--through can't tell the files of container %s: the containers of pod %s share their processes (shareProcessNamespace)", target, pod.Name)
	}
	name := "copier-" + rand.String(5)
	if pod, err = c.addContainer(ctx, pod, name, target); err != nil {
		return place{}, nil, err
	}
	started := func(pod *corev1.Pod) (bool, error) { return runs(pod, name) }
	if _, err = pods.WaitFor(ctx, c.f, pod, 0, started); err != nil {
		return place{}, nil, err
	}
	c.container = name
	where.path = seenFrom(where.path)
	return where, func() { c.end(ctx, pod, name) }, nil
}

// seenFrom is a path of a container as its first process leads there.
func seenFrom(path string) string {
	if strings.HasPrefix(path, "/") {
		return "/proc/1/root" + path
	}
	return "/proc/1/cwd/" + path
}

// addContainer adds the ephemeral container. It may look into the processes of
// other users, as with debug's profile "general".
func (c *copier) addContainer(ctx context.Context, pod *corev1.Pod, name, target string) (*corev1.Pod, error) {
	added := corev1.EphemeralContainer{TargetContainerName: target, EphemeralContainerCommon: corev1.EphemeralContainerCommon{
		Name: name, Image: c.image, Command: []string{"sh", "-c", runScript},
		SecurityContext: &corev1.SecurityContext{Capabilities: &corev1.Capabilities{Add: []corev1.Capability{"SYS_PTRACE"}}},
	}}
	patch, err := json.Marshal(map[string]any{"spec": map[string]any{"ephemeralContainers": []corev1.EphemeralContainer{added}}})
	if err != nil {
		return nil, err
	}
	client, err := c.f.TypedClient(corev1.SchemeGroupVersion)
	if err != nil {
		return nil, err
	}
	changed := &corev1.Pod{}
	err = client.Patch(types.StrategicMergePatchType).Namespace(pod.Namespace).Resource("pods").Name(pod.Name).
		SubResource("ephemeralcontainers").Body(patch).Do(ctx).Into(changed)
	return changed, err
}

// hopeless are the reasons for waiting that a person must do something about.
var hopeless = []string{"ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError"}

// runs reports whether an ephemeral container runs, and why it never will.
func runs(pod *corev1.Pod, name string) (bool, error) {
	for _, status := range pod.Status.EphemeralContainerStatuses {
		switch s := status.State; {
		case status.Name != name:
		case s.Running != nil:
			return true, nil
		case s.Terminated != nil:
			return false, fmt.Errorf("ephemeral container %s ended with exit code %d: %s: %s", name, s.Terminated.ExitCode, s.Terminated.Reason, s.Terminated.Message)
		case s.Waiting != nil && slices.Contains(hopeless, s.Waiting.Reason):
			return false, fmt.Errorf("ephemeral container %s does not start: %s: %s", name, s.Waiting.Reason, s.Waiting.Message)
		}
	}
	if pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
		return false, errors.New("cannot copy through a container of a completed pod; current phase is " + string(pod.Status.Phase))
	}
	return false, nil
}

// end lets the ephemeral container end, also after an interruption. If that
// fails it goes on doing nothing, which is no reason for the copy to fail.
func (c *copier) end(ctx context.Context, pod *corev1.Pod, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	_ = exec.Command(ctx, c.f, pod, name, []string{"touch", endMark}, remote.Streams{Out: io.Discard, ErrOut: io.Discard})
}
