package selectors

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/tidwall/btree"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// Index is a set of objects under unique keys, such as "namespace/name", that
// knows which objects carry a label or a field value. Listing costs what the
// most selective requirement leaves over: for `app=web` the number of objects
// with that label, however many there are besides. Requirements that only
// exclude (!=, notin, !key) narrow what others select, alone they visit
// everything.
//
// What an object looks like is taken down when it is put; an object must not
// change its labels and fields while it is in the index. Reads may run in
// parallel; a write excludes everything else.
type Index[T any] struct {
	fields   []string
	entries  *btree.Map[string, *entry[T]]
	postings map[term]*posting[T]
}

// term is a property that objects share.
type term struct {
	kind  byte // one of the constants below
	key   string
	value string
}

const (
	labelKey   = 'k' // has a label, whatever its value
	labelValue = 'v' // has a label of this value
	fieldValue = 'f' // has a field of this value, "" if not set
)

// posting lists the entries with a term, by key.
type posting[T any] struct {
	term    term
	entries btree.Map[string, *entry[T]]
}

type entry[T any] struct {
	key      string
	object   T
	subject  Subject
	postings []*posting[T]
}

// NewIndex returns an empty index of labels, and of the named fields
// ("spec.nodeName"). Selectors may use other fields too; these do not narrow
// the search.
func NewIndex[T any](fields ...string) *Index[T] {
	return &Index[T]{
		fields:   slices.Clone(fields),
		entries:  new(btree.Map[string, *entry[T]]),
		postings: map[term]*posting[T]{},
	}
}

// Put adds an object, or replaces the one under the same key. An object that
// only changed in what is not indexed is replaced at once.
func (x *Index[T]) Put(key string, object T) {
	subject := SubjectOf(object)
	terms := x.terms(subject)
	if e, found := x.entries.Get(key); found {
		if slices.EqualFunc(e.postings, terms, func(p *posting[T], t term) bool { return p.term == t }) {
			e.object, e.subject = object, subject
			return
		}
		x.Delete(key)
	}
	x.insert(&entry[T]{key: key, object: object, subject: subject}, terms)
}

func (x *Index[T]) insert(e *entry[T], terms []term) {
	x.entries.Set(e.key, e)
	for _, t := range terms {
		p := x.postings[t]
		if p == nil {
			p = &posting[T]{term: t}
			x.postings[t] = p
		}
		p.entries.Set(e.key, e)
		e.postings = append(e.postings, p)
	}
}

// Delete removes the object under key and reports whether there was one.
func (x *Index[T]) Delete(key string) bool {
	e, found := x.entries.Delete(key)
	if !found {
		return false
	}
	for _, p := range e.postings {
		p.entries.Delete(key)
		if p.entries.Len() == 0 {
			delete(x.postings, p.term)
		}
	}
	return true
}

// Get returns the object under key.
func (x *Index[T]) Get(key string) (object T, found bool) {
	e, found := x.entries.Get(key)
	if !found {
		return object, false
	}
	return e.object, true
}

// Len is the number of objects.
func (x *Index[T]) Len() int { return x.entries.Len() }

// All yields the selected objects and their keys, in the order of the keys.
// The index must not be changed meanwhile.
func (x *Index[T]) All(s Selector) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for e := range x.candidates(s) {
			if s.matches(e.subject) && !yield(e.key, e.object) {
				return
			}
		}
	}
}

// List returns the selected objects in the order of their keys.
func (x *Index[T]) List(s Selector) []T {
	var objects []T
	for _, object := range x.All(s) {
		objects = append(objects, object)
	}
	return objects
}

// terms are what a subject is found by.
func (x *Index[T]) terms(subject Subject) []term {
	terms := make([]term, 0, 2*len(subject.Labels)+len(x.fields))
	for _, key := range slices.Sorted(maps.Keys(subject.Labels)) {
		terms = append(terms, term{labelKey, key, ""}, term{labelValue, key, subject.Labels[key]})
	}
	for _, field := range x.fields {
		terms = append(terms, term{fieldValue, field, subject.Fields.Get(field)})
	}
	return terms
}

// candidates yields, in the order of keys, a superset of what s selects: the
// objects that satisfy its most selective requirement.
func (x *Index[T]) candidates(s Selector) iter.Seq[*entry[T]] {
	byLabel, noLabels := s.labelRequirements()
	byField, noFields := s.fieldRequirements()
	if noLabels || noFields {
		return func(func(*entry[T]) bool) {}
	}
	var best []term
	size := x.entries.Len()
	consider := func(terms []term) {
		if n := x.count(terms); terms != nil && n < size {
			best, size = terms, n
		}
	}
	for _, requirement := range byLabel {
		consider(labelTerms(requirement))
	}
	for _, requirement := range byField {
		consider(x.fieldTerms(requirement))
	}
	if best == nil {
		return ascending(x.entries)
	}
	return x.union(best)
}

func (x *Index[T]) count(terms []term) int {
	n := 0
	for _, t := range terms {
		if p := x.postings[t]; p != nil {
			n += p.entries.Len()
		}
	}
	return n
}

// labelTerms are the terms of which an object must have one to satisfy the
// requirement, or nil if there are no such terms. No object has two of them.
func labelTerms(requirement labels.Requirement) []term {
	switch requirement.Operator() {
	case selection.In, selection.Equals, selection.DoubleEquals:
		var terms []term
		for _, value := range slices.Compact(slices.Sorted(slices.Values(requirement.ValuesUnsorted()))) {
			terms = append(terms, term{labelValue, requirement.Key(), value})
		}
		return terms
	case selection.Exists, selection.GreaterThan, selection.LessThan:
		return []term{{labelKey, requirement.Key(), ""}}
	default:
		return nil
	}
}

// fieldTerms is labelTerms for fields.
func (x *Index[T]) fieldTerms(requirement fields.Requirement) []term {
	if requirement.Operator == selection.NotEquals || !slices.Contains(x.fields, requirement.Field) {
		return nil
	}
	return []term{{fieldValue, requirement.Field, requirement.Value}}
}

// union yields the entries of several postings, which share none, by key.
func (x *Index[T]) union(terms []term) iter.Seq[*entry[T]] {
	if len(terms) == 1 {
		if p := x.postings[terms[0]]; p != nil {
			return ascending(&p.entries)
		}
		return func(func(*entry[T]) bool) {}
	}
	var all []*entry[T]
	for _, t := range terms {
		if p := x.postings[t]; p != nil {
			all = append(all, p.entries.Values()...)
		}
	}
	slices.SortFunc(all, func(a, b *entry[T]) int { return strings.Compare(a.key, b.key) })
	return slices.Values(all)
}

func ascending[T any](entries *btree.Map[string, *entry[T]]) iter.Seq[*entry[T]] {
	return func(yield func(*entry[T]) bool) {
		entries.Scan(func(_ string, e *entry[T]) bool { return yield(e) })
	}
}
