package registry

import (
	"errors"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/store"
)

// Delete deletes an object: at once, or by marking it where it has finalizers
// or a grace period. gone tells which; the item is the object as it was last.
func (r *Registry) Delete(q Request, options metav1.DeleteOptions) (item *store.Item, gone bool, err error) {
	q.DryRun = q.DryRun || len(options.DryRun) > 0
	old, err := r.deletable(q, &options)
	if err != nil {
		return nil, false, err
	}
	attrs := q.attributes(admission.Delete, nil, old.Object)
	asked := options
	asked.TypeMeta = optionsType("DeleteOptions")
	attrs.Options = &asked
	if err := r.ask(q, attrs); err != nil {
		return nil, false, err
	}
	if r.still(q, old) != nil { // it is what it is now that is deleted
		if old, err = r.deletable(q, &options); err != nil {
			return nil, false, err
		}
	}
	return r.delete(q, old, &options)
}

// deletable is the object to delete, if it may be deleted as the options say.
func (r *Registry) deletable(q Request, options *metav1.DeleteOptions) (*store.Item, error) {
	if errs := metavalidation.ValidateDeleteOptions(options); len(errs) > 0 {
		return nil, apierrors.NewInvalid(schema.GroupKind{Group: metav1.GroupName, Kind: "DeleteOptions"}, "", errs)
	}
	if refuse := q.Kind.RefuseDelete; refuse != nil {
		if reason := refuse(q.Name); reason != "" {
			return nil, apierrors.NewForbidden(q.resource(), q.Name, errors.New(reason))
		}
	}
	old := r.Store.Get(q.resource(), q.Namespace, q.Name)
	if old == nil {
		return nil, q.notFound()
	}
	if p := options.Preconditions; p != nil {
		if err := checkPreconditions(q, old, p.UID, p.ResourceVersion); err != nil {
			return nil, err
		}
	}
	return old, nil
}

func (r *Registry) delete(q Request, old *store.Item, options *metav1.DeleteOptions) (*store.Item, bool, error) {
	obj := old.Object.DeepCopyObject().(store.Object)
	mode := r.mark(q, obj, options)
	if mode == pending {
		return old, false, nil
	}
	finalizers, changed := finalizersFor(q, obj, options)
	if changed {
		obj.SetFinalizers(finalizers)
	}
	waits := q.Kind.Terminate != nil && q.Kind.Terminate(obj, r.now())
	kept := waits || len(finalizers) > 0
	switch {
	case waits:
		r.markTerminating(obj)
	case kept:
		r.markDeleting(obj, mode)
	}
	if !kept && mode == immediate {
		return r.removeNow(q, old)
	}
	q.unowned = true
	item, err := r.replace(q, obj, old, ownersOf(old))
	return item, !kept && mode == atOnce, err
}

func (r *Registry) removeNow(q Request, old *store.Item) (*store.Item, bool, error) {
	if q.DryRun {
		return old, true, nil
	}
	item, err := r.remove(q, old)
	return item, true, err
}

// remove takes an object out of the store.
func (r *Registry) remove(q Request, old *store.Item) (*store.Item, error) {
	item, err := r.Store.Delete(q.resource(), q.Namespace, q.Name, old.Revision)
	if err != nil {
		return nil, apierrors.NewInternalError(err)
	}
	if h := r.hooks[q.resource()]; h != nil {
		h.Deleted(item.Object)
	}
	return item, nil
}

// deletion says how an object goes.
type deletion int

const (
	immediate deletion = iota
	atOnce             // it is marked with a grace period of none, and goes
	graceful           // it is marked, and stays for its grace period
	pending            // it is marked already; nothing changes
)

