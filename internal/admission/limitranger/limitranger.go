// Package limitranger applies the defaults of LimitRanges and enforces their
// bounds: https://kubernetes.io/docs/concepts/policy/limit-range/
package limitranger

import (
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/client"
)

// Plugin is the LimitRanger admission plugin.
type Plugin struct {
	Client *client.Client
}

// Name is the plugin's name.
func (Plugin) Name() string { return "LimitRanger" }

// ranges are the LimitRanges that a request falls under, in order.
func (p Plugin) ranges(a *admission.Attributes) []*corev1.LimitRange {
	if !limited(a) {
		return nil
	}
	var live []*corev1.LimitRange
	for _, r := range client.List[*corev1.LimitRange](p.Client, a.Namespace, nil) {
		if r.DeletionTimestamp == nil {
			live = append(live, r)
		}
	}
	return live
}

// limited reports whether a request is for something that LimitRanges bound.
func limited(a *admission.Attributes) bool {
	switch a.Object.(type) {
	case *corev1.Pod:
		return a.Kind.Resource == "pods" &&
			(a.Operation == admission.Create && a.Subresource == "" || a.Operation == admission.Update && a.Subresource == "resize")
	case *corev1.PersistentVolumeClaim:
		return a.Subresource == "" && (a.Operation == admission.Create || a.Operation == admission.Update)
	}
	return false
}

// Admit sets what a pod leaves to the defaults.
func (p Plugin) Admit(a *admission.Attributes) error {
	pod, ok := a.Object.(*corev1.Pod)
	if !ok || a.Operation != admission.Create {
		return nil
	}
	for _, r := range p.ranges(a) {
		complete(pod, defaultsOf(r))
	}
	return nil
}

// Validate checks the bounds.
func (p Plugin) Validate(a *admission.Attributes) error {
	for _, r := range p.ranges(a) {
		var errs []error
		for i := range r.Spec.Limits {
			errs = append(errs, check(&r.Spec.Limits[i], a.Object)...)
		}
		if err := utilerrors.NewAggregate(errs); err != nil {
			return apierrors.NewForbidden(a.Kind.GroupResource(), a.Name, err)
		}
	}
	return nil
}
