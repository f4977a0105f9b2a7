package registry

import (
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/equality"
	"github.com/kubejig/kubejig/internal/ownership"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// optimisticLockMessage is what Kubernetes answers to a stale update.
const optimisticLockMessage = "the object has been modified; please apply your changes to the latest version and try again"

// Change makes the next version of an object from the current one, which it
// must not modify. The current one is nil where an update may create.
type Change func(current store.Object) (store.Object, error)

// Update changes an object, or part of it when the request names a
// subresource. What change returns belongs to the registry from there on; its
// resourceVersion, if it has one, must be the current one.
func (r *Registry) Update(q Request, change Change) (Result, error) {
	old := r.Store.Get(q.resource(), q.Namespace, q.Name)
	if old == nil {
		return r.createOnUpdate(q, change)
	}
	if uid := old.Object.GetUID(); q.UID != "" && q.UID != uid {
		return Result{}, q.otherUID(uid)
	}
	obj, err := change(old.Object)
	if err != nil {
		return Result{}, err
	}
	if err := r.checkVersion(q, obj, old); err != nil {
		return Result{}, err
	}
	obj.SetResourceVersion(old.Object.GetResourceVersion()) // an unconditional update has none
	return r.update(q, obj, old)
}

func (r *Registry) createOnUpdate(q Request, change Change) (Result, error) {
	if !q.Kind.CreateOnUpdate || q.Subresource != "" {
		return Result{}, q.notFound()
	}
	if err := q.checkName(); err != nil {
		return Result{}, err
	}
	if q.UID != "" {
		return Result{}, q.otherUID("")
	}
	obj, err := change(nil)
	if err != nil {
		return Result{}, err
	}
	obj.SetResourceVersion("")
	return r.Create(q, obj)
}

// checkVersion refuses what was made from another version than the current.
func (r *Registry) checkVersion(q Request, obj store.Object, old *store.Item) error {
	if err := q.Meant(obj); err != nil {
		return err
	}
	version, err := store.ParseRevision(obj.GetResourceVersion())
	if err != nil {
		return err
	}
	if version == store.AnyRevision {
		return refuseUnconditional(q)
	}
	if version != old.Revision {
		return apierrors.NewConflict(q.asked(), q.Name, fmt.Errorf(optimisticLockMessage))
	}
	return nil
}

// Meant refuses an object that is another than the one that the request is for,
// and gives it the request's namespace.
func (q *Request) Meant(obj store.Object) error {
	if err := q.complete(obj); err != nil {
		return err
	}
	return q.MeantName(obj.GetName())
}

// MeantName refuses the name of an object that is not the request's.
func (q *Request) MeantName(name string) error {
	switch name {
	case q.Name:
		return nil
	case "":
		return apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s based on URL) was undeterminable: name must be provided", q.Name))
	}
	return apierrors.NewBadRequest(fmt.Sprintf("the name of the object (%s) does not match the name on the URL (%s)", name, q.Name))
}

func refuseUnconditional(q Request) error {
	if !q.Kind.RefuseUnconditionalUpdate {
		return nil
	}
	err := field.Invalid(field.NewPath("metadata").Child("resourceVersion"), 0, "must be specified for an update")
	// Kubernetes names the resource here, not the kind.
	return invalid(schema.GroupKind{Group: q.resource().Group, Kind: q.resource().Resource}, q.Name, field.ErrorList{err})
}

func (r *Registry) update(q Request, obj store.Object, old *store.Item) (Result, error) {
	q.setDefaults(obj)
	base := q.baseOwners(obj, ownersOf(old))
	if q.owners == nil && q.APIVersion != "" { // who writes in a version owns what was written
		q.written = obj.DeepCopyObject().(store.Object)
	}
	attrs := q.attributes(admission.Update, obj, old.Object)
	if err := r.admit(q, attrs); err != nil {
		return Result{}, err
	}
	r.prepareForUpdate(q, obj, old.Object)
	if errs := validateUpdate(q, obj, old.Object); len(errs) > 0 {
		return Result{}, invalid(q.Kind.GroupKind(), q.Name, errs)
	}
	if warnings := q.warnings(); q.Warn != nil && warnings != nil {
		q.warn(warnings(obj, old.Object))
	}
	if err := r.validate(q, attrs); err != nil {
		return Result{}, err
	}
	if err := r.still(q, old); err != nil {
		return Result{}, err
	}
	item, err := r.replace(q, obj, old, base)
	if err == nil && !q.DryRun {
		r.Admission.Commit(attrs)
	}
	return Result{Item: item}, err
}

// still refuses a write to an object that another request has changed while
// admission was asked: webhooks take their time.
func (r *Registry) still(q Request, old *store.Item) error {
	now := r.Store.Get(q.resource(), q.Namespace, q.Name)
	switch {
	case now == nil:
		return q.notFound()
	case now.Revision != old.Revision:
		return apierrors.NewConflict(q.asked(), q.Name, fmt.Errorf(optimisticLockMessage))
	}
	return nil
}

