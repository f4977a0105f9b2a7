package logs

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/pods"
	"github.com/kubejig/kubejig/cli/scheme"
)

// Source is the log of one container.
type Source struct {
	Pod, Container string
	Request        *rest.Request
}

// Selection says which logs of an object are meant.
type Selection struct {
	Options       *corev1.PodLogOptions
	AllContainers bool
	AllPods       bool
	PodTimeout    time.Duration
}

// Find lists the logs of an object, pod by pod, container by container. What
// it chooses among several is told on the error stream.
func Find(ctx context.Context, f *factory.Factory, object runtime.Object, selection Selection) ([]Source, error) {
	client, err := f.TypedClient(corev1.SchemeGroupVersion)
	if err != nil {
		return nil, err
	}
	finder := &finder{f: f, client: client, Selection: selection}
	return finder.ofObject(ctx, object)
}

type finder struct {
	Selection
	f      *factory.Factory
	client rest.Interface
}

func (s *finder) ofObject(ctx context.Context, object runtime.Object) ([]Source, error) {
	switch object := object.(type) {
	case *corev1.PodList:
		return s.ofPods(object.Items)
	case *corev1.Pod:
		return s.ofPod(object)
	}
	namespace, selector, err := pods.Selector(object)
	if err != nil {
		return nil, fmt.Errorf("cannot get the logs from %T: %v", object, err)
	}
	found, err := pods.List(ctx, s.f, namespace, selector.String(), s.PodTimeout, pods.Logging)
	if err != nil {
		return nil, err
	}
	if len(found) > 1 && !s.AllPods {
		fmt.Fprintf(s.f.ErrOut, "Found %v pods, using pod/%v\n", len(found), found[0].Name)
		found = found[:1]
	}
	return s.ofPods(found)
}

func (s *finder) ofPods(list []corev1.Pod) ([]Source, error) {
	var sources []Source
	for i := range list {
		found, err := s.ofPod(&list[i])
		if err != nil {
			return nil, err
		}
		sources = append(sources, found...)
	}
	return sources, nil
}

func (s *finder) ofPod(pod *corev1.Pod) ([]Source, error) {
	if !s.AllContainers {
		name, err := s.container(pod)
		if err != nil {
			return nil, err
		}
		return []Source{s.source(pod, name)}, nil
	}
	var sources []Source
	for _, container := range pod.Spec.InitContainers {
		sources = append(sources, s.source(pod, container.Name))
	}
	for _, container := range pod.Spec.Containers {
		sources = append(sources, s.source(pod, container.Name))
	}
	for _, container := range pod.Spec.EphemeralContainers {
		sources = append(sources, s.source(pod, container.Name))
	}
	return sources, nil
}

// container chooses the one container whose log is meant.
func (s *finder) container(pod *corev1.Pod) (string, error) {
	name := s.Options.Container
	if annotated := pod.Annotations[pods.DefaultContainerAnnotation]; name == "" && annotated != "" {
		if found, _ := pods.Container(pod, annotated); found == nil {
			fmt.Fprintf(s.f.ErrOut, "Default container name %q not found in pod %s\n", annotated, pod.Name)
		} else {
			name = annotated
		}
	}
	if name == "" {
		if len(pod.Spec.Containers) == 0 {
			return "", errors.New("pod has no containers")
		}
		name = pod.Spec.Containers[0].Name
		if pods.SeveralContainers(pod) && !s.AllPods {
			fmt.Fprintf(s.f.ErrOut, "Defaulted container %q out of: %s\n", name, pods.ContainerNames(pod))
		}
	}
	if found, _ := pods.Container(pod, name); found == nil {
		return "", fmt.Errorf("container %s is not valid for pod %s out of: %s", name, pod.Name, pods.ContainerNames(pod))
	}
	return name, nil
}

func (s *finder) source(pod *corev1.Pod, container string) Source {
	return s.logOf(pod, container, s.Options.DeepCopy())
}

// previous is the log of a container as it was before it was last started.
func (s *finder) previous(pod *corev1.Pod, container string) Source {
	options := s.Options.DeepCopy()
	options.Previous = true
	return s.logOf(pod, container, options)
}

func (s *finder) logOf(pod *corev1.Pod, container string, options *corev1.PodLogOptions) Source {
	options.Container = container
	return Source{
		Pod:       pod.Name,
		Container: container,
		Request: s.client.Get().Namespace(pod.Namespace).Resource("pods").Name(pod.Name).SubResource("log").
			VersionedParams(options, scheme.ParameterCodec()).
			SetHeader("Accept", "application/json, */*"),
	}
}
