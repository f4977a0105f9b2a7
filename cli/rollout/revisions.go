package rollout

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/rest"

	"github.com/kubejig/kubejig/cli/factory"
	"github.com/kubejig/kubejig/cli/resource"
	"github.com/kubejig/kubejig/cli/scheme"
)

// changeCause is the annotation that says why a version was made.
const changeCause = "kubernetes.io/change-cause"

// revision is one version of a workload.
type revision struct {
	number   int64
	cause    string
	template *corev1.PodTemplateSpec
	// object is the workload, or what keeps the version, as -o shows it.
	object runtime.Object
	// current says that the workload is this version now.
	current bool
	// restore is the patch that makes the workload this version again.
	restore func() (types.PatchType, []byte, error)
}

// history is a workload with its versions, oldest first.
type history struct {
	kind      string // As error messages name it.
	resource  string
	name      string
	namespace string
	paused    bool
	revisions []revision
}

// reader reads histories.
type reader struct {
	client rest.Interface
}

func newReader(f *factory.Factory) (*reader, error) {
	client, err := f.TypedClient(appsv1.SchemeGroupVersion)
	return &reader{client}, err
}

// read reads the history of a workload. tool is what needs it: errors about
// other kinds name it.
func (r *reader) read(ctx context.Context, info *resource.Info, tool string) (*history, error) {
	switch kind := info.Mapping.GroupVersionKind.GroupKind(); kind {
	case schema.GroupKind{Group: "apps", Kind: "Deployment"}:
		return r.deployment(ctx, info.Namespace, info.Name)
	case schema.GroupKind{Group: "apps", Kind: "DaemonSet"}:
		return r.daemonSet(ctx, info.Namespace, info.Name)
	case schema.GroupKind{Group: "apps", Kind: "StatefulSet"}:
		return r.statefulSet(ctx, info.Namespace, info.Name)
	default:
		return nil, errNoHistory(tool, kind)
	}
}

// errNoHistory says why a kind has no history: it could have one, or it runs no
// pods at all.
func errNoHistory(tool string, kind schema.GroupKind) error {
	switch kind.String() {
	case "Pod", "ReplicationController", "ReplicaSet.apps", "Job.batch", "CronJob.batch":
		return fmt.Errorf("no %s has been implemented for %q", tool, kind.String())
	}
	return fmt.Errorf("error retrieving %s for %q, no visitor method exists for {%s %s}",
		strings.TrimSuffix(tool, " viewer"), kind.String(), kind.Group, kind.Kind)
}

func (r *reader) get(ctx context.Context, resource, namespace, name string, into runtime.Object) error {
	return r.client.Get().Namespace(namespace).Resource(resource).Name(name).Do(ctx).Into(into)
}

func (r *reader) list(ctx context.Context, resource, namespace string, selector *metav1.LabelSelector, into runtime.Object) error {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return err
	}
	return r.client.Get().Namespace(namespace).Resource(resource).
		VersionedParams(&metav1.ListOptions{LabelSelector: parsed.String()}, scheme.ParameterCodec()).Do(ctx).Into(into)
}

// deployment reads the versions that its replica sets are.
func (r *reader) deployment(ctx context.Context, namespace, name string) (*history, error) {
	deployment := &appsv1.Deployment{}
	if err := r.get(ctx, "deployments", namespace, name, deployment); err != nil {
		return nil, fmt.Errorf("failed to retrieve deployment %s: %v", name, err)
	}
	sets := &appsv1.ReplicaSetList{}
	if err := r.list(ctx, "replicasets", namespace, deployment.Spec.Selector, sets); err != nil {
		return nil, fmt.Errorf("failed to retrieve replica sets from deployment %s: %v", name, err)
	}
	h := &history{kind: "Deployment", resource: "deployments", name: name, namespace: namespace, paused: deployment.Spec.Paused}
	for i := range sets.Items {
		set := &sets.Items[i]
		if !metav1.IsControlledBy(set, deployment) {
			continue
		}
		number, err := revisionOf(set.Annotations)
		if err != nil {
			continue // Somebody wrote nonsense there: no version of ours.
		}
		h.revisions = append(h.revisions, revision{
			number:   number,
			cause:    set.Annotations[changeCause],
			template: withCause(&set.Spec.Template, set.Annotations[changeCause]),
			object:   set,
			current:  sameTemplate(&set.Spec.Template, &deployment.Spec.Template),
			restore:  func() (types.PatchType, []byte, error) { return restoreDeployment(deployment, set) },
		})
	}
	return h.sorted(), nil
}

// withCause is the template with the version's cause among its annotations.
func withCause(template *corev1.PodTemplateSpec, cause string) *corev1.PodTemplateSpec {
	if cause == "" {
		return template
	}
	caused := template.DeepCopy()
	metav1.SetMetaDataAnnotation(&caused.ObjectMeta, changeCause, cause)
	return caused
}

