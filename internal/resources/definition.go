package resources

import (
	"reflect"
	"strings"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/kubejig/kubejig/internal/equality"
	"github.com/kubejig/kubejig/internal/scheme"
	"github.com/kubejig/kubejig/internal/store"
)

// Definition is a Kind in terms of its Go type: what a kind's file fills in.
// Everything but Name, Resource and Version has a sensible default.
type Definition[T store.Object] struct {
	Name       string
	Resource   string
	Singular   string // default: Name in lower case
	ShortNames []string
	Categories []string
	// ClusterScoped kinds live in no namespace.
	ClusterScoped bool
	Version       schema.GroupVersion
	// Others are further served versions; see Convert.
	Others []Version
	Verbs  []string // default: AllVerbs

	Default func(T)
	// Spec returns what counts for metadata.generation: it is 1 in a new
	// object and grows when the spec changes. nil for kinds without one.
	Spec func(T) any
	// ExactSpec makes a spec another one, too, that means the same in other words.
	ExactSpec        bool
	PrepareForCreate func(obj T)
	// Translate puts what is written in an outdated way into its present form,
	// and warns of it.
	Translate        func(obj T) (warnings []string)
	PrepareForUpdate func(obj, old T)
	Resets           [][]string
	Attribute        func(obj, old T, by Author)
	Validate         func(obj T) field.ErrorList
	ValidateUpdate   func(obj, old T) field.ErrorList
	// ValidateVersion checks requests in the stored version; see Version.
	ValidateVersion   func(obj, old T) field.ErrorList
	ValidateName      func(name string, prefix bool) []string // default: DNS subdomain
	RevalidatesName   bool
	NamesItself       bool
	ForeignFinalizers bool
	Warnings          func(obj, old T) []string
	GracePeriod       func(obj T, options *metav1.DeleteOptions) *int64
	Terminate         func(obj T, now metav1.Time) bool
	RefuseDelete      func(name string) string

	CreateOnUpdate            bool
	RefuseUnconditionalUpdate bool
	ReturnDeleted             bool
	OrphanByDefault           bool
	OrphanWarning             string

	// Status gives the kind a status subresource.
	Status *Status[T]
	// Replicas gives the kind a scale subresource.
	Replicas *Replicas[T]
	// Subresources are further ones; see Part.
	Subresources []*Subresource

	Fields func(T) fields.Set
	// UnknownField: see Kind.
	UnknownField string

	Columns []metav1.TableColumnDefinition // default: name and age
	Row     func(obj T, now time.Time) []any
}

// Status is the strategy of a status subresource. Copy sets obj's status from
// another object: with it, the main path keeps the old status and the status
// path keeps everything else.
type Status[T store.Object] struct {
	Copy     func(to, from T)
	Validate func(obj, old T) field.ErrorList
	// Reset clears the status of a new object. Default: it is kept empty by
	// copying from an empty object.
	Reset func(obj T)
	// Keep restores what else the status path may not change, of the metadata
	// and of the status. Default: it may change all that may change at all.
	Keep func(obj, old T)
	// Prepare replaces the default (everything but the status and the metadata
	// is kept) on the status path.
	Prepare func(obj, old T)
	// Resets are the paths of fields, besides the spec, that nobody comes to own
	// on the status path.
	Resets [][]string
	// RevalidatesName, ForeignFinalizers: see UpdateStrategy.
	RevalidatesName   bool
	ForeignFinalizers bool
	// Warnings for a status that is written.
	Warnings func(obj T) []string
}

// Replicas is the strategy of a scale subresource.
type Replicas[T store.Object] struct {
	Get func(T) (spec, status int32, selector string)
	Set func(T, int32)
}

// define makes the Kind of a Definition.
func define[T store.Object](d Definition[T]) *Kind {
	k := &Kind{
		Name:         d.Name,
		Resource:     d.Resource,
		Singular:     orElse(d.Singular, strings.ToLower(d.Name)),
		ShortNames:   d.ShortNames,
		Categories:   d.Categories,
		Namespaced:   !d.ClusterScoped,
		Versions:     append([]Version{storageVersion(d)}, d.Others...),
		Verbs:        d.Verbs,
		Strategy:     strategyOf(d),
		Table:        tableOf(d),
		Subresources: map[string]*Subresource{},
		UnknownField: d.UnknownField,
	}
	if k.Verbs == nil {
		k.Verbs = AllVerbs
	}
	if d.Fields != nil {
		k.Fields = func(o store.Object) fields.Set { return d.Fields(o.(T)) }
	}
	for _, sub := range subresourcesOf(d) {
		k.Subresources[sub.Name] = sub
	}
	return k
}

