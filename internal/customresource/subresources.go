package customresource

import (
	"fmt"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

func (v *customVersion) subresources() map[string]*resources.Subresource {
	subs := map[string]*resources.Subresource{}
	if v.hasStatus() {
		subs["status"] = resources.Part("status", prepareStatus, v.validateStatusUpdate).Resetting([]string{"metadata"}, []string{"spec"})
	}
	if s := v.scale(); s != nil {
		subs["scale"] = &resources.Subresource{
			Name:  "scale",
			GVK:   autoscalingv1.SchemeGroupVersion.WithKind("Scale"),
			Verbs: []string{"get", "patch", "update"},
			Scale: &resources.Scale{
				Get: func(obj store.Object) (*autoscalingv1.Scale, error) { return scaleOf(obj.(object), s) },
				Set: func(obj store.Object, n int32) error {
					return unstructured.SetNestedField(obj.(object).Object, int64(n), pathOf(s.SpecReplicasPath)...)
				},
				ReplicasPath: pathOf(s.SpecReplicasPath),
			},
		}
	}
	return subs
}

func scaleOf(obj object, s *apiextensionsv1.CustomResourceSubresourceScale) (*autoscalingv1.Scale, error) {
	spec, found, err := unstructured.NestedInt64(obj.Object, pathOf(s.SpecReplicasPath)...)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, apierrors.NewInternalError(fmt.Errorf("the spec replicas field %q does not exist", s.SpecReplicasPath))
	}
	status, _, err := unstructured.NestedInt64(obj.Object, pathOf(s.StatusReplicasPath)...)
	if err != nil {
		return nil, err
	}
	selector := ""
	if s.LabelSelectorPath != nil {
		if selector, _, err = unstructured.NestedString(obj.Object, pathOf(*s.LabelSelectorPath)...); err != nil {
			return nil, err
		}
	}
	return &autoscalingv1.Scale{
		ObjectMeta: metav1.ObjectMeta{
			Name: obj.GetName(), Namespace: obj.GetNamespace(), UID: obj.GetUID(),
			ResourceVersion: obj.GetResourceVersion(), CreationTimestamp: obj.GetCreationTimestamp(),
		},
		Spec:   autoscalingv1.ScaleSpec{Replicas: int32(spec)},
		Status: autoscalingv1.ScaleStatus{Replicas: int32(status), Selector: selector},
	}, nil
}
