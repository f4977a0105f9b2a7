package disruption

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers/scale"
)

// numbers are what a budget means for the pods that it is about.
type numbers struct {
	pods    int32 // that there should be
	healthy int32 // of which must be healthy
	// unmanaged is whether some pods have no controller to ask.
	unmanaged bool
}

// expected resolves a budget to numbers. Percentages are of what the pods'
// controllers ask for, rounded up.
func (c *controller) expected(budget *policyv1.PodDisruptionBudget, pods []*corev1.Pod) (numbers, error) {
	if least := budget.Spec.MinAvailable; least != nil && least.Type == intstr.Int {
		return numbers{pods: int32(len(pods)), healthy: least.IntVal}, nil
	}
	n, err := c.asked(pods)
	if err != nil {
		return n, err
	}
	switch {
	case budget.Spec.MaxUnavailable != nil:
		most, err := intstr.GetScaledValueFromIntOrPercent(budget.Spec.MaxUnavailable, int(n.pods), true)
		n.healthy = max(0, n.pods-int32(most))
		return n, err
	case budget.Spec.MinAvailable != nil:
		least, err := intstr.GetScaledValueFromIntOrPercent(budget.Spec.MinAvailable, int(n.pods), true)
		n.healthy = int32(least)
		return n, err
	}
	return n, nil
}

// asked sums what the controllers of pods ask for.
func (c *controller) asked(pods []*corev1.Pod) (numbers, error) {
	var n numbers
	seen := map[types.UID]bool{}
	for _, pod := range pods {
		ref := metav1.GetControllerOfNoCopy(pod)
		if ref == nil {
			n.unmanaged = true
			continue
		}
		if seen[ref.UID] {
			continue
		}
		seen[ref.UID] = true
		size, err := c.sizeOf(pod.Namespace, ref, seen)
		if apierrors.IsNotFound(err) {
			return n, fmt.Errorf("found no controllers for pod %q", pod.Name)
		}
		if err != nil {
			return n, err
		}
		n.pods += size
	}
	return n, nil
}

// sizeOf is what a controller asks for; a ReplicaSet's Deployment speaks for
// it, once for all of its ReplicaSets.
func (c *controller) sizeOf(namespace string, ref *metav1.OwnerReference, seen map[types.UID]bool) (int32, error) {
	gv, err := schema.ParseGroupVersion(ref.APIVersion)
	if err != nil {
		return 0, err
	}
	if rs, ok := client.Get[*appsv1.ReplicaSet](c.client, namespace, ref.Name); ok && rs.UID == ref.UID {
		if owner := metav1.GetControllerOfNoCopy(rs); owner != nil && owner.Kind == "Deployment" {
			if seen[owner.UID] {
				return 0, nil
			}
			seen[owner.UID] = true
			return c.sizeOf(namespace, owner, seen)
		}
	}
	target, err := scale.Find(c.client, schema.GroupKind{Group: gv.Group, Kind: ref.Kind}, namespace, ref.Name)
	if err != nil {
		return 0, err
	}
	return target.Scale.Spec.Replicas, nil
}
