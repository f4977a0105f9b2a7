package apiserver

import (
	"github.com/kubejig/kubejig/internal/registry"
	"github.com/kubejig/kubejig/internal/store"
)

func (c *call) update() error {
	f, err := c.negotiate(c.formats())
	if err != nil {
		return err
	}
	o, err := c.updateOptions()
	if err != nil {
		return err
	}
	obj, err := c.input(o)
	if err != nil {
		return err
	}
	c.dedupOwners(obj)
	q := c.writeRequest(o)
	if err := q.Meant(obj); err != nil {
		return err
	}
	q.UID = obj.GetUID()
	var result registry.Result
	c.Do(func() {
		if err = c.mayCreate(); err != nil && c.kind.CreateOnUpdate {
			return
		}
		result, err = c.Registry.Update(q, func(store.Object) (store.Object, error) { return obj, nil })
	})
	if err != nil {
		return err
	}
	return c.answerResult(f, result)
}
