package resource

import (
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/watch"
)

// Result are the objects that a Builder was asked for, or why there are none.
type Result struct {
	err     error
	visit   visit
	sources []source
	single  bool
	ignored []utilerrors.Matcher
	infos   []*Info // Once they have been visited for Infos.
}

// Err is what is wrong with the question.
func (r *Result) Err() error { return r.err }

// IgnoreErrors leaves errors out for which one of the functions is true.
func (r *Result) IgnoreErrors(are ...func(error) bool) *Result {
	for _, is := range are {
		r.ignored = append(r.ignored, is)
	}
	return r
}

// IntoSingleItemImplied tells whether one object was asked for, rather than
// several of which one may be left.
func (r *Result) IntoSingleItemImplied(single *bool) *Result {
	*single = r.single
	return r
}

// Visit visits the objects.
func (r *Result) Visit(visitor VisitorFunc) error {
	if r.err != nil {
		return r.err
	}
	return utilerrors.FilterOut(r.visit(visitor), r.ignored...)
}

// Infos are the objects. They are read once.
func (r *Result) Infos() ([]*Info, error) {
	if r.err != nil {
		return nil, r.err
	}
	if r.infos != nil {
		return r.infos, nil
	}
	infos := []*Info{}
	r.err = r.Visit(func(info *Info, err error) error {
		if err == nil {
			infos = append(infos, info)
		}
		return err
	})
	r.infos = infos
	return infos, r.err
}

// Object is the object, or a list of several. A list's version is that of its
// objects, if they agree on one.
func (r *Result) Object() (runtime.Object, error) {
	infos, err := r.Infos()
	if err != nil {
		return nil, err
	}
	list := &corev1.List{Items: []runtime.RawExtension{}}
	versions := sets.New[string]()
	for _, info := range infos {
		if info.Object != nil {
			list.Items = append(list.Items, runtime.RawExtension{Object: info.Object})
			versions.Insert(info.ResourceVersion)
		}
	}
	if len(list.Items) == 1 && (r.single || meta.IsListType(list.Items[0].Object)) {
		return list.Items[0].Object, nil
	}
	if version, ok := versions.PopAny(); ok && len(versions) == 0 {
		list.ListMeta = metav1.ListMeta{ResourceVersion: version}
	}
	return list, nil
}

// Watch follows the object or, if a type was asked for, its objects.
func (r *Result) Watch(version string) (watch.Interface, error) {
	if r.err != nil {
		return nil, r.err
	}
	if len(r.sources) != 1 {
		return nil, errors.New("you may only watch a single resource or type of resource at a time")
	}
	if from, ok := r.sources[0].(watchable); ok {
		return from.watch(version)
	}
	infos, err := r.Infos()
	if err != nil {
		return nil, err
	}
	if len(infos) != 1 {
		return nil, fmt.Errorf("watch is only supported on individual resources and resource collections - %d resources were found", len(infos))
	}
	return infos[0].watch(version)
}

// watchable is a source that can be followed without being read.
type watchable interface {
	watch(version string) (watch.Interface, error)
}
