package registry

import (
	"cmp"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/ownership"
	"github.com/kubejig/kubejig/internal/store"
)

// generateAttempts is how often a name is generated before a clash is an error.
const generateAttempts = 8

// Create stores a new object, which belongs to the registry from here on.
func (r *Registry) Create(q Request, obj store.Object) (Result, error) {
	if q.Kind.Custom.Terminating() {
		return Result{}, errTerminating(q)
	}
	if err := q.complete(obj); err != nil {
		return Result{}, err
	}
	wipe(obj)
	q.setDefaults(obj)
	owners := r.createdBy(q, obj)
	attrs := q.attributes(admission.Create, obj, nil)
	attrs.Name = cmp.Or(obj.GetName(), obj.GetGenerateName())
	if err := r.admit(q, attrs); err != nil {
		return Result{}, err
	}
	generated := obj.GetName() == "" && obj.GetGenerateName() != ""
	switch {
	case generated:
		obj.SetName(r.unusedName(q, obj.GetGenerateName()))
	case obj.GetName() == "" && q.Kind.NamesItself:
		obj.SetName(string(r.newUID()))
	}
	q.Name = obj.GetName()
	attrs.Name = q.Name
	versioned := hasVersion(obj)
	if err := r.checkNew(q, obj, attrs); err != nil {
		return Result{}, err
	}
	if versioned && !q.DryRun {
		return Result{}, errVersioned
	}
	if r.Store.Get(q.resource(), q.Namespace, q.Name) != nil {
		return Result{}, alreadyExists(q, generated)
	}
	return r.create(q, obj, owners, attrs)
}

// errVersioned answers for a new object that has been stored before, as one that
// was exported: Kubernetes says so only when it comes to storing it.
var errVersioned = errors.New("resourceVersion should not be set on objects to be created")

func hasVersion(obj store.Object) bool {
	version, err := store.ParseRevision(obj.GetResourceVersion())
	return err == nil && version != store.AnyRevision
}

// unusedName generates names until one is free, or it has tried often enough.
func (r *Registry) unusedName(q Request, base string) string {
	name := r.generateName(base)
	for attempt := 1; attempt < generateAttempts && r.Store.Get(q.resource(), q.Namespace, name) != nil; attempt++ {
		name = r.generateName(base)
	}
	return name
}

// checkNew prepares an object that has its name, and refuses what is invalid
// or not admitted.
func (r *Registry) checkNew(q Request, obj store.Object, attrs *admission.Attributes) error {
	r.prepareForCreate(q, obj)
	if errs := validateCreate(q, obj); len(errs) > 0 {
		return invalid(q.Kind.GroupKind(), obj.GetName(), errs)
	}
	if q.Warn != nil && q.Kind.Warnings != nil {
		q.warn(q.Kind.Warnings(obj, nil))
	}
	return r.validate(q, attrs)
}

// create stores a new object that has been checked.
func (r *Registry) create(q Request, obj store.Object, owners *ownership.Record, attrs *admission.Attributes) (Result, error) {
	obj.SetManagedFields(nil)
	undo, err := r.hookCreate(q, obj)
	if err != nil {
		return Result{}, err
	}
	result := Result{Created: true}
	if q.DryRun {
		undo()
		result.Item = store.Unstored(q.storedAs(obj), owners)
		return result, nil
	}
	if result.Item, err = r.Store.Create(q.resource(), q.storedAs(obj), owners); err != nil {
		undo()
		return Result{}, apierrors.NewInternalError(err)
	}
	r.Admission.Commit(attrs)
	return result, nil
}

// complete gives the object the namespace of its request.
func (q *Request) complete(obj store.Object) error {
	if !q.Kind.Namespaced {
		q.Namespace = ""
		obj.SetNamespace("")
		return nil
	}
	switch obj.GetNamespace() {
	case "":
		obj.SetNamespace(q.Namespace)
	case q.Namespace:
	default:
		return apierrors.NewBadRequest("the namespace of the provided object does not match the namespace sent on the request")
	}
	return nil
}

// wipe takes from a new object the metadata that only the system may set. Dry
// runs show that it leaves resourceVersion and generation alone.
func wipe(obj store.Object) {
	obj.SetUID("")
	obj.SetCreationTimestamp(metav1.Time{})
	obj.SetDeletionTimestamp(nil)
	obj.SetDeletionGracePeriodSeconds(nil)
	obj.SetSelfLink("")
}

// prepareForCreate gives a new object its identity and lets its kind prepare it.
func (r *Registry) prepareForCreate(q Request, obj store.Object) {
	r.identify(obj)
	if q.Kind.PrepareForCreate != nil {
		q.warn(q.Kind.PrepareForCreate(obj))
	}
	if q.Kind.Attribute != nil {
		q.Kind.Attribute(obj, nil, r.author(q))
	}
}

// identify makes an object one of its own.
func (r *Registry) identify(obj store.Object) {
	obj.SetUID(r.newUID())
	obj.SetCreationTimestamp(r.now())
}

// errTerminating answers for a kind whose definition is being deleted.
func errTerminating(q Request) error {
	err := apierrors.NewMethodNotSupported(q.resource(), "create")
	err.ErrStatus.Message = "create not allowed while custom resource definition is terminating"
	return err
}

func alreadyExists(q Request, generated bool) error {
	if generated {
		return apierrors.NewGenerateNameConflict(q.asked(), q.Name, 1)
	}
	return apierrors.NewAlreadyExists(q.asked(), q.Name)
}

func (r *Registry) hookCreate(q Request, obj store.Object) (undo func(), err error) {
	if h := r.hooks[q.resource()]; h != nil {
		return h.Create(obj, q.DryRun)
	}
	return func() {}, nil
}
