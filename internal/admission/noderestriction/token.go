package noderestriction

import (
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/authorization"
	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/podspec"
)

// admitToken lets a kubelet ask for the tokens of its pods' accounts.
func (p Plugin) admitToken(node string, a *admission.Attributes) error {
	if a.Operation != admission.Create || a.Subresource != "token" {
		return nil
	}
	request := a.Object.(*authenticationv1.TokenRequest)
	ref := request.Spec.BoundObjectRef
	switch {
	case ref == nil || ref.APIVersion != "v1" || ref.Kind != "Pod" || ref.Name == "":
		return forbidden(a, "node requested token not bound to a pod")
	case ref.UID == "":
		return forbidden(a, "node requested token with a pod binding without a uid")
	}
	pod, ok := client.Get[*corev1.Pod](p.Client, a.Namespace, ref.Name)
	switch {
	case !ok:
		return apierrors.NewNotFound(corev1.Resource("pod"), ref.Name)
	case ref.UID != pod.UID:
		return forbidden(a, "the UID in the bound object reference (%s) does not match the UID in record. The object might have been deleted and then recreated", ref.UID)
	case pod.Spec.NodeName != node:
		return forbidden(a, "node requested token bound to a pod scheduled on a different node")
	}
	if err := p.checkAudience(a, pod, request.Spec.Audiences); err != nil {
		return forbidden(a, "%w", err)
	}
	return nil
}

// checkAudience refuses tokens for whom the pod does not need them.
func (p Plugin) checkAudience(a *admission.Attributes, pod *corev1.Pod, audiences []string) error {
	audience := ""
	switch len(audiences) {
	case 0:
	case 1:
		audience = audiences[0]
	default:
		return fmt.Errorf("node may only request 0 or 1 audiences")
	}
	needed, err := p.needs(pod, audience)
	if err != nil {
		return fmt.Errorf("error validating audience %q: %w", audience, err)
	}
	if needed {
		return nil
	}
	allowed, _ := p.Authorizer.Authorize(authorization.Attributes{
		User: a.User, Verb: "request-serviceaccounts-token-audience", Version: "v1",
		Resource: audience, Namespace: a.Namespace, Name: a.Name,
	})
	if !allowed {
		return fmt.Errorf("%s is not authorized to request tokens for audience %q", a.User.Username, audience)
	}
	return nil
}

// needs reports whether a volume of a pod needs a token for an audience: by
// itself, or because its driver does. The error is of volumes that can't be
// judged, if none of the others needs it.
func (p Plugin) needs(pod *corev1.Pod, audience string) (bool, error) {
	var errs []error
	for i := range pod.Spec.Volumes {
		v := &pod.Spec.Volumes[i]
		if projects(v, audience) {
			return true, nil
		}
		name, err := p.driverOf(pod, v)
		if err == nil && name != "" {
			var asks bool
			if asks, err = p.driverAsks(name, audience); asks {
				return true, nil
			}
		}
		errs = append(errs, err)
	}
	return false, utilerrors.NewAggregate(errs)
}

// projects reports whether a volume shows a token for an audience.
func projects(v *corev1.Volume, audience string) bool {
	if v.Projected == nil {
		return false
	}
	for _, source := range v.Projected.Sources {
		if source.ServiceAccountToken != nil && source.ServiceAccountToken.Audience == audience {
			return true
		}
	}
	return false
}

// driverOf is the CSI driver of a volume, "" for none.
func (p Plugin) driverOf(pod *corev1.Pod, v *corev1.Volume) (string, error) {
	if v.CSI != nil {
		return v.CSI.Driver, nil
	}
	name := podspec.ClaimOf(pod, v)
	if name == "" {
		return "", nil
	}
	claim, ok := client.Get[*corev1.PersistentVolumeClaim](p.Client, pod.Namespace, name)
	if !ok {
		return "", apierrors.NewNotFound(corev1.Resource("persistentvolumeclaim"), name)
	}
	volume, ok := client.Get[*corev1.PersistentVolume](p.Client, "", claim.Spec.VolumeName)
	if !ok {
		return "", apierrors.NewNotFound(corev1.Resource("persistentvolume"), claim.Spec.VolumeName)
	}
	if volume.Spec.CSI == nil {
		return "", nil
	}
	return volume.Spec.CSI.Driver, nil
}

// driverAsks reports whether a driver wants tokens for an audience.
func (p Plugin) driverAsks(name, audience string) (bool, error) {
	driver, ok := client.Get[*storagev1.CSIDriver](p.Client, "", name)
	if !ok {
		return false, apierrors.NewNotFound(storagev1.Resource("csidriver"), name)
	}
	for _, request := range driver.Spec.TokenRequests {
		if request.Audience == audience {
			return true, nil
		}
	}
	return false, nil
}
