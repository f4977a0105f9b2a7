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
	if isSet(c.query, "export") {
		return apierrors.NewBadRequest("the export parameter, deprecated since v1.14, is no longer supported")
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
	atLeast, problem := parseVersion(c.query.Get("resourceVersion"))
	if problem != nil {
		return nil, failure(http.StatusInternalServerError, "", problem.Error())
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
