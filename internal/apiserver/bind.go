package apiserver

import (
	"net/http"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var errOtherNamespace = apierrors.NewBadRequest("the namespace of the provided object does not match the namespace sent on the request")

// bind assigns a pod to a node.
func (c *call) bind() error {
	o, err := c.createOptions()
	if err != nil {
		return err
	}
	binding := &corev1.Binding{}
	if err := c.read(binding, c.sub.GVK, o); err != nil {
		return err
	}
	return c.assign(binding, o)
}

// assign carries out a binding of the pod that the call is for.
func (c *call) assign(binding *corev1.Binding, o writeOptions) error {
	if binding.Namespace != "" && binding.Namespace != c.namespace {
		return errOtherNamespace
	}
	if binding.Name != c.name {
		return apierrors.NewBadRequest("name in URL does not match name in Binding object")
	}
	binding.Namespace = c.namespace
	var err error
	c.Do(func() { _, err = c.Registry.Bind(c.writeRequest(o), binding) })
	if err != nil {
		return err
	}
	return c.succeed()
}

// succeed answers an action that has no object to show.
func (c *call) succeed() error {
	status := &metav1.Status{Status: metav1.StatusSuccess, Code: http.StatusCreated}
	return c.answer(http.StatusCreated, status, metav1.Unversioned.WithKind("Status"))
}
