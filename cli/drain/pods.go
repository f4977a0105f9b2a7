package drain

import (
	"context"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/scheme"
)

// verdict is what is to become of a pod, and what the user is told of it.
type verdict struct {
	leave   bool
	message string
	fatal   bool // The node can not be drained because of this pod.
}

func leave() verdict                { return verdict{leave: true} }
func leaveWith(text string) verdict { return verdict{leave: true, message: text} }
func stay() verdict                 { return verdict{} }
func stayWith(text string) verdict  { return verdict{message: text} }
func fatal(text string) verdict     { return verdict{message: text, fatal: true} }

// judgedPod is a pod with its verdict.
type judgedPod struct {
	corev1.Pod
	verdict
}

type judgedPods []judgedPod

// leaving are the pods to move.
func (l judgedPods) leaving() []corev1.Pod {
	var pods []corev1.Pod
	for _, pod := range l {
		if pod.leave {
			pods = append(pods, pod.Pod)
		}
	}
	return pods
}

// grouped gathers the names of pods by what is said of them, in order.
func (l judgedPods) grouped(fatal bool) (messages []string, pods map[string][]string) {
	pods = map[string][]string{}
	for _, pod := range l {
		if pod.message == "" || pod.fatal != fatal {
			continue
		}
		if pods[pod.message] == nil {
			messages = append(messages, pod.message)
		}
		pods[pod.message] = append(pods[pod.message], pod.Namespace+"/"+pod.Name)
	}
	return messages, pods
}

func (l judgedPods) warnings() string {
	messages, pods := l.grouped(false)
	var texts []string
	for _, message := range messages {
		texts = append(texts, fmt.Sprintf("%s: %s", message, strings.Join(pods[message], ", ")))
	}
	return strings.Join(texts, "; ")
}

func (l judgedPods) err() error {
	messages, pods := l.grouped(true)
	var errs []error
	for _, message := range messages {
		errs = append(errs, fmt.Errorf("cannot delete %s: %s", message, strings.Join(pods[message], ", ")))
	}
	return utilerrors.NewAggregate(errs)
}

// podsOn reads the node's pods and judges them. The error says which pods can
// not be moved.
func (o *options) podsOn(ctx context.Context, node string) (judgedPods, error) {
	options := &metav1.ListOptions{
		LabelSelector: o.podSelector,
		FieldSelector: fields.OneTermEqualSelector("spec.nodeName", node).String(),
		Limit:         o.chunkSize,
	}
	var pods judgedPods
	err := resource.FollowContinue(options, func(options metav1.ListOptions) (runtime.Object, error) {
		list := &corev1.PodList{}
		err := o.client.Get().Resource("pods").VersionedParams(&options, scheme.ParameterCodec()).Do(ctx).Into(list)
		if err != nil {
			return nil, resource.EnhanceListError(err, options, "/v1, Resource=pods")
		}
		for _, pod := range list.Items {
			pod.Kind, pod.APIVersion = "Pod", "v1"
			pods = append(pods, judgedPod{pod, o.judge(ctx, &pod)})
		}
		return list, nil
	})
	if err != nil {
		return nil, err
	}
	return pods, pods.err()
}

// judge asks one rule after the other; the first that lets the pod stay
// decides, otherwise the last that has something to say.
func (o *options) judge(ctx context.Context, pod *corev1.Pod) verdict {
	rules := []func(context.Context, *corev1.Pod) verdict{
		o.deletedLongAgo, o.ofDaemonSet, o.mirror, o.withLocalData, o.unmanaged,
	}
	var decided verdict
	for _, rule := range rules {
		decided = rule(ctx, pod)
		if !decided.leave {
			break
		}
	}
	return decided
}

func (o *options) deletedLongAgo(_ context.Context, pod *corev1.Pod) verdict {
	if o.skips(pod) {
		return stay()
	}
	return leave()
}

// skips says whether the pod's deletion is not waited for any more.
func (o *options) skips(pod *corev1.Pod) bool {
	return o.skipDeletedAfter > 0 && pod.DeletionTimestamp != nil &&
		int(o.f.Now().Sub(pod.DeletionTimestamp.Time).Seconds()) > o.skipDeletedAfter
}

func finished(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

func (o *options) ofDaemonSet(ctx context.Context, pod *corev1.Pod) verdict {
	owner := metav1.GetControllerOf(pod)
	if owner == nil || owner.Kind != "DaemonSet" || owner.APIVersion != "apps/v1" || finished(pod) {
		return leave()
	}
	client, err := o.f.TypedClient(appsv1.SchemeGroupVersion)
	if err == nil {
		err = client.Get().Namespace(pod.Namespace).Resource("daemonsets").Name(owner.Name).Do(ctx).Error()
	}
	switch {
	case apierrors.IsNotFound(err) && o.force:
		return leaveWith(err.Error())
	case err != nil:
		return fatal(err.Error())
	case !o.ignoreDaemonSets:
		return fatal("DaemonSet-managed Pods (use --ignore-daemonsets to ignore)")
	}
	return stayWith("ignoring DaemonSet-managed Pods")
}

// mirror pods are shown by the server but made by the node itself.
func (o *options) mirror(_ context.Context, pod *corev1.Pod) verdict {
	if _, ok := pod.Annotations[corev1.MirrorPodAnnotationKey]; ok {
		return stay()
	}
	return leave()
}

func (o *options) withLocalData(_ context.Context, pod *corev1.Pod) verdict {
	local := false
	for _, volume := range pod.Spec.Volumes {
		local = local || volume.EmptyDir != nil
	}
	switch {
	case !local || finished(pod):
		return leave()
	case !o.deleteEmptyDirData:
		return fatal("Pods with local storage (use --delete-emptydir-data to override)")
	}
	return leaveWith("deleting Pods with local storage")
}

func (o *options) unmanaged(_ context.Context, pod *corev1.Pod) verdict {
	switch {
	case finished(pod) || metav1.GetControllerOf(pod) != nil:
		return leave()
	case o.force:
		return leaveWith("deleting Pods that declare no controller")
	}
	return fatal("Pods that declare no controller (use --force to override)")
}
