package apiserver

import (
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubejig/kubejig/internal/store"
)

func (c *call) get() error {
	f, err := c.negotiate(c.formats())
	if err != nil {
		return err
	}
	item, err := c.item()
	if err != nil {
		return err
	}
	return c.answerItem(f, http.StatusOK, item)
}

// item is the object that the call names. A resourceVersion asks for one that
// is at least as new.
func (c *call) item() (item *store.Item, err error) {
	atLeast, err := store.ParseRevision(c.query.Get("resourceVersion"))
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	c.Do(func() {
		if current := c.Registry.Store.Revision(); atLeast > current {
			err = errTooLargeVersion(atLeast, current)
			return
		}
		item, err = c.Registry.Get(c.request())
	})
	return item, err
}