// replace stores the next version of an object, whose owners base adds to those
// of the write, unless it is as it was.
func (r *Registry) replace(q Request, obj store.Object, old *store.Item, base *ownership.Record) (*store.Item, error) {
	obj.SetResourceVersion(old.Object.GetResourceVersion())
	obj.SetManagedFields(nil)
	if !q.DryRun {
		obj.SetSelfLink("") // it is never stored
	}
	if equality.Semantic(obj, old.Object) && r.keepsOwners(q, obj, old, base) {
		return old, nil
	}
	return r.swap(q, obj, old, base)
}

// swap stores the next version of an object, whose record of owners was base,
// or deletes it when all that kept it were its finalizers.
func (r *Registry) swap(q Request, obj store.Object, old *store.Item, base *ownership.Record) (*store.Item, error) {
	undo, err := r.hookUpdate(q, obj, old.Object)
	if err != nil {
		return nil, err
	}
	owners := r.updatedBy(q, obj, old, base)
	obj = q.storedAs(obj)
	if q.DryRun {
		undo()
		return store.Unstored(obj, owners), nil
	}
	item, err := r.Store.Update(q.resource(), obj, old.Revision, owners)
	if err != nil {
		undo()
		return nil, apierrors.NewInternalError(err)
	}
	if r.finished(q.Kind, obj) {
		return r.remove(q, item)
	}
	return item, nil
}

// finished reports whether a deleted object has nothing left to wait for.
func (r *Registry) finished(k *resources.Kind, obj store.Object) bool {
	if obj.GetDeletionTimestamp() == nil || len(obj.GetFinalizers()) > 0 {
		return false
	}
	if grace := obj.GetDeletionGracePeriodSeconds(); grace != nil && *grace > 0 {
		return false
	}
	return k.Terminate == nil || !k.Terminate(obj, r.now())
}

// prepareForUpdate lets the strategy prepare the object, and restores the
// metadata that only the system may change: a strategy may have dropped it.
func (r *Registry) prepareForUpdate(q Request, obj, old store.Object) {
	obj.SetGeneration(old.GetGeneration())
	if part := q.part(); part != nil {
		part.Prepare(obj, old)
	} else if q.Kind.PrepareForUpdate != nil {
		q.Kind.PrepareForUpdate(obj, old)
	}
	if q.Kind.Attribute != nil {
		q.Kind.Attribute(obj, old, r.author(q))
	}
	if obj.GetUID() == "" {
		obj.SetUID(old.GetUID())
	}
	if created := old.GetCreationTimestamp(); !created.IsZero() {
		obj.SetCreationTimestamp(created)
	}
	if deleted := old.GetDeletionTimestamp(); deleted != nil {
		obj.SetDeletionTimestamp(deleted)
	}
	if obj.GetDeletionGracePeriodSeconds() == nil {
		obj.SetDeletionGracePeriodSeconds(old.GetDeletionGracePeriodSeconds())
	}
}

// part is the strategy of the request's subresource, nil for the object itself.
func (q *Request) part() *resources.UpdateStrategy {
	if q.Subresource == "" {
		return nil
	}
	if sub := q.Kind.Subresources[q.Subresource]; sub != nil {
		return sub.Update
	}
	return nil
}

// warnings are those of the path that the request updates.
func (q *Request) warnings() func(obj, old store.Object) []string {
	if q.Subresource == "" {
		return q.Kind.Warnings
	}
	if part := q.part(); part != nil {
		return part.Warnings
	}
	return nil
}

func (r *Registry) hookUpdate(q Request, obj, old store.Object) (undo func(), err error) {
	if h := r.hooks[q.resource()]; h != nil {
		return h.Update(obj, old, q.DryRun)
	}
	return func() {}, nil
}

// now is the current instant as metadata shows it: whole seconds.
func (r *Registry) now() metav1.Time { return metav1.NewTime(r.Loop.Now().Truncate(time.Second)) }

// checkPreconditions refuses a deletion that was meant for another object or
// another version of it. It names the kind, where all others name the resource.
func checkPreconditions(q Request, old *store.Item, uid *types.UID, version *string) error {
	kind := schema.GroupResource{Group: q.Kind.GroupKind().Group, Resource: q.Kind.Name}
	if uid != nil && *uid != old.Object.GetUID() {
		return apierrors.NewConflict(kind, q.Name, fmt.Errorf("the UID in the precondition (%s) does not match the UID in record (%s). The object might have been deleted and then recreated", *uid, old.Object.GetUID()))
	}
	if version != nil && *version != old.Object.GetResourceVersion() {
		return apierrors.NewConflict(kind, q.Name, fmt.Errorf("the ResourceVersion in the precondition (%s) does not match the ResourceVersion in record (%s). The object might have been modified", *version, old.Object.GetResourceVersion()))
	}
	return nil
}
