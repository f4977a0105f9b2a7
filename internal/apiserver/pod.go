package apiserver

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubejig/kubejig/internal/admission"
)

// pod is the pod that the call names.
func (c *call) pod() (*corev1.Pod, error) {
	item, err := c.item()
	if err != nil {
		return nil, err
	}
	return item.Object.(*corev1.Pod), nil
}

// hosted is the pod that the call names, which must have a node.
func (c *call) hosted() (*corev1.Pod, error) {
	pod, err := c.pod()
	if err != nil {
		return nil, err
	}
	return pod, c.checkHosted(pod)
}

// checkHosted refuses what needs the node of a pod that has none.
func (c *call) checkHosted(pod *corev1.Pod) error {
	if pod.Spec.NodeName == "" {
		return apierrors.NewBadRequest(fmt.Sprintf("pod %s does not have a host assigned", c.name))
	}
	return c.checkNodes()
}

// checkNodes refuses what needs nodes, where there can be none.
func (c *call) checkNodes() error {
	if c.Nodes == nil {
		return apierrors.NewServiceUnavailable("this API server has no connection to nodes")
	}
	return nil
}

// parameters reads the query into options.
func (c *call) parameters(into any) error {
	if err := decodeQuery(c.query, into); err != nil {
		return apierrors.NewBadRequest(err.Error())
	}
	return nil
}

// connect asks admission whether a connection may be made.
func (c *call) connect(options runtime.Object) (err error) {
	if c.query.Has("dryRun") {
		return apierrors.NewBadRequest("dryRun is not supported")
	}
	attrs := &admission.Attributes{
		Operation: admission.Connect, Kind: c.kind, Subresource: c.subresource, APIVersion: c.version.GroupVersion.String(),
		Namespace: c.namespace, Name: c.name, Options: options, User: c.user,
	}
	c.Do(func() {
		if err = c.Registry.Admission.Admit(attrs); err == nil {
			err = c.Registry.Admission.Validate(attrs)
		}
	})
	c.warn(attrs.Warnings...)
	return err
}

// containerOf is the container of a pod that a client means, by name or
// because there is but one.
func containerOf(pod *corev1.Pod, name string) (string, error) {
	var containers, inits, ephemeral []string
	for _, c := range pod.Spec.Containers {
		containers = append(containers, c.Name)
	}
	for _, c := range pod.Spec.InitContainers {
		inits = append(inits, c.Name)
	}
	for _, c := range pod.Spec.EphemeralContainers {
		ephemeral = append(ephemeral, c.Name)
	}
	switch {
	case name == "" && len(containers) == 1:
		return containers[0], nil
	case name == "" && len(containers) == 0:
		return "", apierrors.NewBadRequest(fmt.Sprintf("a container name must be specified for pod %s", pod.Name))
	case name == "":
		return "", apierrors.NewBadRequest(fmt.Sprintf("a container name must be specified for pod %s, choose one of: %s",
			pod.Name, slices.Concat(inits, containers, ephemeral)))
	case !slices.Contains(slices.Concat(containers, inits, ephemeral), name):
		return "", apierrors.NewBadRequest(fmt.Sprintf("container %s is not valid for pod %s", name, pod.Name))
	}
	return name, nil
}

// refuseUpgrade answers a connection that is not made: a WebSocket's client
// gets a Status, SPDY's plain text, in the way that each can read.
func (c *call) refuseUpgrade(err error) error {
	if strings.EqualFold(c.r.Header.Get("Upgrade"), "websocket") {
		return err
	}
	status := statusOf(err)
	http.Error(c.w, status.Message, int(status.Code))
	return nil
}
