// Package resources knows the kinds of the API, one kind a file: scope, names,
// defaults, validation, strategies, selectable fields, table columns and
// subresources, as data where data will do. Everything else (handlers,
// discovery, OpenAPI, controllers' plumbing) is generic over Kind. Custom
// resources become Kinds at run time.
//
// The functions of a kind are pure: they see objects, not the cluster. What
// needs the cluster (quota, IP allocation, references to other objects) is
// admission. Nothing here does I/O or reads a clock.
package resources

import (
	"slices"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/store"
)

// Kind is all that is particular to one kind of object. The objects that its
// functions get are of the storage version, unless said otherwise.
type Kind struct {
	Name       string // "Deployment"
	Resource   string // "deployments"
	Singular   string // "deployment"
	ShortNames []string
	Categories []string
	Namespaced bool
	// Versions that are served, the preferred one first. The first is also
	// the storage version.
	Versions []Version
	// Verbs the resource supports, in discovery's order.
	Verbs []string

	Strategy
	Table
	// Subresources by name, "status" among them.
	Subresources map[string]*Subresource
	// Fields returns the selectable fields of an object beside metadata.name
	// and metadata.namespace.
	Fields func(store.Object) fields.Set
	// UnknownField are the words, with a verb for its name, in which a field is
	// refused that objects can't be selected by; "" for the usual ones.
	UnknownField string
	// Custom is set for kinds that a CustomResourceDefinition declares.
	Custom *Custom

	memo sync.Map
}

// Memo returns what compute makes for a key, which it is asked for once or, by
// concurrent callers, a few times. It lets others keep what they derive from a
// kind with the kind.
func (k *Kind) Memo(key any, compute func() any) any {
	if value, ok := k.memo.Load(key); ok {
		return value
	}
	value, _ := k.memo.LoadOrStore(key, compute())
	return value
}

// Version is one served version of a kind. A kind may be served by several
// groups, as events are.
type Version struct {
	schema.GroupVersion
	// New returns an empty object and NewList an empty list of this version.
	New     func() store.Object
	NewList func() runtime.Object
	// Default fills in the defaults of an object of this version.
	Default func(store.Object)
	// Validate checks what only requests in this version must fulfil, beside
	// the kind's own rules. Objects are of the storage version; old is nil when
	// obj is new.
	Validate func(obj, old store.Object) field.ErrorList
	// ToStorage and FromStorage convert; nil for the storage version.
	ToStorage   func(store.Object) (store.Object, error)
	FromStorage func(store.Object) (store.Object, error)
	// Prune removes from an object what its schema does not know, and returns
	// the paths of it ("spec.foo"); nil where decoding does that. It fails if
	// the metadata is malformed.
	Prune func(store.Object) (unknown []string, err error)
	// Table is how objects of this version are shown, if not as the kind's. Its
	// rows are for objects of this version.
	Table *Table
	// Selects reports whether objects can be selected by a field of the kind under
	// this name in this version; nil: by all.
	Selects func(field string) bool
	// Unserved is set for a storage version that clients may not use.
	Unserved bool
	// Deprecated is the warning sent with every answer, "" for none.
	Deprecated string
}

// Strategy is what happens to an object when it is written.
type Strategy struct {
	// PrepareForCreate clears and fills what users may not set. It returns what
	// there is to warn of that can't be seen any more afterwards.
	PrepareForCreate func(obj store.Object) (warnings []string)
	// PrepareForUpdate does so for a changed object; old must not be changed.
	PrepareForUpdate func(obj, old store.Object)
	// Resets are the paths of fields, besides the status where that has a path
	// of its own, that nobody comes to own by having written them.
	Resets [][]string
	// Attribute notes in a written object who wrote it and when, for kinds that
	// show it; old is nil when obj is new.
	Attribute func(obj, old store.Object, by Author)
	// Validate checks a new object, ValidateUpdate a changed one. Metadata has
	// been checked before.
	Validate       func(obj store.Object) field.ErrorList
	ValidateUpdate func(obj, old store.Object) field.ErrorList
	// ValidateName checks the name ("" of messages is valid); prefix is true
	// for a generateName. Default: a DNS subdomain.
	ValidateName func(name string, prefix bool) []string
	// NamesItself gives new objects without a name one.
	NamesItself bool
	// ForeignFinalizers lets finalizers have no domain; see ValidateFinalizers.
	ForeignFinalizers bool
	// RevalidatesName makes updates check generateName as well.
	RevalidatesName bool
	// Warnings for a written object; old is nil when it is new.
	Warnings func(obj, old store.Object) []string
	// CreateOnUpdate lets a PUT make an object that is not there.
	CreateOnUpdate bool
	// RefuseUnconditionalUpdate asks for a resourceVersion in every PUT.
	RefuseUnconditionalUpdate bool
	// GracePeriod returns the seconds an object lingers after a delete, nil
	// for kinds that go at once. options may be changed.
	GracePeriod func(obj store.Object, options *metav1.DeleteOptions) *int64
	// Terminate is told that obj is being deleted and may note that in its
	// status. It reports whether the object must stay for a reason other than
	// metadata.finalizers.
	Terminate func(obj store.Object, now metav1.Time) bool
	// RefuseDelete says why an object of a name may not be deleted, "" if it
	// may.
	RefuseDelete func(name string) string
	// ReturnDeleted makes the answer to a deletion the object, not a Status.
	ReturnDeleted bool
	// OrphanByDefault is the garbage collection of old replication controllers.
	OrphanByDefault bool
	// OrphanWarning is what who deletes is warned of that leaves it to the kind
	// what becomes of dependents; "" for nothing.
	OrphanWarning string
}