func storageVersion[T store.Object](d Definition[T]) Version {
	v := BuiltinVersion(d.Version, d.Name)
	if d.Default != nil {
		v.Default = func(o store.Object) { d.Default(o.(T)) }
	}
	if d.ValidateVersion != nil {
		v.Validate = func(o, old store.Object) field.ErrorList {
			before, _ := old.(T)
			return d.ValidateVersion(o.(T), before)
		}
	}
	return v
}

// BuiltinVersion is the version of a kind whose Go types are in the scheme.
func BuiltinVersion(gv schema.GroupVersion, kind string) Version {
	return Version{
		GroupVersion: gv,
		New:          func() store.Object { return newObject(gv.WithKind(kind)).(store.Object) },
		NewList:      func() runtime.Object { return newObject(gv.WithKind(kind + "List")) },
	}
}

func newObject(gvk schema.GroupVersionKind) runtime.Object {
	obj, err := scheme.Scheme().New(gvk)
	if err != nil {
		panic(err) // a kind's file names a type that the scheme lacks
	}
	return obj
}

// emptyOf returns an empty object of a pointer type.
func emptyOf[T store.Object]() T {
	var zero T
	return reflect.New(reflect.TypeOf(zero).Elem()).Interface().(T)
}

func strategyOf[T store.Object](d Definition[T]) Strategy {
	s := Strategy{
		PrepareForCreate:          func(o store.Object) []string { return d.prepareForCreate(o.(T)) },
		PrepareForUpdate:          func(o, old store.Object) { d.prepareForUpdate(o.(T), old.(T)) },
		Resets:                    d.Resets,
		ValidateName:              d.ValidateName,
		RevalidatesName:           d.RevalidatesName,
		NamesItself:               d.NamesItself,
		ForeignFinalizers:         d.ForeignFinalizers,
		CreateOnUpdate:            d.CreateOnUpdate,
		RefuseUnconditionalUpdate: d.RefuseUnconditionalUpdate,
		RefuseDelete:              d.RefuseDelete,
		ReturnDeleted:             d.ReturnDeleted,
		OrphanByDefault:           d.OrphanByDefault,
		OrphanWarning:             d.OrphanWarning,
	}
	if d.Attribute != nil {
		s.Attribute = func(o, old store.Object, by Author) {
			before, _ := old.(T)
			d.Attribute(o.(T), before, by)
		}
	}
	if d.Validate != nil {
		s.Validate = func(o store.Object) field.ErrorList { return d.Validate(o.(T)) }
	}
	if d.ValidateUpdate != nil {
		s.ValidateUpdate = func(o, old store.Object) field.ErrorList { return d.ValidateUpdate(o.(T), old.(T)) }
	}
	if d.Warnings != nil {
		s.Warnings = func(o, old store.Object) []string {
			before, _ := old.(T)
			return d.Warnings(o.(T), before)
		}
	}
	if d.GracePeriod != nil {
		s.GracePeriod = func(o store.Object, opts *metav1.DeleteOptions) *int64 { return d.GracePeriod(o.(T), opts) }
	}
	if d.Terminate != nil {
		s.Terminate = func(o store.Object, now metav1.Time) bool { return d.Terminate(o.(T), now) }
	}
	return s
}

func (d *Definition[T]) prepareForCreate(obj T) (warnings []string) {
	if d.Status != nil {
		if d.Status.Reset != nil {
			d.Status.Reset(obj)
		} else {
			d.Status.Copy(obj, emptyOf[T]())
		}
	}
	if d.PrepareForCreate != nil {
		d.PrepareForCreate(obj)
	}
	if d.Translate != nil {
		warnings = d.Translate(obj)
	}
	if d.Spec != nil {
		obj.SetGeneration(1)
	}
	return warnings
}

func (d *Definition[T]) prepareForUpdate(obj, old T) {
	if d.Status != nil {
		d.Status.Copy(obj, old)
	}
	if d.PrepareForUpdate != nil {
		d.PrepareForUpdate(obj, old)
	}
	if d.Spec != nil && d.changesSpec(obj, old) {
		obj.SetGeneration(old.GetGeneration() + 1)
	}
}