// mark applies the grace period of a kind that has one, as
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
// describes: a period may be shortened, never extended.
func (r *Registry) mark(q Request, obj store.Object, options *metav1.DeleteOptions) deletion {
	if q.Kind.GracePeriod == nil {
		return immediate
	}
	if obj.GetDeletionTimestamp() != nil {
		return shorten(obj, options)
	}
	grace := q.Kind.GracePeriod(obj, options)
	if grace == nil {
		return immediate
	}
	r.stamp(obj, *grace)
	if *grace == 0 {
		return atOnce
	}
	return graceful
}

// shorten lets a pending deletion happen earlier.
func shorten(obj store.Object, options *metav1.DeleteOptions) deletion {
	current := obj.GetDeletionGracePeriodSeconds()
	if current == nil {
		return immediate
	}
	asked := options.GracePeriodSeconds
	if asked == nil || *asked >= *current {
		if *current == 0 && len(obj.GetFinalizers()) == 0 {
			return immediate
		}
		return pending
	}
	difference := time.Duration(*current-*asked) * time.Second
	at := metav1.NewTime(obj.GetDeletionTimestamp().Add(-difference))
	obj.SetDeletionTimestamp(&at)
	obj.SetDeletionGracePeriodSeconds(asked)
	if *asked == 0 {
		return atOnce
	}
	return graceful
}

// stamp marks an object as deleted after a grace period.
func (r *Registry) stamp(obj store.Object, grace int64) {
	at := metav1.NewTime(r.now().Add(time.Duration(grace) * time.Second))
	obj.SetDeletionTimestamp(&at)
	obj.SetDeletionGracePeriodSeconds(&grace)
	if g := obj.GetGeneration(); g > 0 {
		obj.SetGeneration(g + 1)
	}
}

// markDeleting marks an object that only its finalizers keep.
func (r *Registry) markDeleting(obj store.Object, mode deletion) {
	if mode == graceful {
		return
	}
	var zero int64
	if obj.GetDeletionTimestamp() == nil {
		r.stamp(obj, 0)
		return
	}
	obj.SetDeletionGracePeriodSeconds(&zero)
}

// markTerminating marks an object that its own finalizers keep: there is no
// talk of a grace period.
func (r *Registry) markTerminating(obj store.Object) {
	if obj.GetDeletionTimestamp() == nil {
		at := r.now()
		obj.SetDeletionTimestamp(&at)
	}
}

// finalizersFor are the finalizers that a propagation policy leaves an object
// with; see
// https://kubernetes.io/docs/concepts/architecture/garbage-collection/#cascading-deletion
func finalizersFor(q Request, obj store.Object, options *metav1.DeleteOptions) (finalizers []string, changed bool) {
	orphan, foreground := propagation(q, obj, options)
	finalizers, changed = with(obj.GetFinalizers(), metav1.FinalizerOrphanDependents, orphan)
	finalizers, more := with(finalizers, metav1.FinalizerDeleteDependents, foreground)
	return finalizers, changed || more
}

// propagation says which of the garbage collector's finalizers an object gets:
// by the request, else by what it has already, else by its kind.
func propagation(q Request, obj store.Object, options *metav1.DeleteOptions) (orphan, foreground bool) {
	switch {
	case options.OrphanDependents != nil: //nolint:staticcheck // old clients send it
		return *options.OrphanDependents, false
	case options.PropagationPolicy != nil:
		return *options.PropagationPolicy == metav1.DeletePropagationOrphan,
			*options.PropagationPolicy == metav1.DeletePropagationForeground
	}
	has := func(f string) bool { return slices.Contains(obj.GetFinalizers(), f) }
	return has(metav1.FinalizerOrphanDependents) || q.Kind.OrphanByDefault, has(metav1.FinalizerDeleteDependents)
}

// with returns a list with or without an element, and whether that changed it.
func with(list []string, element string, wanted bool) ([]string, bool) {
	has := slices.Contains(list, element)
	switch {
	case wanted && !has:
		return append(slices.Clone(list), element), true
	case !wanted && has:
		return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == element }), true
	}
	return list, false
}