// sameTemplate compares templates but for the hash that is put on pods.
func sameTemplate(a, b *corev1.PodTemplateSpec) bool {
	return equality.Semantic.DeepEqual(withoutHash(a), withoutHash(b))
}

func withoutHash(template *corev1.PodTemplateSpec) *corev1.PodTemplateSpec {
	bare := template.DeepCopy()
	delete(bare.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
	return bare
}

// restoreDeployment gives the deployment the replica set's template, and its
// annotations but for those that are the deployment's own.
func restoreDeployment(deployment *appsv1.Deployment, set *appsv1.ReplicaSet) (types.PatchType, []byte, error) {
	own := []string{
		corev1.LastAppliedConfigAnnotation, revisionAnnotation, "deployment.kubernetes.io/revision-history",
		"deployment.kubernetes.io/desired-replicas", "deployment.kubernetes.io/max-replicas", appsv1.DeprecatedRollbackTo,
	}
	annotations := map[string]string{}
	for _, key := range own {
		if value, ok := deployment.Annotations[key]; ok {
			annotations[key] = value
		}
	}
	for key, value := range set.Annotations {
		if !slices.Contains(own, key) {
			annotations[key] = value
		}
	}
	patch, err := json.Marshal([]map[string]any{
		{"op": "replace", "path": "/spec/template", "value": withoutHash(&set.Spec.Template)},
		{"op": "replace", "path": "/metadata/annotations", "value": annotations},
	})
	return types.JSONPatchType, patch, err
}

func (r *reader) daemonSet(ctx context.Context, namespace, name string) (*history, error) {
	set := &appsv1.DaemonSet{}
	if err := r.get(ctx, "daemonsets", namespace, name, set); err != nil {
		return nil, fmt.Errorf("failed to retrieve DaemonSet %s: %v", name, err)
	}
	h := &history{kind: "DaemonSet", resource: "daemonsets", name: name, namespace: namespace}
	return h, addControllerRevisions(ctx, r, h, set, set.Spec.Selector, func(set *appsv1.DaemonSet) *corev1.PodTemplateSpec { return &set.Spec.Template })
}

func (r *reader) statefulSet(ctx context.Context, namespace, name string) (*history, error) {
	set := &appsv1.StatefulSet{}
	if err := r.get(ctx, "statefulsets", namespace, name, set); err != nil {
		return nil, fmt.Errorf("failed to retrieve StatefulSet %s: %w", name, err)
	}
	h := &history{kind: "StatefulSet", resource: "statefulsets", name: name, namespace: namespace}
	return h, addControllerRevisions(ctx, r, h, set, set.Spec.Selector, func(set *appsv1.StatefulSet) *corev1.PodTemplateSpec { return &set.Spec.Template })
}

// addControllerRevisions reads the versions that are kept as patches of the
// workload's template.
func addControllerRevisions[T any, P interface {
	*T
	runtime.Object
	metav1.Object
}](ctx context.Context, r *reader, h *history, workload P, selector *metav1.LabelSelector, template func(P) *corev1.PodTemplateSpec) error {
	list := &appsv1.ControllerRevisionList{}
	if err := r.list(ctx, "controllerrevisions", h.namespace, selector, list); err != nil {
		return fmt.Errorf("unable to find history controlled by %s %s: %v", h.kind, h.name, err)
	}
	live, err := json.Marshal(workload)
	if err != nil {
		return err
	}
	for i := range list.Items {
		kept := &list.Items[i]
		if !metav1.IsControlledBy(kept, workload) {
			continue
		}
		patched, err := strategicpatch.StrategicMergePatch(live, kept.Data.Raw, workload)
		if err != nil {
			return fmt.Errorf("unable to parse history %s", kept.Name)
		}
		version := P(new(T))
		if err := json.Unmarshal(patched, version); err != nil {
			return fmt.Errorf("unable to parse history %s", kept.Name)
		}
		h.revisions = append(h.revisions, revision{
			number:   kept.Revision,
			cause:    kept.Annotations[changeCause],
			template: template(version),
			object:   version,
			current:  equality.Semantic.DeepEqual(template(version), template(workload)),
			restore: func() (types.PatchType, []byte, error) {
				return types.StrategicMergePatchType, kept.Data.Raw, nil
			},
		})
	}
	h.sorted()
	return nil
}

func (h *history) sorted() *history {
	slices.SortFunc(h.revisions, func(a, b revision) int { return cmp.Compare(a.number, b.number) })
	return h
}

// find is the version of a number, nil if there is none.
func (h *history) find(number int64) *revision {
	for i := range h.revisions {
		if h.revisions[i].number == number {
			return &h.revisions[i]
		}
	}
	return nil
}

// previous is the version before the newest, nil if there is none.
func (h *history) previous() *revision {
	if len(h.revisions) < 2 {
		return nil
	}
	return &h.revisions[len(h.revisions)-2]
}
