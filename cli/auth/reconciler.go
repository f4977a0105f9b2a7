package auth

import (
	"context"
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/component-helpers/auth/rbac/validation"

	"github.com/kubejig/kubejig/cli/factory"
)

// maxAttempts is how often an object is looked at anew that others change
// meanwhile.
const maxAttempts = 3

// operation is what has to be done with an object.
type operation string

const (
	nothing  operation = ""
	create   operation = "create"
	update   operation = "update"
	recreate operation = "recreate" // What a binding binds to can not be changed.
)

// outcome is what was done, or would be.
type outcome struct {
	object    runtime.Object
	operation operation
	protected bool // The object does not want to be changed.

	missingRules, extraRules       []rbacv1.PolicyRule
	missingSubjects, extraSubjects []rbacv1.Subject
}

// reconciler brings one object into line with wanted.
type reconciler struct {
	client              *rest.RESTClient
	f                   *factory.Factory
	wanted              *document
	dryRun, removeExtra bool
}

func (r *reconciler) run(ctx context.Context) (*outcome, error) {
	for range maxAttempts {
		done, err := r.attempt(ctx)
		if err == nil || !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) && !apierrors.IsNotFound(err) {
			return done, err
		}
	}
	return nil, fmt.Errorf("exceeded maximum attempts")
}

func (r *reconciler) attempt(ctx context.Context) (*outcome, error) {
	existing := r.wanted.empty()
	err := r.at(r.client.Get()).Name(r.wanted.metadata.Name).Do(ctx).Into(existing.object)
	var result *outcome
	switch {
	case apierrors.IsNotFound(err):
		result = &outcome{object: r.wanted.object, operation: create}
		if r.wanted.roleRef == nil {
			result.missingRules = *r.wanted.rules
		} else {
			result.missingSubjects = *r.wanted.subjects
		}
	case err != nil:
		return nil, err
	case r.wanted.roleRef == nil:
		result = r.compareRoles(existing)
	default:
		result = r.compareBindings(existing)
	}
	if result.protected || r.dryRun {
		return result, nil
	}
	return result, r.carryOut(ctx, existing, result)
}

func (r *reconciler) at(request *rest.Request) *rest.Request {
	namespace := r.wanted.metadata.Namespace
	return request.NamespaceIfScoped(namespace, namespace != "").Resource(r.wanted.resource)
}

func (r *reconciler) carryOut(ctx context.Context, existing *document, result *outcome) error {
	switch result.operation {
	case update:
		request := r.at(r.client.Put()).Name(r.wanted.metadata.Name)
		return request.Body(result.object).Do(ctx).Into(result.object)
	case recreate:
		err := r.at(r.client.Delete()).Name(r.wanted.metadata.Name).
			Body(&metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &existing.metadata.UID}}).Do(ctx).Error()
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
		fallthrough
	case create:
		if err := r.ensureNamespace(ctx); err != nil {
			return err
		}
		return r.at(r.client.Post()).Body(result.object).Do(ctx).Into(result.object)
	}
	return nil
}

// ensureNamespace makes the namespace of the object if there is none; users
// who must not look or create get their answer from creating the object.
func (r *reconciler) ensureNamespace(ctx context.Context) error {
	if !r.wanted.namespaced {
		return nil
	}
	name := r.wanted.metadata.Namespace
	client, err := r.f.TypedClient(corev1.SchemeGroupVersion)
	if err != nil {
		return err
	}
	err = client.Get().Resource("namespaces").Name(name).Do(ctx).Error()
	if err == nil || !apierrors.IsNotFound(err) && !apierrors.IsForbidden(err) {
		return err
	}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	err = client.Post().Resource("namespaces").Body(namespace).Do(ctx).Error()
	if apierrors.IsAlreadyExists(err) || apierrors.IsForbidden(err) {
		return nil
	}
	return err
}

// begin is the outcome so far of bringing the existing object's metadata into
// line.
func (r *reconciler) begin(existing *document) (*outcome, *document) {
	changed := existing.copy()
	result := &outcome{
		object:    changed.object,
		protected: existing.metadata.Annotations[rbacv1.AutoUpdateAnnotationKey] == "false",
	}
	for _, pair := range []struct{ changed, wanted *map[string]string }{
		{&changed.metadata.Annotations, &r.wanted.metadata.Annotations},
		{&changed.metadata.Labels, &r.wanted.metadata.Labels},
	} {
		// What is there wins.
		merged := maps.Clone(*pair.wanted)
		if merged == nil {
			merged = map[string]string{}
		}
		maps.Copy(merged, *pair.changed)
		if !maps.Equal(merged, *pair.changed) {
			*pair.changed = merged
			result.operation = update
		}
	}
	return result, changed
}

func (r *reconciler) compareRoles(existing *document) *outcome {
	result, changed := r.begin(existing)
	have, haveAggregates := existing.selectors()
	want, wantAggregates := r.wanted.selectors()
	if !haveAggregates || !wantAggregates {
		_, result.extraRules = validation.Covers(*r.wanted.rules, *existing.rules)
	}
	_, result.missingRules = validation.Covers(*existing.rules, *r.wanted.rules)
	switch {
	case !r.removeExtra && len(result.missingRules) > 0:
		*changed.rules = append(*changed.rules, result.missingRules...)
		result.operation = update
	case r.removeExtra && len(result.missingRules)+len(result.extraRules) > 0:
		*changed.rules = *r.wanted.rules
		result.operation = update
	}
	missing, extra := without(want, have), without(have, want)
	switch {
	case haveAggregates && !wantAggregates:
		*changed.aggregation = nil
		result.operation = update
	case !r.removeExtra && len(missing) > 0:
		*changed.aggregation = &rbacv1.AggregationRule{ClusterRoleSelectors: append(slices.Clone(have), missing...)}
		result.operation = update
	case r.removeExtra && len(missing)+len(extra) > 0:
		*changed.aggregation = *r.wanted.aggregation
		result.operation = update
	}
	return result
}

func (r *reconciler) compareBindings(existing *document) *outcome {
	result, changed := r.begin(existing)
	if *existing.roleRef != *r.wanted.roleRef {
		return &outcome{object: r.wanted.object, operation: recreate, protected: result.protected}
	}
	result.missingSubjects = without(*r.wanted.subjects, *existing.subjects)
	result.extraSubjects = without(*existing.subjects, *r.wanted.subjects)
	switch {
	case !r.removeExtra && len(result.missingSubjects) > 0:
		*changed.subjects = append(*changed.subjects, result.missingSubjects...)
		result.operation = update
	case r.removeExtra && len(result.missingSubjects)+len(result.extraSubjects) > 0:
		*changed.subjects = *r.wanted.subjects
		result.operation = update
	}
	return result
}

// without are the items of list that others does not have, each once.
func without[T any](list, others []T) []T {
	var left []T
	for _, item := range list {
		same := func(other T) bool { return equality.Semantic.DeepEqual(item, other) }
		if !slices.ContainsFunc(others, same) && !slices.ContainsFunc(left, same) {
			left = append(left, item)
		}
	}
	return left
}
