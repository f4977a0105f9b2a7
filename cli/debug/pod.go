package debug

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// inPod adds an ephemeral container to a pod that runs.
func (o *options) inPod(ctx context.Context, pod *corev1.Pod) (*corev1.Pod, string, error) {
	o.f.Log.Infof(2, "debug.go:488", "existing ephemeral containers: %v", pod.Spec.EphemeralContainers)
	changed := pod.DeepCopy()
	all := append(changed.Spec.EphemeralContainers, corev1.EphemeralContainer{
		EphemeralContainerCommon: corev1.EphemeralContainerCommon(o.newContainer(o.containerName(pod))),
		TargetContainerName:      o.target,
	})
	changed.Spec.EphemeralContainers = all
	container := (*corev1.Container)(&all[len(all)-1].EphemeralContainerCommon)
	if err := o.settle(changed, container, runningPod); err != nil {
		return nil, "", err
	}
	o.f.Log.Infof(2, "debug.go:498", "new ephemeral container: %#v", &all[len(all)-1])
	o.warnOfUser(changed, container)
	patch, err := patchBetween(pod, changed)
	if err != nil {
		return nil, "", err
	}
	o.f.Log.Infof(2, "debug.go:511", "generated strategic merge patch for debug container: %s", patch)
	result := &corev1.Pod{}
	err = o.client.Patch(types.StrategicMergePatchType).Namespace(pod.Namespace).Resource("pods").Name(pod.Name).
		SubResource("ephemeralcontainers").Body(patch).Do(ctx).Into(result)
	if lacksSubresource(err) {
		return nil, "", fmt.Errorf("ephemeral containers are disabled for this cluster (error from server: %q)", err)
	}
	return result, container.Name, err
}

func patchBetween(before, after *corev1.Pod) ([]byte, error) {
	from, err := json.Marshal(before)
	if err != nil {
		return nil, fmt.Errorf("error creating JSON for pod: %w", err)
	}
	to, err := json.Marshal(after)
	if err != nil {
		return nil, fmt.Errorf("error creating JSON for debug container: %w", err)
	}
	patch, err := strategicpatch.CreateTwoWayMergePatch(from, to, before)
	if err != nil {
		return nil, fmt.Errorf("error creating patch to add debug container: %w", err)
	}
	return patch, nil
}

// lacksSubresource tells a server without the subresource from one that has no
// such pod any more, which names the pod.
func lacksSubresource(err error) bool {
	status, ok := err.(*apierrors.StatusError)
	return ok && apierrors.IsNotFound(err) && (status.ErrStatus.Details == nil || status.ErrStatus.Details.Name == "")
}