// Author is who writes an object, and when (in whole seconds).
type Author struct {
	User authenticationv1.UserInfo
	Now  metav1.Time
}

// Table is how a list of a kind is shown.
type Table struct {
	Columns []metav1.TableColumnDefinition
	// Row returns one cell per column, the name's included.
	Row func(obj store.Object, now time.Time) []any
}

// Subresource is a part of an object with a path of its own.
type Subresource struct {
	Name string
	// GVK of what the path takes and gives, empty for the object itself.
	GVK schema.GroupVersionKind
	// Verbs in discovery's order.
	Verbs []string
	// Strategy of get, update and patch where the path stands for the object
	// itself; nil where the API server has a handler of its own.
	Update *UpdateStrategy
	// Tabled is set if the object is shown here as a table, too, as everywhere but
	// at the paths of some parts.
	Tabled bool
	// Scale maps the object to a Scale, for the scale subresource.
	Scale *Scale
}

// UpdateStrategy is what happens to an object that is written through a
// subresource.
type UpdateStrategy struct {
	// Prepare restores from old all that this path may not change.
	Prepare func(obj, old store.Object)
	// Resets are the paths of what Prepare restores as far as managed fields
	// go: nobody comes to own it by having written it here.
	Resets [][]string
	// RevalidatesName makes this path check generateName as well.
	RevalidatesName bool
	// ForeignFinalizers lets finalizers that are written here have no domain.
	ForeignFinalizers bool

	Validate func(obj, old store.Object) field.ErrorList
	Warnings func(obj, old store.Object) []string
}

// Scale reads and sets the number of replicas.
type Scale struct {
	Get func(obj store.Object) (*autoscalingv1.Scale, error)
	Set func(obj store.Object, replicas int32) error
	// Path of the replicas within the object, for managed fields.
	ReplicasPath []string
}

// GroupResource is the resource as it is stored.
func (k *Kind) GroupResource() schema.GroupResource {
	return schema.GroupResource{Group: k.Versions[0].Group, Resource: k.Resource}
}

// GVK is the storage version's kind.
func (k *Kind) GVK() schema.GroupVersionKind { return k.Versions[0].WithKind(k.Name) }

// GroupKind is the storage version's group and the kind.
func (k *Kind) GroupKind() schema.GroupKind { return k.GVK().GroupKind() }

// Storage is the version in which objects are stored.
func (k *Kind) Storage() *Version { return &k.Versions[0] }

// Version returns a served version, or nil.
func (k *Kind) Version(gv schema.GroupVersion) *Version {
	for i := range k.Versions {
		if k.Versions[i].GroupVersion == gv && !k.Versions[i].Unserved {
			return &k.Versions[i]
		}
	}
	return nil
}

// Can reports whether the resource supports a verb.
func (k *Kind) Can(verb string) bool { return slices.Contains(k.Verbs, verb) }

// FieldSet returns all selectable fields of an object.
func (k *Kind) FieldSet(obj store.Object) fields.Set {
	set := fields.Set{}
	if k.Fields != nil {
		set = k.Fields(obj)
	}
	set["metadata.name"] = obj.GetName()
	if k.Namespaced {
		set["metadata.namespace"] = obj.GetNamespace()
	}
	return set
}

// AllVerbs are the verbs of an ordinary resource, in discovery's order.
var AllVerbs = []string{"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}
