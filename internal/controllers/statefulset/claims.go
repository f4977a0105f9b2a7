package statefulset

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/client"
)

func claimName(set *appsv1.StatefulSet, template, pod string) string {
	return fmt.Sprintf("%s-%s-%d", template, set.Name, ordinal(&corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: pod}}))
}

// claimNames are the claims of a pod, in the order of their templates.
func claimNames(set *appsv1.StatefulSet, pod *corev1.Pod) []string {
	var names []string
	for i := range set.Spec.VolumeClaimTemplates {
		names = append(names, claimName(set, set.Spec.VolumeClaimTemplates[i].Name, pod.Name))
	}
	return names
}

// claims are those of a pod that are there.
func (r *rollout) claims(pod *corev1.Pod) []*corev1.PersistentVolumeClaim {
	var claims []*corev1.PersistentVolumeClaim
	for _, name := range claimNames(r.set, pod) {
		if claim, ok := client.Get[*corev1.PersistentVolumeClaim](r.client, r.set.Namespace, name); ok {
			claims = append(claims, claim)
		}
	}
	return claims
}

// createClaims makes the claims that a pod lacks.
func (r *rollout) createClaims(pod *corev1.Pod) error {
	var errs []error
	for i := range r.set.Spec.VolumeClaimTemplates {
		claim := r.set.Spec.VolumeClaimTemplates[i].DeepCopy()
		claim.Name, claim.Namespace = claimName(r.set, claim.Name, pod.Name), r.set.Namespace
		claim.Labels = maps.Clone(claim.Labels)
		if claim.Labels == nil {
			claim.Labels = map[string]string{}
		}
		maps.Copy(claim.Labels, r.set.Spec.Selector.MatchLabels)
		if err := r.createClaim(pod, claim); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (r *rollout) createClaim(pod *corev1.Pod, claim *corev1.PersistentVolumeClaim) error {
	name := claim.Name
	if there, ok := client.Get[*corev1.PersistentVolumeClaim](r.client, claim.Namespace, name); ok {
		if there.DeletionTimestamp != nil {
			return fmt.Errorf("pvc %s is being deleted", name)
		}
		return nil
	}
	_, err := client.Create(r.client, claim)
	r.recordClaim(pod, name, err)
	if err != nil {
		return fmt.Errorf("failed to create PVC %s: %w", name, err)
	}
	return nil
}

// useClaims gives a pod the volumes of its claims, in place of volumes of the
// same names.
func useClaims(set *appsv1.StatefulSet, pod *corev1.Pod) {
	var volumes []corev1.Volume
	for i := range set.Spec.VolumeClaimTemplates {
		name := set.Spec.VolumeClaimTemplates[i].Name
		volumes = append(volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claimName(set, name, pod.Name)},
		}})
	}
	claimed := len(volumes)
	for _, v := range pod.Spec.Volumes {
		if !slices.ContainsFunc(volumes[:claimed], func(c corev1.Volume) bool { return c.Name == v.Name }) {
			volumes = append(volumes, v)
		}
	}
	pod.Spec.Volumes = volumes
}

func usesClaims(set *appsv1.StatefulSet, pod *corev1.Pod) bool {
	for i := range set.Spec.VolumeClaimTemplates {
		name := set.Spec.VolumeClaimTemplates[i].Name
		if !slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool {
			return v.Name == name && v.PersistentVolumeClaim != nil &&
				v.PersistentVolumeClaim.ClaimName == claimName(set, name, pod.Name)
		}) {
			return false
		}
	}
	return true
}

// retention says what happens to claims: see
// https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention
func retention(set *appsv1.StatefulSet) (deleteWithSet, deleteOnScaleDown bool) {
	p := set.Spec.PersistentVolumeClaimRetentionPolicy
	if p == nil {
		return false, false
	}
	const del = appsv1.DeletePersistentVolumeClaimRetentionPolicyType
	return p.WhenDeleted == del, p.WhenScaled == del
}

// owners are the references of a claim as the retention policy wants them: the
// set or the condemned pod owns it, so that it is collected with its owner.
func (r *rollout) owners(claim *corev1.PersistentVolumeClaim, pod *corev1.Pod) []metav1.OwnerReference {
	refs := slices.DeleteFunc(slices.Clone(claim.OwnerReferences), func(ref metav1.OwnerReference) bool {
		return ref.UID == r.set.UID || ref.UID == pod.UID
	})
	if slices.ContainsFunc(refs, func(ref metav1.OwnerReference) bool { return ref.Controller != nil && *ref.Controller }) {
		return refs // somebody else controls it
	}
	withSet, onScaleDown := retention(r.set)
	switch {
	case onScaleDown && !wanted(r.set, pod):
		refs = append(refs, *metav1.NewControllerRef(pod, podKind))
	case withSet:
		refs = append(refs, *metav1.NewControllerRef(r.set, gvk))
	}
	return refs
}

func sameOwners(a, b []metav1.OwnerReference) bool {
	return slices.EqualFunc(a, b, func(x, y metav1.OwnerReference) bool {
		return x.UID == y.UID && (x.Controller != nil && *x.Controller) == (y.Controller != nil && *y.Controller)
	})
}

func (r *rollout) claimsFit(pod *corev1.Pod) bool {
	return !slices.ContainsFunc(r.claims(pod), func(claim *corev1.PersistentVolumeClaim) bool {
		return !sameOwners(claim.OwnerReferences, r.owners(claim, pod))
	})
}

// ownClaims sets the owners of a pod's claims.
func (r *rollout) ownClaims(pod *corev1.Pod) error {
	for _, claim := range r.claims(pod) {
		refs := r.owners(claim, pod)
		if sameOwners(claim.OwnerReferences, refs) {
			continue
		}
		next := claim.DeepCopy()
		next.OwnerReferences = refs
		if _, err := client.Update(r.client, next); err != nil {
			return fmt.Errorf("could not update claim %s for delete policy ownerRefs: %w", claim.Name, err)
		}
	}
	return nil
}

// releaseClaims prepares the claims of a condemned pod for its end.
func (r *rollout) releaseClaims(i int) (wait bool, err error) {
	if pod := r.condemned[i]; !r.claimsFit(pod) {
		return false, r.ownClaims(pod)
	}
	return false, nil
}

// staleClaims reports whether claims of a former pod of the same name are on
// their way out with it.
func (r *rollout) staleClaims(pod *corev1.Pod) bool {
	if _, onScaleDown := retention(r.set); !onScaleDown {
		return false
	}
	return slices.ContainsFunc(r.claims(pod), func(claim *corev1.PersistentVolumeClaim) bool {
		return slices.ContainsFunc(claim.OwnerReferences, func(ref metav1.OwnerReference) bool {
			return ref.Kind == podKind.Kind && ref.Name == pod.Name
		})
	})
}
