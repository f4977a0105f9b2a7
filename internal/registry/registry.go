// Package registry carries out the API's verbs on the store: what happens
// between a decoded object and a stored one. Defaulting, admission, the
// strategy of the kind, validation, preconditions, finalizers, graceful
// deletion and field ownership are written once here, for every kind.
//
// It knows neither HTTP nor encodings (that is the API server) and decides
// nothing for a particular kind (that is package resources). Errors are API
// statuses.
package registry

import (
	"fmt"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validation/path"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubejig/kubejig/internal/admission"
	"github.com/kubejig/kubejig/internal/events/correlation"
	"github.com/kubejig/kubejig/internal/loop"
	"github.com/kubejig/kubejig/internal/ownership"
	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// Registry is the kinds of a cluster and the objects behind them.
type Registry struct {
	Loop  *loop.Loop
	Store *store.Store
	// Admission is asked about every write.
	Admission admission.Chain
	// Told is what the engine's components have told in events.
	Told *correlation.Memory

	kinds *resources.Set
	hooks map[schema.GroupResource]Hook
}

// Hook takes part in the writes of one resource, after everything has been
// checked and before anything is stored: allocating addresses, for instance.
type Hook interface {
	// Create and Update may change obj; undo takes back what they took, for a
	// write that does not happen after all.
	Create(obj store.Object, dryRun bool) (undo func(), err error)
	Update(obj, old store.Object, dryRun bool) (undo func(), err error)
	// Deleted gives back what a deleted object held.
	Deleted(obj store.Object)
}

// New returns a registry of kinds over a store.
func New(l *loop.Loop, s *store.Store, kinds *resources.Set) *Registry {
	r := &Registry{Loop: l, Store: s, Told: &correlation.Memory{}, hooks: map[schema.GroupResource]Hook{}}
	r.SetKinds(kinds)
	return r
}

// Kinds returns the kinds that are served now.
func (r *Registry) Kinds() *resources.Set { return r.kinds }

// SetKinds changes the kinds that are served.
func (r *Registry) SetKinds(kinds *resources.Set) {
	r.kinds = kinds
	for _, k := range kinds.All() {
		r.Store.AddResource(k.GroupResource())
	}
}

// AddHook lets a hook take part in the writes of a resource.
func (r *Registry) AddHook(gr schema.GroupResource, h Hook) { r.hooks[gr] = h }

// Request says what a verb is for, and on whose behalf.
type Request struct {
	Kind        *resources.Kind
	Subresource string
	Namespace   string
	Name        string
	User        authenticationv1.UserInfo
	// Manager is the field manager; Operation "Apply" for server-side apply,
	// "" for everything else.
	Manager   string
	Operation string
	// APIVersion in which the request spoke; "" for the storage version.
	APIVersion string
	DryRun     bool
	// Options are what the client has asked for, as admission sees it. Those of
	// updates and patches have the same fields.
	Options metav1.CreateOptions
	// Collection is set if the object is one of those that a deletion is for.
	Collection bool
	// UID that the object to update must have; "" for any.
	UID types.UID
	// Warn is told what there is to warn of, also when the request fails. It is
	// nil for the engine's components, which read no warnings.
	Warn func(messages ...string)

	// owners is the record of the next version where it is known already.
	owners *ownership.Record
	// written is the object as the client of an update has written it, nil where
	// it counts as it is stored.
	written store.Object
	// unowned writes are the system's: nobody owns what they change.
	unowned bool
}

func (q *Request) resource() schema.GroupResource { return q.Kind.GroupResource() }

// asked is the resource as the request names it: a kind may be served by several
// groups.
func (q *Request) asked() schema.GroupResource {
	if gv, err := schema.ParseGroupVersion(q.APIVersion); err == nil && q.APIVersion != "" {
		return schema.GroupResource{Group: gv.Group, Resource: q.Kind.Resource}
	}
	return q.resource()
}

// notFound answers for an object that is not there.
func (q *Request) notFound() error {
	if err := q.checkName(); err != nil {
		return err
	}
	return apierrors.NewNotFound(q.asked(), q.Name)
}

// checkName refuses a name that no path leads to, and so no object has.
func (q *Request) checkName() error {
	if reasons := path.IsValidPathSegmentName(q.Name); len(reasons) > 0 {
		return apierrors.NewBadRequest(fmt.Sprintf("Name parameter invalid: %q: %s", q.Name, strings.Join(reasons, ";")))
	}
	return nil
}

// attributes is the request as admission sees it.
func (q *Request) attributes(op admission.Operation, obj, old store.Object) *admission.Attributes {
	a := &admission.Attributes{
		Operation:   op,
		Kind:        q.Kind,
		Subresource: q.Subresource,
		APIVersion:  q.APIVersion,
		Namespace:   q.Namespace,
		Name:        q.Name,
		Object:      obj,
		Old:         old,
		User:        q.User,
		DryRun:      q.DryRun,
	}
	if q.Collection {
		a.Name = ""
	}
	switch o := q.Options; op {
	case admission.Create:
		o.TypeMeta = optionsType("CreateOptions")
		a.Options = &o
	case admission.Update:
		a.Options = &metav1.UpdateOptions{
			TypeMeta: optionsType("UpdateOptions"), DryRun: o.DryRun, FieldManager: o.FieldManager, FieldValidation: o.FieldValidation,
		}
	}
	return a
}

// optionsType is what options of a kind say that they are.
func optionsType(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: metav1.SchemeGroupVersion.String(), Kind: kind}
}

func (q *Request) warn(messages []string) {
	if q.Warn != nil {
		q.Warn(messages...)
	}
}

// admit lets admission change the object of a request.
func (r *Registry) admit(q Request, attrs *admission.Attributes) error {
	err := r.Admission.Admit(attrs)
	q.warn(attrs.Warnings)
	return err
}

// validate lets admission check a request.
func (r *Registry) validate(q Request, attrs *admission.Attributes) error {
	attrs.Warnings = nil
	err := r.Admission.Validate(attrs)
	q.warn(attrs.Warnings)
	return err
}

// ask lets admission check a request that changes no object of its own.
func (r *Registry) ask(q Request, attrs *admission.Attributes) error {
	if err := r.admit(q, attrs); err != nil {
		return err
	}
	return r.validate(q, attrs)
}

// author is who makes a request, as objects note it.
func (r *Registry) author(q Request) resources.Author {
	return resources.Author{User: q.User, Now: r.now()}
}

// Result is what a write answers with.
type Result struct {
	Item    *store.Item
	Created bool
}

// Get returns the object of a request.
func (r *Registry) Get(q Request) (*store.Item, error) {
	item := r.Store.Get(q.resource(), q.Namespace, q.Name)
	if item == nil {
		return nil, q.notFound()
	}
	return item, nil
}
