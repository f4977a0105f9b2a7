package ownership

import (
	"reflect"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubejig/kubejig/internal/resources"
	"github.com/kubejig/kubejig/internal/store"
)

// heartbeat reports whether a write changed nothing but instants. Time does not
// run backwards, so that two writes of which the second is one are as good as
// one: it changes nothing back.
func heartbeat(k *resources.Kind, live, obj store.Object) bool {
	if k.Custom != nil {
		return false
	}
	return modelOf(k).plan().alikeButTimes(reflect.ValueOf(live), reflect.ValueOf(obj))
}

// alikeButTimes reports whether two values differ in instants only, and in
// metadata that nobody owns.
func (p *plan) alikeButTimes(l, r reflect.Value) bool {
	if l.IsValid() != r.IsValid() {
		return false
	}
	a, b := deref(l), deref(r)
	if a.IsValid() != b.IsValid() {
		return false
	}
	if !a.IsValid() || shared(a, b) {
		return true
	}
	switch p.kind {
	case planStruct:
		return p.structsAlikeButTimes(a, b)
	case planMap:
		return mapsAlikeButTimes(p.elem, a, b)
	case planList:
		return listsAlikeButTimes(p.elem, a, b)
	}
	return instant(a.Type()) || same(a, b)
}

func instant(t reflect.Type) bool {
	return t == reflect.TypeFor[metav1.Time]() || t == reflect.TypeFor[metav1.MicroTime]()
}

func (p *plan) structsAlikeButTimes(a, b reflect.Value) bool {
	for i := range p.fields {
		f := &p.fields[i]
		if !f.nobodys && !f.plan.alikeButTimes(f.of(a), f.of(b)) {
			return false
		}
	}
	return true
}

func mapsAlikeButTimes(elem *plan, a, b reflect.Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := a.MapRange(); i.Next(); {
		if !elem.alikeButTimes(i.Value(), b.MapIndex(i.Key())) {
			return false
		}
	}
	return true
}

func listsAlikeButTimes(elem *plan, a, b reflect.Value) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if !elem.alikeButTimes(a.Index(i), b.Index(i)) {
			return false
		}
	}
	return true
}
