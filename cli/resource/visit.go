package resource

import (
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
)

// VisitorFunc is told of each object, or of why there is none.
type VisitorFunc func(*Info, error) error

// source is where objects come from: an Info, a selection or a stream.
type source interface {
	Visit(VisitorFunc) error
}

// InfoListVisitor visits objects that are known. What the function returns for
// one it is told with the next.
type InfoListVisitor []*Info

// Visit visits the objects in their order.
func (l InfoListVisitor) Visit(visitor VisitorFunc) error {
	var err error
	for _, info := range l {
		err = visitor(info, err)
	}
	return err
}

// visit passes objects on. Larger ones are made of smaller ones.
type visit func(VisitorFunc) error

// inOrder visits sources up to the first error.
func inOrder(sources []source) visit {
	return func(visitor VisitorFunc) error {
		for _, from := range sources {
			if err := from.Visit(visitor); err != nil {
				return err
			}
		}
		return nil
	}
}

// eagerly visits all sources, whatever goes wrong.
func eagerly(sources []source) visit {
	return func(visitor VisitorFunc) error {
		errs := &collector{}
		for _, from := range sources {
			errs.add(from.Visit(errs.keep(visitor)))
		}
		return utilerrors.NewAggregate(errs.all)
	}
}

// sideBySide visits up to limit sources at a time, and all of them; the first
// error is the result. One at a time are visited in their order.
func sideBySide(sources []source, limit int) visit {
	return func(visitor VisitorFunc) error {
		var running sync.WaitGroup
		first := &firstError{}
		free := make(chan struct{}, max(limit, 1))
		for _, from := range sources {
			free <- struct{}{}
			running.Go(func() {
				defer func() { <-free }()
				first.set(from.Visit(visitor))
			})
		}
		running.Wait()
		return first.err
	}
}

type firstError struct {
	mu  sync.Mutex
	err error
}

func (f *firstError) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
}

// continuing goes on after errors and returns them all at the end.
func (v visit) continuing() visit {
	return func(visitor VisitorFunc) error {
		errs := &collector{}
		errs.add(v(errs.keep(visitor)))
		if len(errs.all) == 1 {
			return errs.all[0]
		}
		return utilerrors.NewAggregate(errs.all)
	}
}

// through takes each object through steps before it is passed on.
func (v visit) through(steps ...VisitorFunc) visit {
	return func(visitor VisitorFunc) error {
		return v(func(info *Info, err error) error {
			if err != nil {
				return err
			}
			for _, step := range steps {
				if err := step(info, nil); err != nil {
					return err
				}
			}
			return visitor(info, nil)
		})
	}
}

// matching passes on the objects whose labels fit.
func (v visit) matching(selector labels.Selector) visit {
	return func(visitor VisitorFunc) error {
		return v(func(info *Info, err error) error {
			if err != nil {
				return err
			}
			object, err := meta.Accessor(info.Object)
			if err != nil {
				return err
			}
			if !selector.Matches(labels.Set(object.GetLabels())) {
				return nil
			}
			return visitor(info, nil)
		})
	}
}

// collector gathers errors.
type collector struct {
	all []error
}

func (c *collector) add(err error) {
	if err != nil {
		c.all = append(c.all, err)
	}
}

// keep is visitor, but it hands its errors to the collector.
func (c *collector) keep(visitor VisitorFunc) VisitorFunc {
	return func(info *Info, err error) error {
		if err == nil {
			err = visitor(info, nil)
		}
		c.add(err)
		return nil
	}
}
