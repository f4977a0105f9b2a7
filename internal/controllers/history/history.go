// Package history keeps the versions of a workload's pod template as
// ControllerRevisions, which StatefulSets and DaemonSets roll between.
//
// It decides nothing about pods: which revision a pod should have is the
// workload's controller's business.
package history

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/rand"

	"github.com/kubejig/kubejig/internal/client"
	"github.com/kubejig/kubejig/internal/controllers/podcontrol"
	"github.com/kubejig/kubejig/internal/store"
)

// HashLabel holds the hash of a revision's data.
const HashLabel = "controller.kubernetes.io/hash"

// Resource is that of ControllerRevisions.
var Resource = schema.GroupResource{Group: appsv1.GroupName, Resource: "controllerrevisions"}

// Claim returns the revisions that an owner controls, oldest first. It adopts
// those that the selector matches and nobody controls.
func Claim(c *client.Client, owner store.Object, gvk schema.GroupVersionKind, selector labels.Selector) ([]*appsv1.ControllerRevision, error) {
	revisions, err := podcontrol.Claim[*appsv1.ControllerRevision](c, owner, gvk, selector)
	if err != nil {
		return nil, err
	}
	Sort(revisions)
	return revisions, nil
}

// Sort puts revisions in order, the oldest first.
func Sort(revisions []*appsv1.ControllerRevision) {
	slices.SortStableFunc(revisions, func(a, b *appsv1.ControllerRevision) int {
		return cmp.Or(
			cmp.Compare(a.Revision, b.Revision),
			a.CreationTimestamp.Compare(b.CreationTimestamp.Time),
			cmp.Compare(a.Name, b.Name),
		)
	})
}

// Next is the number of the revision that follows sorted ones.
func Next(revisions []*appsv1.ControllerRevision) int64 {
	if len(revisions) == 0 {
		return 1
	}
	return revisions[len(revisions)-1].Revision + 1
}

// Patch is a template as a revision keeps it: a strategic merge patch that
// replaces the one of the workload.
func Patch(t *corev1.PodTemplateSpec) ([]byte, error) {
	encoded, err := json.Marshal(t)
	if err != nil {
		return nil, fmt.Errorf("encode pod template: %w", err)
	}
	var template map[string]any
	if err := json.Unmarshal(encoded, &template); err != nil {
		return nil, fmt.Errorf("decode pod template: %w", err)
	}
	template["$patch"] = "replace"
	return json.Marshal(map[string]any{"spec": map[string]any{"template": template}})
}

// Template is the pod template that a revision keeps.
func Template(r *appsv1.ControllerRevision) (*corev1.PodTemplateSpec, error) {
	var patch struct {
		Spec struct {
			Template corev1.PodTemplateSpec `json:"template"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(r.Data.Raw, &patch); err != nil {
		return nil, fmt.Errorf("revision %s holds no pod template: %w", r.Name, err)
	}
	return &patch.Spec.Template, nil
}

// Revision is a new revision of an owner, labelled like its template and with a
// hash, which also ends its name.
func Revision(owner store.Object, gvk schema.GroupVersionKind, template *corev1.PodTemplateSpec, hashLabel, hash string) (*appsv1.ControllerRevision, error) {
	data, err := Patch(template)
	if err != nil {
		return nil, err
	}
	labels := map[string]string{}
	maps.Copy(labels, template.Labels)
	labels[hashLabel] = hash
	return &appsv1.ControllerRevision{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:       owner.GetNamespace(),
			Name:            Name(owner.GetName(), hash),
			Labels:          labels,
			Annotations:     maps.Clone(owner.GetAnnotations()),
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(owner, gvk)},
		},
		Data: runtime.RawExtension{Raw: data},
	}, nil
}

// Name is the name of a revision.
func Name(owner, hash string) string {
	const longestPrefix = 223
	return owner[:min(len(owner), longestPrefix)] + "-" + hash
}

// Hash is the hash of a revision's data, made different by a number of
// collisions.
func Hash(data []byte, collisions int32) string {
	h := fnv.New32()
	h.Write(data)
	h.Write([]byte(strconv.FormatInt(int64(collisions), 10)))
	return rand.SafeEncodeString(strconv.FormatUint(uint64(h.Sum32()), 10))
}

// Equal reports whether two revisions keep the same template.
func Equal(a, b *appsv1.ControllerRevision) bool { return bytes.Equal(a.Data.Raw, b.Data.Raw) }

// SetNumber moves a revision to another place in the history.
func SetNumber(c *client.Client, r *appsv1.ControllerRevision, number int64) (*appsv1.ControllerRevision, error) {
	if r.Revision == number {
		return r, nil
	}
	next := r.DeepCopy()
	next.Revision = number
	return client.Update(c, next)
}

// Trim deletes the oldest of sorted revisions that are not live, until no more
// than limit of these are left. A negative limit keeps all.
func Trim(c *client.Client, revisions []*appsv1.ControllerRevision, limit int, live func(*appsv1.ControllerRevision) bool) error {
	idle := slices.DeleteFunc(slices.Clone(revisions), live)
	if limit < 0 || len(idle) <= limit {
		return nil
	}
	for _, r := range idle[:len(idle)-limit] {
		if err := c.Delete(r, metav1.DeleteOptions{}); err != nil {
			return err
		}
	}
	return nil
}