func (d *Definition[T]) changesSpec(obj, old T) bool {
	if d.ExactSpec {
		return !reflect.DeepEqual(d.Spec(obj), d.Spec(old))
	}
	return !equality.Semantic(d.Spec(obj), d.Spec(old))
}

func subresourcesOf[T store.Object](d Definition[T]) []*Subresource {
	subs := append([]*Subresource(nil), d.Subresources...)
	if d.Status != nil {
		subs = append(subs, statusOf(d))
	}
	if d.Replicas != nil {
		subs = append(subs, scaleOf(d))
	}
	return subs
}

func statusOf[T store.Object](d Definition[T]) *Subresource {
	part := Part("status", func(obj, old T) {
		if d.Status.Prepare != nil {
			d.Status.Prepare(obj, old)
			return
		}
		keepAllBut(obj, old, d.Status.Copy)
		if d.Status.Keep != nil {
			d.Status.Keep(obj, old)
		}
	}, d.Status.Validate).Resetting(append([][]string{{"spec"}}, d.Status.Resets...)...)
	part.Update.RevalidatesName, part.Update.ForeignFinalizers = d.Status.RevalidatesName, d.Status.ForeignFinalizers
	if d.Status.Warnings != nil {
		part.Update.Warnings = func(o, _ store.Object) []string { return d.Status.Warnings(o.(T)) }
	}
	return part
}

// keepAllBut restores obj from old, apart from what copy copies and the
// metadata.
func keepAllBut[T store.Object](obj, old T, copy func(to, from T)) {
	restored := old.DeepCopyObject().(T)
	copy(restored, obj)
	value := reflect.ValueOf(obj).Elem()
	metadata := value.FieldByName("ObjectMeta")
	reflect.ValueOf(restored).Elem().FieldByName("ObjectMeta").Set(metadata)
	value.Set(reflect.ValueOf(restored).Elem())
}

// keepMetadata restores the metadata that a status has nothing to do with.
func keepMetadata[T store.Object](obj, old T) {
	metav1.ResetObjectMetaForStatus(obj, old.DeepCopyObject().(T))
}

// keepAllMetadata restores all of the metadata but the owners of the fields.
func keepAllMetadata[T store.Object](obj, old T) {
	owners := obj.GetManagedFields()
	kept := old.DeepCopyObject().(T)
	reflect.ValueOf(obj).Elem().FieldByName("ObjectMeta").Set(reflect.ValueOf(kept).Elem().FieldByName("ObjectMeta"))
	obj.SetManagedFields(owners)
}

// Part is a subresource through which the object itself is read and updated.
func Part[T store.Object](name string, prepare func(obj, old T), validate func(obj, old T) field.ErrorList) *Subresource {
	u := &UpdateStrategy{Prepare: func(o, old store.Object) { prepare(o.(T), old.(T)) }}
	if validate != nil {
		u.Validate = func(o, old store.Object) field.ErrorList { return validate(o.(T), old.(T)) }
	}
	return &Subresource{Name: name, Verbs: []string{"get", "patch", "update"}, Tabled: name == "status", Update: u}
}

// Resetting is the subresource with the paths that it resets.
func (s *Subresource) Resetting(paths ...[]string) *Subresource {
	s.Update.Resets = paths
	return s
}

func scaleOf[T store.Object](d Definition[T]) *Subresource {
	return &Subresource{
		Name:  "scale",
		GVK:   autoscalingv1.SchemeGroupVersion.WithKind("Scale"),
		Verbs: []string{"get", "patch", "update"},
		Scale: &Scale{
			Get: func(o store.Object) (*autoscalingv1.Scale, error) {
				spec, status, selector := d.Replicas.Get(o.(T))
				return &autoscalingv1.Scale{
					ObjectMeta: metav1.ObjectMeta{
						Name: o.GetName(), Namespace: o.GetNamespace(), UID: o.GetUID(),
						ResourceVersion: o.GetResourceVersion(), CreationTimestamp: o.GetCreationTimestamp(),
					},
					Spec:   autoscalingv1.ScaleSpec{Replicas: spec},
					Status: autoscalingv1.ScaleStatus{Replicas: status, Selector: selector},
				}, nil
			},
			Set: func(o store.Object, n int32) error {
				d.Replicas.Set(o.(T), n)
				return nil
			},
			ReplicasPath: []string{"spec", "replicas"},
		},
	}
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
